"""Decides what of a cell's text is compared: its tokens, blind to names, values, comments and layout."""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

NAME, NUMBER, TEXT = "N", "1", "S"  # what stands for every name, number and string
RESTARTS = 20  # broken lines that are stepped over; each one costs another reading of the rest of the cell
_KEPT = frozenset(dir(builtins)) | frozenset(keyword.kwlist)
_LINE_ENDS = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})
# From Python 3.12 on an f-string comes in parts: its opening stands for all of it, and what it computes is compared.
_FSTRING_START, *_FSTRING_REST = (getattr(tokenize, f"FSTRING_{part}", -1) for part in ("START", "MIDDLE", "END"))
_VALUES = {tokenize.NUMBER: NUMBER, tokenize.STRING: TEXT, _FSTRING_START: TEXT}
_LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
                     tokenize.ENCODING, tokenize.ENDMARKER, tokenize.ERRORTOKEN, *_FSTRING_REST})  # fmt: skip


class Token(NamedTuple):
    """A token as it is compared, and its line in the cell, counted from 0."""

    text: str
    line: int


@lru_cache(maxsize=4096)  # most cells of a cohort occur many times
def tokens_of(source: str) -> tuple[Token, ...]:
    """The tokens of a cell.

    Names that an author may choose become one sign, and so do numbers and strings. A name after a dot is kept, because
    the library chose it (but not after `self`), and so are the builtins. Lines of magics, comments and docstrings go.
    Python that is broken loses the lines that cannot be read.
    """
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    return tuple(_compared(_read(lines)))


def _read(lines: list[str]) -> Iterator[tuple[int, str, int]]:
    """Kind, text and line of Python's own tokens; behind a line where they end in an error, reading starts again."""
    start = 0
    for _ in range(RESTARTS):
        last = start
        reader = io.StringIO("\n".join(lines[start:]) + "\n").readline
        try:
            for kind, text, (line, _), _, _ in tokenize.generate_tokens(reader):
                last = start + line
                yield kind, text, last - 1
            return
        except (tokenize.TokenError, SyntaxError):  # an IndentationError is a SyntaxError
            start = max(last, start + 1)
        if start >= len(lines):
            return


def _compared(tokens: Iterable[tuple[int, str, int]]) -> Iterator[Token]:
    two_before, before, opens_line = "", "", True
    for kind, text, line in tokens:
        if kind in _LAYOUT:
            opens_line = opens_line or kind in _LINE_ENDS
            continue
        sign = text
        if kind == tokenize.NAME:
            by_a_library = before == "." and two_before != "self"
            sign = text if by_a_library or text in _KEPT else NAME
        elif kind in _VALUES:
            sign = _VALUES[kind]
        if not (sign == TEXT and opens_line):  # a string that opens a line is a docstring
            yield Token(sign, line)
        opens_line = False
        two_before, before = before, text
