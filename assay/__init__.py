"""assay grades machine-learning notebooks; this is what a check may import."""

from assay.failure import Failure

__all__ = ["Failure"]
