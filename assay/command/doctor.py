"""`grade.py doctor`: says what holds on this machine and in this course; 1 when something does not."""

from __future__ import annotations

import argparse
import json

from assay.command.claims import claims_of, in_words
from assay.command.lessons import load_lessons


def doctor(options: argparse.Namespace) -> int:
    """Print what was asked for, in words or as JSON."""
    claims = claims_of(lesson.rubric for lesson in load_lessons().values())
    print(json.dumps([claim.as_json() for claim in claims], indent=1) if options.json else in_words(claims))
    return int(any(claim.is_too_heavy for claim in claims))
