"""What a standby process holds in tests: run in children of the warm parent."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def hold(serve: Callable[[Callable[..., dict[str, Any]]], None], word: str) -> None:
    """Serve the word with the pids of the process that holds it and of the one that answers."""
    holder = os.getpid()
    serve(lambda **given: {"word": word, "holder": holder, "pid": os.getpid()} | given)


def stumble(serve: Callable[..., None], word: str) -> None:
    """Never come so far."""
    raise ValueError(f"no {word} today")


def hold_and_die(serve: Callable[[Callable[..., dict[str, Any]]], None]) -> None:
    """Serve answers that kill whoever gives them."""
    serve(lambda: os._exit(3))
