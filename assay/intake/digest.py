"""Decides when two cells count as the same text: the same but for line ends and trailing white space."""

from __future__ import annotations

import hashlib


def cell_digest(source: str) -> str:
    """The first 16 hex digits of the SHA-256 of a cell's source, whatever editor saved its line ends.

    64 bits are plenty: a digest tells a cell from the few dozen published ones, and nothing is trusted for matching.
    """
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    plain = "\n".join(line.rstrip() for line in lines).rstrip()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]
