"""Decides that what we do between a student's cells draws none of the random numbers that the next cell would draw."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def same_dice() -> Iterator[None]:
    """Afterwards Python's, numpy's and torch's generators on the CPU stand where they stood: a library may draw a
    number while it is imported, as rich does."""
    import numpy
    import torch

    python, arrays, tensors = random.getstate(), numpy.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(python)
        numpy.random.set_state(arrays)
        torch.set_rng_state(tensors)
