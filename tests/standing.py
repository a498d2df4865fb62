"""What a standby process holds in tests: run in children of the warm parent."""

from __future__ import annotations

import os
import time
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


def hold_and_swell(serve: Callable[[Callable[..., dict[str, Any]]], None]) -> None:
    """Serve answers that take the memory and the time they are asked to, or are as long."""
    serve(_swell)


def _swell(memory: int = 0, seconds: float = 0.0, answer: int = 0) -> dict[str, Any]:
    held = [b"x" * 2**20 for _ in range(memory // 2**20)]
    while time.process_time() < seconds:
        pass
    if memory or seconds:
        time.sleep(1.0)  # two looks at what is held
    return {"answer": "x" * answer, "held": len(held)}
