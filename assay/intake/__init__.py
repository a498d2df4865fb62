"""Decides what a handed-in file is: a notebook split into exercises, or rejected with one sentence; runs nothing."""

from assay.intake.cells import read_notebook
from assay.intake.digest import cell_digest
from assay.intake.files import read_bytes
from assay.intake.lesson import find_lesson
from assay.intake.notebook import Cell, Exercise, Level, Notebook

__all__ = ["Cell", "Exercise", "Level", "Notebook", "cell_digest", "find_lesson", "read_bytes", "read_notebook"]
