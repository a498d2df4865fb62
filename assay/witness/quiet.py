"""Decides when the witness looks away: while it calls a library itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_depth = 0


def is_quiet() -> bool:
    """True while the witness itself is the caller."""
    return _depth > 0


@contextmanager
def quiet() -> Iterator[None]:
    """Calls made inside are the witness's own and are not recorded."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
