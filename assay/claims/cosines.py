"""What must hold of similarities: they are cosines of rows of the embedding table, however they were computed."""

from __future__ import annotations

import math

import torch

from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.table import EmbeddingTable

COSINE = 1e-5  # float32 rounding of a dot product of unit vectors
ENOUGH = 3  # numbers that hit, and as many again for each two that hit by chance: of random ones, up to 4 % do
WORDS = 64  # looked-up ids whose cosines are compared; more would let chance in


def require_cosines_of_rows(work: Work, table: EmbeddingTable) -> None:
    """Fail unless the cosine of two rows was computed: by a call of cosine_similarity that was seen, or by hand, when
    several numbers left in variables equal cosines of rows whose words were looked up."""
    by_chance = _among_variables(work, table, shift=10 * COSINE)
    if not _was_called(work, table) and _among_variables(work, table) < ENOUGH + 2 * by_chance:
        raise Failure(
            "no number in the notebook is the cosine of two rows whose words were looked up",
            misconception="the dot product alone measures length as well as direction",
            help="Divide the dot product of two rows by both their lengths, or use the library's cosine similarity.",
        )


def _was_called(work: Work, table: EmbeddingTable) -> bool:
    for fact in work.facts("cosine"):
        left, right = work.evidence.tensor(fact["left"]), work.evidence.tensor(fact["right"])
        if left is None or right is None or not (table.is_vocabulary_row(left) and table.is_vocabulary_row(right)):
            continue
        if not torch.equal(left, right) and abs(_cosine(left, right) - fact["value"]) <= COSINE:
            return True
    return False


def _among_variables(work: Work, table: EmbeddingTable, shift: float = 0.0) -> int:
    """How many different numbers left in variables equal the cosine of two looked-up rows, once moved by `shift`."""
    ids = sorted({i for fact in work.facts("ids") for i in fact["ids"] if 0 <= i < table.loaded_rows})[:WORDS]
    rows = torch.nn.functional.normalize(table.original[ids].double(), dim=1)
    wanted = (rows @ rows.T)[~torch.eye(len(ids), dtype=torch.bool)]
    numbers = {v for v in work.numbers if math.isfinite(v)}
    return sum(bool(((wanted - v - shift).abs() <= COSINE).any()) for v in numbers)


def _cosine(left: torch.Tensor, right: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(left.double(), right.double(), dim=0))
