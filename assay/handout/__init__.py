"""Decides what of a lesson students get: the engine, the public checks, and nothing that is hidden."""

from assay.handout.build import build

__all__ = ["build"]
