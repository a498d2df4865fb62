"""Decides which few of a text's many token sequences stand for all of it: winnowing.

S. Schleimer, D. S. Wilkerson, A. Aiken, Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003. Every run
of at least `K + WINDOW - 1` equal tokens leaves an equal fingerprint in both texts; runs shorter than K leave none.
"""

from __future__ import annotations

from collections.abc import Sequence

import xxhash

# Twelve tokens are about a line and a half of a training loop: a shorter run is the library's idiom. Any two and a half
# lines that are the same (19 tokens) are found.
K = 12
WINDOW = 8


def fingerprints(tokens: Sequence[str]) -> dict[int, list[int]]:
    """The chosen fingerprints, each with the places of the K tokens that it stands for."""
    hashes = [
        xxhash.xxh3_64_intdigest("\x00".join(tokens[i : i + K]).encode("utf-8", "surrogatepass"))
        for i in range(len(tokens) - K + 1)
    ]
    chosen: dict[int, list[int]] = {}
    for place in _winnowed(hashes):
        chosen.setdefault(hashes[place], []).append(place)
    return chosen


def _winnowed(hashes: Sequence[int]) -> list[int]:
    """Of every window the place of its smallest hash, of equal ones the one chosen before, else the rightmost."""
    places: list[int] = []
    best = -1
    for end in range(min(WINDOW, len(hashes)) or 1, len(hashes) + 1):
        start = max(0, end - WINDOW)
        if best < start:
            best = min(range(start, end), key=lambda place: (hashes[place], -place))
        elif hashes[end - 1] < hashes[best]:
            best = end - 1
        if not places or places[-1] != best:
            places.append(best)
    return places
