"""Decides which bytes are JSON that every reader understands in the same way, before and while parsing them."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any, NoReturn

from assay.failure import Rejected
from assay.intake.sniff import reject_other_formats

MAX_BYTES = 50_000_000  # generous: a notebook full of pictures has 20 MB; parsing is about 1 s at this size
MAX_DEPTH = 64  # notebooks need about 10; the parser itself recurses and gives up at some 1000
MAX_CONTAINERS = 1_000_000  # each costs about 100 bytes once parsed, so that 50 MB of "[],[]," would need gigabytes

# A string may lack its end quote: taking it to the end keeps the scan linear on hostile bytes.
_STRING = rb'"(?:[^"\\]++|\\.)*+\\?+(?:"|\Z)'
_NOT_BRACKETS = re.compile(rb"(?:" + _STRING + rb'|[^"\[\]{}]++)++', re.DOTALL)
_STRINGS_OR_BRACKETS = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_STRINGS_OR_CONSTANTS = re.compile(_STRING + rb"|NaN|-?Infinity", re.DOTALL)
_QUOTE = ord('"')
_STEP = [1 if byte in b"[{" else -1 for byte in range(256)]
_SAVE_AGAIN = "open it in Jupyter, save it again, and hand in that file"


def parse_strictly(data: bytes) -> Any:
    """The JSON value that `data` holds.

    Raises:
        Rejected: caps exceeded, another file format, invalid UTF-8, or JSON that two readers may read differently.
    """
    if len(data) > MAX_BYTES:
        raise too_large(len(data))
    reject_other_formats(data)
    text = _decoded(data)
    _limit_nesting(data)
    return _parsed(text, data)


def too_large(size: int) -> Rejected:
    """The rejection of a file with `size` bytes."""
    return Rejected(
        f"the file has {size / 1e6:.1f} MB and the limit is {MAX_BYTES / 1e6:.0f} MB: "
        "clear all outputs, save it, and hand it in again"
    )


def quoted(text: str) -> str:
    """`text` for a sentence: short, in quotes, and free of control characters and of what cannot be encoded."""
    return ascii(text if len(text) <= 40 else text[:39] + "~")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")  # a byte order mark is harmless, but it is not JSON
    except UnicodeDecodeError as error:
        where = f"byte {error.start:,} (0x{data[error.start]:02x})"
        raise Rejected(f"the file is not valid UTF-8 at {where}: {_SAVE_AGAIN}") from None


def _limit_nesting(data: bytes) -> None:
    brackets = _NOT_BRACKETS.sub(b"", data)
    if len(brackets) > 2 * MAX_CONTAINERS:
        raise Rejected(
            f"the file holds {len(brackets) // 2:,} lists and objects and the limit is {MAX_CONTAINERS:,}: "
            "clear all outputs, save it, and hand it in again"
        )
    for count, depth in enumerate(accumulate(map(_STEP.__getitem__, brackets))):
        if depth > MAX_DEPTH:
            where = f"byte {_bracket_offset(data, count):,}"
            raise Rejected(f"lists and objects are nested deeper than {MAX_DEPTH} levels at {where}: {_SAVE_AGAIN}")


def _bracket_offset(data: bytes, count: int) -> int:
    brackets = (match.start() for match in _STRINGS_OR_BRACKETS.finditer(data) if data[match.start()] != _QUOTE)
    return next(islice(brackets, count, None))


class _NotANumber(Exception):  # noqa: N818 - NaN or Infinity; the parser does not say where
    pass


def _parsed(text: str, data: bytes) -> Any:
    twice: list[_Twice] = []
    try:
        tree = json.loads(text, parse_constant=_refuse, object_pairs_hook=lambda pairs: _object(pairs, twice))
    except json.JSONDecodeError as error:
        raise _not_json(error, data) from None
    except _NotANumber:
        raise _constant_found(data) from None
    except ValueError:  # Python refuses to read integers of more than 4300 digits, for their cost
        raise Rejected(f"the file holds a whole number with thousands of digits: {_SAVE_AGAIN}") from None
    if twice:
        raise Rejected(
            f"the key {quoted(twice[0].key)} occurs twice{_place(tree, twice[0].holder)}: remove one of the two"
        )
    return tree


def _refuse(name: str) -> NoReturn:
    raise _NotANumber(name)


def _constant_found(data: bytes) -> Rejected:
    found = (match for match in _STRINGS_OR_CONSTANTS.finditer(data) if data[match.start()] != _QUOTE)
    first = next(found)
    return Rejected(
        f"{first.group().decode()} at byte {first.start():,} is not JSON: "
        "clear all outputs, save it, and hand it in again"
    )


@dataclass(frozen=True)
class _Twice:
    key: str
    holder: dict[str, Any]


def _object(pairs: list[tuple[str, Any]], twice: list[_Twice]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs) and not twice:
        counts = Counter(key for key, _ in pairs)
        twice.append(_Twice(counts.most_common(1)[0][0], result))
    return result


def _place(tree: Any, holder: dict[str, Any]) -> str:
    """Where `holder` sits in `tree`, as far as it helps a reader: in which cell."""
    cells = tree.get("cells") if isinstance(tree, dict) else None
    for index, cell in enumerate(cells if isinstance(cells, list) else []):
        if _holds(cell, holder):
            return f" in cell {index} (counted from 0)"
    return " in one object"


def _holds(tree: Any, holder: dict[str, Any]) -> bool:
    if tree is holder:
        return True
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return any(_holds(child, holder) for child in children)


def _not_json(error: json.JSONDecodeError, data: bytes) -> Rejected:
    conflict = re.search(r"^(?:<{7}|>{7}) ", error.doc, re.MULTILINE)
    if conflict:
        line = error.doc.count("\n", 0, conflict.start()) + 1
        return Rejected(f"the file holds an unresolved git merge conflict at line {line}: resolve it and save it again")
    if error.doc.lstrip().startswith("{") and _breaks_off(error):
        return Rejected(
            f"the file breaks off after byte {len(data):,}, before the notebook's end: "
            "save it again, let the upload finish, and hand it in again"
        )
    where = f"byte {len(data) - len(error.doc[error.pos :].encode()):,} (line {error.lineno})"
    return Rejected(f"the file is not JSON at {where}, {error.msg[0].lower()}{error.msg[1:]}: {_SAVE_AGAIN}")


def _breaks_off(error: json.JSONDecodeError) -> bool:
    if error.msg == "Extra data":
        return False
    return error.msg.startswith("Unterminated string") or not error.doc.rstrip().endswith("}")
