"""Decides what happens when the witness itself stumbles: the student's cell goes on, and the judge is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import perf_counter

from assay.witness.recorder import Recorder


@contextmanager
def unnoticed(recorder: Recorder, what: str, label: str | None = None) -> Iterator[None]:
    """Look at `what` inside; an exception ends the looking and becomes a `stumble` fact, nothing more.

    `label` names the model whose weights could not be looked at: what is not seen must not pass for unchanged.
    """
    began, outer = perf_counter(), recorder.begin_looking()
    try:
        yield
    except Exception as error:  # a model on the meta device, a layer without weights, a full disk: never his to debug
        with suppress(Exception):
            recorder.fact("stumble", what=what, error=type(error).__name__, label=label)
    finally:
        if outer:
            recorder.end_looking(perf_counter() - began)
