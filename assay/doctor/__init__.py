"""Tries the walls on this machine: what they promise is attempted for real, in processes that are thrown away."""

from assay.doctor.examine import TOKEN, Wall, examine
from assay.doctor.surroundings import Note, dependencies

__all__ = ["TOKEN", "Note", "Wall", "dependencies", "examine"]
