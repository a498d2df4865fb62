"""A pair of encoders at work: what it was shown and told, what it gave, and which similarities were made of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F

from assay.judging import originals
from assay.judging.evidence import as_number
from assay.judging.observations.facts import Facts
from assay.judging.observations.latents import rms

SAME = 1e-4  # two unit vectors of one direction: float32 on both sides rounds by 1e-6, half precision by 1e-3
PARALLEL = 1e-6  # the same as a cosine
COSINE = 1e-5  # absolute; float32 gives 1e-7
PRODUCT = 1e-2  # of the lengths of both vectors; half precision rounds by 1e-3, bfloat16 by 4e-3


@dataclass(frozen=True)
class Table:
    """A table of numbers (n, m) that were made of vectors `left` (n, d) and `right` (m, d), where these are known;
    `straight` says that the library's cosine made it, for which no vector needs a length of 1."""

    values: torch.Tensor
    left: torch.Tensor | None = None
    right: torch.Tensor | None = None
    straight: bool = False

    def holds_cosines(self, left: torch.Tensor, right: torch.Tensor) -> bool:
        """Whether it holds the cosines of these vectors, either way round."""
        wanted = cosines(left, right)
        return any(near(self.values, one) for one in (wanted, wanted.T))

    @classmethod
    def of(cls, values: torch.Tensor, left: torch.Tensor, right: torch.Tensor, straight: bool = False) -> Table:
        """The table of a product or of cosines; where the vectors do not give its numbers, they are not its vectors."""
        if left.shape[1:] != right.shape[1:] or values.shape != (len(left), len(right)):
            return cls(values)
        lengths = left.norm(dim=1)[:, None] * right.norm(dim=1)[None]
        off = (values - cosines(left, right)).abs() if straight else (values - left @ right.T).abs() / lengths
        # a vector of zeros gives zeros: 0 / 0
        given = (off <= PRODUCT) | ((lengths == 0) & (values == 0))
        return cls(values, left, right, straight) if values.numel() and bool(given.all()) else cls(values)


class Contrast:
    """The work of one exercise with encoders of pictures and texts."""

    def __init__(self, work: Facts) -> None:
        self._work = work

    @cached_property
    def seen(self) -> torch.Tensor:
        """The features of every picture that this exercise encoded, (n, d), float64, in order."""
        return _stacked(self._rows(fact) for fact in self._work.facts("seen"))

    @cached_property
    def read(self) -> torch.Tensor:
        """The features of every text, (n, d), float64, in order."""
        return _stacked(self._rows(fact)[: len(fact["ids"])] for fact in self._work.facts("read"))

    @cached_property
    def prompts(self) -> list[str]:
        """The texts, in the same order."""
        found = [originals.text_of([int(i) for i in row]) for fact in self._work.facts("read") for row in fact["ids"]]
        return found[: len(self.read)]

    @cached_property
    def labels(self) -> list[int]:
        """The labels of the data set's items that this exercise took, in order; an item taken twice in a row is one."""
        pairs = [pair for f in self._work.facts("items") for pair in zip(f["indices"], f["labels"], strict=False)]
        return [int(label) for n, (index, label) in enumerate(pairs) if n == 0 or pairs[n - 1][0] != index]

    @cached_property
    def tables(self) -> list[Table]:
        """Products and cosines of vectors, and tables that were drawn."""
        tensor, found = self._work.evidence.tensor, []
        for fact in self._work.facts("product"):
            sides = [tensor(fact.get(side)) for side in ("result", "left", "right")]
            values, left, right = (None if s is None or s.dim() != 2 else s.double() for s in sides)
            if values is not None and left is not None and right is not None:
                found.append(Table.of(values, left, right, fact.get("straight") is True))
            elif values is not None:
                found.append(Table(values))
        for fact in self._work.facts("cosine"):
            left, right, value = tensor(fact["left"]), tensor(fact["right"]), as_number(fact["value"])
            if left is not None and right is not None and left.dim() == right.dim() == 1:
                made = torch.tensor([[value]], dtype=torch.float64)
                found.append(Table.of(made, left[None].double(), right[None].double(), True))
        return found + [Table(image.double()) for image in self._work.images if image.dim() == 2]

    @torch.no_grad()
    def unlike(self) -> float:
        """The largest relative distance of what was given to what the judge's own encoders give; infinite for encoders
        that were made without pretrained weights.

        Raises:
            LookupError: the kit has no such encoders.
        """
        if not all(self._source(fact) for kind in ("read", "seen") for fact in self._work.facts(kind)):
            return float("inf")
        worst = 0.0
        for fact in self._work.facts("read"):
            own = originals.contrast_model(self._source(fact)).encode_text(torch.tensor(fact["ids"]))
            worst = max(worst, _distance(self._rows(fact)[: len(own)], own))
        for fact in self._work.facts("seen"):
            sample = self._work.evidence.tensor(fact.get("sample"))
            if sample is not None:
                own = originals.contrast_model(self._source(fact)).encode_image(sample)
                worst = max(worst, _distance(self._rows(fact)[:1], own))
        return worst

    def _source(self, fact: dict[str, Any]) -> str:
        return self._work.models[fact["label"]].source or ""

    def _rows(self, fact: dict[str, Any]) -> torch.Tensor:
        rows = self._work.evidence.tensor(fact.get("features"))
        return torch.empty(0, 0) if rows is None or rows.dim() != 2 else rows.double()


def cosines(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """(n, d) and (m, d) to (n, m)."""
    return F.normalize(left.double(), dim=1) @ F.normalize(right.double(), dim=1).T


def near(found: torch.Tensor, wanted: torch.Tensor, within: float = COSINE) -> bool:
    """Whether all numbers agree; NaN agrees with nothing."""
    return found.shape == wanted.shape and found.numel() > 0 and bool(((found - wanted).abs() <= within).all())


def places(vectors: torch.Tensor | None, known: torch.Tensor) -> list[int] | None:
    """For each of `vectors` (n, d) the row of `known` (m, d) with its direction; None when one has none."""
    if vectors is None or not len(known) or vectors.dim() != 2 or vectors.shape[1:] != known.shape[1:]:
        return None
    best = cosines(vectors, known).nan_to_num(-1).max(dim=1)
    return [int(n) for n in best.indices] if len(vectors) and bool((best.values >= 1 - PARALLEL).all()) else None


def have_unit_length(vectors: torch.Tensor) -> bool:
    """Whether every vector (n, d) is of length 1, or all of several of one other length: that is a temperature, by
    which cosines are sharpened, while features as an encoder gives them have lengths of their own."""
    lengths = vectors.norm(dim=1)
    common = lengths.mean() if len(lengths) > 1 else 1.0
    return bool(((lengths - 1).abs() <= SAME).all()) or bool(((lengths / common - 1).abs() <= SAME).all())


def _distance(given: torch.Tensor, own: torch.Tensor) -> float:
    """Relative; features may have been asked for at unit length."""
    own = own.double()
    if (
        given.shape != own.shape
        or not given.numel()
        or not bool(torch.isfinite(given).all() & torch.isfinite(own).all())
    ):
        return float("inf")
    return min(rms(given - one) / rms(one) for one in (own, F.normalize(own, dim=1)))


def _stacked(parts: Iterator[torch.Tensor]) -> torch.Tensor:
    kept = [part for part in parts if part.numel()]
    same = [part for part in kept if part.shape[1:] == kept[-1].shape[1:]]
    return torch.cat(same) if same else torch.empty(0, 0, dtype=torch.float64)
