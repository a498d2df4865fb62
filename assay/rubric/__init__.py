"""Decides what earns how many points: the rubric of a lesson, its published cells, and the scored result."""

from assay.rubric.checks import check_names, verify_checks
from assay.rubric.load import load_rubric
from assay.rubric.model import (
    Criterion,
    ExerciseState,
    Limits,
    Outcome,
    Override,
    PublishedCell,
    Rubric,
    RubricExercise,
)
from assay.rubric.published import register, untouched
from assay.rubric.result import legible, validate_result, without_measured
from assay.rubric.scoring import score_exercises, unchecked_exercises
from assay.rubric.sequences import CellSequence, common_cells, sequence_of

__all__ = [
    "CellSequence",
    "Criterion",
    "ExerciseState",
    "Limits",
    "Outcome",
    "Override",
    "PublishedCell",
    "Rubric",
    "RubricExercise",
    "check_names",
    "common_cells",
    "legible",
    "load_rubric",
    "register",
    "score_exercises",
    "sequence_of",
    "unchecked_exercises",
    "untouched",
    "validate_result",
    "verify_checks",
    "without_measured",
]
