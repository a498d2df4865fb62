"""The witness runs beside the student's code and records what the libraries did: claims in bytes, never verdicts."""

from assay.witness.listening import install
from assay.witness.witness import Witness

__all__ = ["Witness", "install"]
