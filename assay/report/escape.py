"""Which characters of a submission may reach a terminal or a page: letters, signs, newlines, tabs, none that steer."""

from __future__ import annotations

import re

# Every pattern stops at a newline at the latest, so that an unterminated sequence cannot swallow the lines after it.
_SEQUENCES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC: window titles, hyperlinks, clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor movement
    r"|\x1b[ -/]*[0-~]?"  # two-character escapes
)
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but newline and tab
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls: text that reads otherwise than it is stored
    "\u2028\u2029\ufeff"  # separators that some readers take for line ends, byte order mark
    "\ud800-\udfff]"  # lone surrogates: no encoder takes them
)
LINE_CHARACTERS = 2_000  # a longer line is no reading matter; a 4 MB line would make the page unusable
FIRST_LINES, LAST_LINES = 60, 20


def plain(text: str) -> str:
    """The text without terminal sequences, controls (but newline and tab), bidi controls and lone surrogates."""
    return _FORBIDDEN.sub("", _SEQUENCES.sub("", text))


def one_line(text: str, limit: int = 400) -> str:
    """The text as one plain line of at most `limit` characters, for names, titles and table cells."""
    joined = " ".join(plain(text[: 20 * limit]).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def settled(text: str) -> str:
    """What a terminal would show after the carriage returns: a progress bar's last state instead of all of them."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(next((part for part in reversed(line.split("\r")) if part), "") for line in lines)


def excerpt(text: str, first: int = FIRST_LINES, last: int = LAST_LINES) -> str:
    """Plain text cut to its first and last lines, saying how many were left out; very long lines are cut too."""
    lines = [_cut(line) for line in plain(text).rstrip("\n").split("\n")]
    if len(lines) <= first + last + 1:  # leaving out one line would take a line to say so
        return "\n".join(lines)
    tail = lines[-last:] if last else []
    return "\n".join([*lines[:first], f"… {len(lines) - first - last:,} lines left out …", *tail])


def _cut(line: str) -> str:
    if len(line) <= LINE_CHARACTERS:
        return line
    return f"{line[:LINE_CHARACTERS]} … {len(line) - LINE_CHARACTERS:,} characters left out"
