"""Decides what earns how many points: the rubric of a lesson, its published cells, and the scored result."""

from assay.rubric.checks import check_names, verify_checks
from assay.rubric.claims import LARGEST_SHARE, Claim, claims_of
from assay.rubric.document import read_document
from assay.rubric.load import load_rubric, spellings, unsound
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
from assay.rubric.published import MARKER, register, untouched
from assay.rubric.result import legible, validate_result, without_measured
from assay.rubric.scoring import score_exercises, unchecked_exercises
from assay.rubric.sequences import CellSequence, common_cells, sequence_of
from assay.rubric.skeleton import does_something, is_open

__all__ = [
    "LARGEST_SHARE",
    "MARKER",
    "CellSequence",
    "Claim",
    "Criterion",
    "ExerciseState",
    "Limits",
    "Outcome",
    "Override",
    "PublishedCell",
    "Rubric",
    "RubricExercise",
    "check_names",
    "claims_of",
    "common_cells",
    "does_something",
    "is_open",
    "legible",
    "load_rubric",
    "read_document",
    "register",
    "score_exercises",
    "sequence_of",
    "spellings",
    "unchecked_exercises",
    "unsound",
    "untouched",
    "validate_result",
    "verify_checks",
    "without_measured",
]
