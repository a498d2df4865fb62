"""Decides which pairs of submissions a person should look at side by side, and which lines of them correspond."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from assay.intake import Cell, Notebook
from assay.similarity.fingerprints import fingerprints
from assay.similarity.handed_out import HandedOut, course, lesson_among, own_cells
from assay.similarity.tokens import Token, tokens_of

# Of the smaller side's fingerprints. Measured: three people's solutions of one exercise share 0.02, one author's
# notebooks of two related lessons 0.3, copies with other names, comments and order 0.92 and more.
CLOSE = 0.5
FEWEST = 15  # common fingerprints: about seventy tokens, eight lines; less is how the task is worded
TOKENS = 50_000  # of one submission; people write two to five thousand, and a flood must not stop the others
REPEATS, PLACES = 8, 500  # of one fingerprint, and of a pair: beyond it a text repeats itself, and nobody reads on
SMALL_COHORT = 6  # of so few, what most share may as well be what most copied


@dataclass(frozen=True)
class Side:
    """One submission of a pair: its file, and the cells that its author wrote."""

    file: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Match:
    """The same run of tokens on both sides: for each, (cell, first line, last line), lines counted from 0."""

    left: tuple[tuple[int, int, int], ...]
    right: tuple[tuple[int, int, int], ...]
    tokens: int


@dataclass(frozen=True)
class Pair:
    """Two submissions that are close: `common` of the `fewer` fingerprints that the smaller one has, and where."""

    left: Side
    right: Side
    common: int
    fewer: int
    matches: tuple[Match, ...]

    @property
    def share(self) -> float:
        """The share of common fingerprints; how much is alike, and no score."""
        return self.common / self.fewer


@dataclass(frozen=True)
class _Text:
    """A submission's own code as one row of tokens; `places` say of each token its cell and line."""

    side: Side
    tokens: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    prints: Mapping[int, list[int]]


def similar_pairs(notebooks: Sequence[Notebook], known: Mapping[str, HandedOut] | None = None) -> list[Pair]:
    """The pairs of one lesson whose own code is close, the closest first.

    Left out is what was handed out, and what more than half of a lesson's submissions have in common: it says how the
    task is solved, not who wrote it.

    Args:
        notebooks: the submissions as intake read them.
        known: the lessons with their registered cells; those of the course unless others are named.
    """
    lessons = course() if known is None else known
    by_lesson: dict[str | None, list[_Text]] = defaultdict(list)
    for notebook in notebooks:
        lesson = lesson_among(notebook, lessons)
        by_lesson[lesson].append(_text(notebook.file, own_cells(notebook, lessons[lesson] if lesson else None)))
    pairs = [pair for texts in by_lesson.values() for pair in _close(texts)]
    return sorted(pairs, key=lambda pair: (-pair.share, -pair.common, pair.left.file, pair.right.file))


def _text(file: str, cells: tuple[Cell, ...]) -> _Text:
    """All cells in a row, so that splitting or joining cells changes nothing."""
    every = ((cell.index, token) for cell in cells for token in tokens_of(cell.source))
    found: list[tuple[int, Token]] = list(islice(every, TOKENS))
    words = tuple(token.text for _, token in found)
    return _Text(Side(file, cells), words, tuple((i, token.line) for i, token in found), fingerprints(words))


def _close(texts: Sequence[_Text]) -> list[Pair]:
    often = Counter(value for text in texts for value in text.prints)
    most = len(texts) / 2 if len(texts) > SMALL_COHORT else len(texts)
    rare = [{value for value in text.prints if often[value] <= most} for text in texts]
    pairs = []
    for a, b in combinations(range(len(texts)), 2):
        fewer = min(len(rare[a]), len(rare[b]))
        if fewer < FEWEST:
            continue
        common = rare[a] & rare[b]
        if len(common) >= max(FEWEST, CLOSE * fewer):
            matches = _matches(texts[a], texts[b], common)
            pairs.append(Pair(texts[a].side, texts[b].side, len(common), fewer, matches))
    return pairs


def _matches(left: _Text, right: _Text, common: set[int]) -> tuple[Match, ...]:
    """The common fingerprints grown to the longest equal runs, the longest first; no token is in two of them."""
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    found = []
    for i, j, length in sorted(_runs(left, right, common), key=lambda run: (-run[2], run)):
        own, other = set(range(i, i + length)), set(range(j, j + length))
        if own & taken_left or other & taken_right:
            continue
        taken_left |= own
        taken_right |= other
        found.append(Match(_lines(left, i, length), _lines(right, j, length), length))
    return tuple(found)


def _runs(left: _Text, right: _Text, common: set[int]) -> list[tuple[int, int, int]]:
    """Where equal runs begin on both sides, and their lengths; each is grown once, from its first fingerprint."""
    seeds = sorted(
        (i, j) for value in common for i in left.prints[value][:REPEATS] for j in right.prints[value][:REPEATS]
    )
    runs: list[tuple[int, int, int]] = []
    ends: dict[int, int] = {}  # of the last run with the same distance between both sides
    for i, j in seeds:
        if i >= ends.get(j - i, 0) and len(runs) < PLACES:
            start, other, length = _grown(left.tokens, right.tokens, i, j)
            ends[j - i] = start + length
            runs.append((start, other, length))
    return runs


def _grown(left: Sequence[str], right: Sequence[str], i: int, j: int) -> tuple[int, int, int]:
    """The longest equal run around places i and j: where it begins on both sides, and its length."""
    end = 0
    while i + end < len(left) and j + end < len(right) and left[i + end] == right[j + end]:
        end += 1
    back = 0
    while back < min(i, j) and left[i - back - 1] == right[j - back - 1]:
        back += 1
    return i - back, j - back, end + back


def _lines(text: _Text, start: int, length: int) -> tuple[tuple[int, int, int], ...]:
    """The lines that a run of tokens covers, cell by cell."""
    by_cell: dict[int, list[int]] = {}
    for cell, line in text.places[start : start + length]:
        by_cell.setdefault(cell, []).append(line)
    return tuple((cell, min(lines), max(lines)) for cell, lines in by_cell.items())
