"""Decides what passes from a student's process to the supervisor: JSON records that survive a writer killed mid-way."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from typing import Any

MARK = b"\x1e"  # RFC 7464: a record starts with RS, so that the one after a torn record is found again
RECORD_BYTES = 32 * 2**20  # the largest figure a cell may show


def send(descriptor: int, record: dict[str, Any]) -> None:
    """Write one record; blocks while the reader is behind."""
    data = MARK + as_json(record).encode() + b"\n"
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def as_json(record: dict[str, Any]) -> str:
    """A record, or a part of one, as it would be sent."""
    return json.dumps(record, default=_plain)


def _plain(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes | bytearray) else str(value)


class Reader:
    """Puts records together from the bytes of a pipe; the writer is not trusted."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Take more bytes and give the whole records among them; torn or foreign ones are passed over.

        Raises:
            OverflowError: a record grew beyond what any output may be.
        """
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            record = _parse(line[line.rfind(MARK) + 1 :])
            if record is not None:
                yield record
        if len(self._buffer) > RECORD_BYTES:
            self._buffer.clear()  # said once; what is left of it is passed over like any torn record
            raise OverflowError("one record is larger than any output may be")


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
