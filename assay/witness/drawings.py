"""Decides what is written down of a figure: the numbers that were drawn as a picture or as a curve."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from assay.witness.recorder import Recorder

DRAWN = 256  # of one exercise: a figure with a map for each of CLIP's 77 tokens, three times
KEPT_NUMBERS = 2**16  # of one picture or curve: a map of 256x256; photographs are larger


class Drawings:
    """Follows what matplotlib draws."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._count = 0

    def begin_exercise(self) -> None:
        """Start counting anew."""
        self._count = 0

    def image(self, artist: Any) -> None:
        """What imshow or pcolormesh made: its array, (rows, columns) or (rows, columns, channels)."""
        self._keep("image", values=np.ma.filled(artist.get_array().astype(float), np.nan))

    def lines(self, artists: Any) -> None:
        """What plot made: a curve for each line."""
        for line in artists:
            self._curve(line.get_xdata(orig=False), line.get_ydata(orig=False))

    def points(self, artist: Any) -> None:
        """What scatter made: its points as one curve."""
        x, y = np.ma.filled(artist.get_offsets().astype(float), np.nan).T
        self._curve(x, y)

    def _curve(self, x: Any, y: Any) -> None:
        self._keep("curve", x=np.asarray(x, float), y=np.asarray(y, float))

    def _keep(self, what: str, **arrays: Any) -> None:
        self._count += 1
        if self._count > DRAWN or any(array.size > KEPT_NUMBERS for array in arrays.values()):
            return
        tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        kept = {name: self._recorder.tensor(tensor) for name, tensor in tensors.items()}
        self._recorder.fact("drawn", what=what, **kept)


def install_drawings(note: Callable[[Callable[[Drawings, Any], None], Any], None]) -> None:
    """Wrap matplotlib's axes once; `note` is given the method of `Drawings` to use and what was drawn."""
    from matplotlib.axes import Axes

    watched = {"imshow": Drawings.image, "pcolormesh": Drawings.image, "plot": Drawings.lines}
    for name, method in {**watched, "scatter": Drawings.points}.items():
        setattr(Axes, name, _noted(getattr(Axes, name), method, note))


def _noted(original: Callable[..., Any], method: Callable[[Drawings, Any], None], note: Callable[..., None]) -> Any:
    @functools.wraps(original)
    def draw(*args: Any, **kwargs: Any) -> Any:
        drawn = original(*args, **kwargs)
        note(method, drawn)
        return drawn

    return draw
