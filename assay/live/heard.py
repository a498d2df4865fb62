"""Decides how the text that a cell prints or shows is heard: on its way to the notebook's page, without changing it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Note = Callable[[str], None]


def listen(shell: Any, note: Note) -> Callable[[], None]:
    """Have `note` told of every text that a cell shows on standard output or as a result; gives what ends that."""
    session = getattr(getattr(shell, "kernel", None), "session", None)
    return _to_terminal(note) if session is None else _to_messages(session, note)


def _to_messages(session: Any, note: Note) -> Callable[[], None]:
    """Every output of a kernel leaves through its session, whoever made it."""
    send = session.send

    def sending(stream: Any, message: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:
        with suppress(Exception):
            text = _text_of(message, content)
            if text:
                note(text)
        return send(stream, message, content, *args, **kwargs)

    session.send = sending

    def end() -> None:
        if session.__dict__.get("send") is sending:
            del session.send

    return end


def _text_of(message: Any, content: Any) -> str | None:
    kind = message["header"]["msg_type"] if isinstance(message, dict) else message
    told = message["content"] if isinstance(message, dict) else content
    if kind == "stream":
        return str(told["text"]) if told["name"] == "stdout" else None
    if kind in ("display_data", "execute_result"):
        text = told["data"].get("text/plain")
        return f"\n{text}\n" if isinstance(text, str) else None
    return None


def _to_terminal(note: Note) -> Callable[[], None]:
    """Results are printed there, so what is written is all."""
    shown = sys.stdout
    sys.stdout = both = _Both(shown, note)

    def end() -> None:
        if sys.stdout is both:
            sys.stdout = shown

    return end


class _Both:
    """A stream that is written to as before, and heard."""

    def __init__(self, stream: Any, note: Note) -> None:
        self._stream, self._note = stream, note

    def write(self, text: str) -> int:
        """Write as the stream does."""
        with suppress(Exception):
            self._note(text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
