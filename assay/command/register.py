"""`grade.py register`: a lesson learns which cells are its published ones."""

from __future__ import annotations

import argparse

from assay.course import lesson_files
from assay.intake import read_bytes, read_notebook
from assay.rubric import register


def register_notebook(options: argparse.Namespace) -> int:
    """Write the digests into the rubric and say what was written."""
    notebook = read_notebook(read_bytes(options.notebook), str(options.notebook))
    print(register(lesson_files(options.lesson).rubric, notebook))
    return 0
