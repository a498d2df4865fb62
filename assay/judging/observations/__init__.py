"""What a check may look at: one exercise's work, as the witness saw it and the judge recomputed it."""

from assay.judging.observations.exercise import Work

__all__ = ["Work"]
