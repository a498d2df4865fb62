"""Declares the mistakes that the samplers checks must catch and the unusual solutions that they must let pass.

Each is a few edits of the reference notebook; the lists stand in one file per exercise beside this one.
"""

import runpy
from pathlib import Path

from assay.proof import Mistake, Variant

_PARTS = [runpy.run_path(str(part)) for part in sorted(Path(__file__).parent.glob("exercise_*.py"))]

MISTAKES: tuple[Mistake, ...] = tuple(mistake for part in _PARTS for mistake in part.get("MISTAKES", ()))
VARIANTS: tuple[Variant, ...] = tuple(variant for part in _PARTS for variant in part.get("VARIANTS", ()))
