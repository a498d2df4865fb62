"""Decides what is written down of a network of the student's own while it is trained: its input, its answer, and where
the loss pulls that answer."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import torch

from assay.witness.recorder import Recorder, number
from assay.witness.unnoticed import unnoticed

NOTEBOOK = "__main__"  # the module that cells run in
CALLS = 4  # of one network in one exercise: 256 timesteps of a batch of 64 cover the schedule from end to end
NETWORKS = 4  # of one exercise; the course compares two
ROWS = 64  # of one batch: 200 KB of 28x28 digits
KEPT_NUMBERS = 2**18  # of one tensor; 64 digits have a fifth of that


class Networks:
    """Follows calls `network(x, t)` whose answer has the shape of `x` and takes a gradient."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.begin_exercise()

    def begin_exercise(self) -> None:
        """Start counting anew."""
        self._calls: weakref.WeakKeyDictionary[torch.nn.Module, int] = weakref.WeakKeyDictionary()
        self._count = 0

    def called(self, module: torch.nn.Module, given: list[Any], output: Any) -> None:
        """given: x (n, c, h, w) and t, n numbers; output: (n, c, h, w)."""
        if not _is_prediction(given, output) or not self._has_room(module):
            return
        sample, times = given
        self._count += 1
        call, keep = self._count, self._recorder.tensor
        listed = [number(float(t)) for t in times.detach().reshape(-1)[:ROWS]]
        self._recorder.fact(
            "own_call", call=call, times=listed, sample=keep(sample[:ROWS]), prediction=keep(output[:ROWS])
        )
        output.register_hook(lambda gradient: self._gradient(call, gradient))

    def _gradient(self, call: int, gradient: torch.Tensor) -> None:
        with unnoticed(self._recorder, "own_gradient"):
            self._recorder.fact("own_gradient", call=call, gradient=self._recorder.tensor(gradient[:ROWS]))

    def _has_room(self, module: torch.nn.Module) -> bool:
        if module not in self._calls and len(self._calls) >= NETWORKS:
            return False
        self._calls[module] = self._calls.get(module, 0) + 1
        return self._calls[module] <= CALLS


def _is_prediction(given: list[Any], output: Any) -> bool:
    if len(given) != 2 or not torch.is_tensor(output) or not output.requires_grad or output.dim() != 4:
        return False
    sample, times = given
    if not torch.is_tensor(sample) or not torch.is_tensor(times) or not sample.is_floating_point():
        return False
    small = output[:ROWS].numel() <= KEPT_NUMBERS
    return small and sample.shape == output.shape and times.numel() == len(sample)


class _Listener:
    """Whom calls are told to; a hook that is a function of this file survives a network's being copied or pickled."""

    note: Callable[[torch.nn.Module, list[Any], Any], None]


def _hook(module: torch.nn.Module, args: Any, kwargs: Any, output: Any) -> None:
    if len(args) + len(kwargs) == 2 and torch.is_tensor(output) and output.requires_grad:
        _Listener.note(module, [*args, *kwargs.values()], output)


def install_networks(note: Callable[[torch.nn.Module, list[Any], Any], None]) -> None:
    """Listen to every module of a class that a notebook defines, once; `note` is told of those that were given two
    things and gave one tensor back.

    A hook for all modules at once would cost every layer of the libraries' models a slower call.
    """
    _Listener.note = note
    original = torch.nn.Module.__init__

    @functools.wraps(original)
    def init(self: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if type(self).__module__ == NOTEBOOK:
            self.register_forward_hook(_hook, with_kwargs=True)

    torch.nn.Module.__init__ = init  # type: ignore[method-assign]
