"""The embedding table of a text encoder: which rows are new, which moved, where they began and ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from assay.judging import originals
from assay.judging.observations.facts import Facts
from assay.judging.observations.models import ModelHistory
from assay.tensors import is_constant, relative_error


@dataclass(frozen=True)
class EmbeddingTable:
    """The table of `model`; rows are numbered from 0, `width` numbers each."""

    work: Facts
    model: ModelHistory

    @classmethod
    def of(cls, work: Facts) -> EmbeddingTable | None:
        """The table trained in this exercise, else the one that grew in it, else the first one used."""
        encoders = work.used("text_encoder")
        trained = {f["label"] for f in work.facts("text") if f["training"]}
        grown = {s["label"] for s in work.facts("state") if s.get("table") and s["table"]["rows"] > 0}
        order = sorted(encoders, key=lambda m: (m.label not in trained, m.label not in grown))
        return cls(work, order[0]) if order else None

    @cached_property
    def original(self) -> torch.Tensor:
        """(rows, width) float32 as the kit holds it.

        Raises:
            LookupError: the notebook loaded its text encoder from a place that the kit does not have.
        """
        found = originals.embedding_table(self.model.cls, self.model.source or "", self.model.subfolder)
        if found is None:
            raise LookupError(f"the kit has no text encoder {self.model.source!r} to compare with")
        return found

    @cached_property
    def states(self) -> list[dict[str, Any]]:
        """The states of the table that the witness wrote down up to this exercise's end, oldest first."""
        so_far = [s for s in self.model.states if s["exercise"] <= self.work.number and s.get("table")]
        return [s["table"] for s in so_far]

    @property
    def loaded_rows(self) -> int:
        """Rows of the table as it was loaded: the first id that a new token can have."""
        return self.original.shape[0]

    @property
    def rows(self) -> int:
        """Rows at the end of the exercise."""
        return int(self.states[-1]["rows"]) if self.states else self.loaded_rows

    @cached_property
    def added_tokens(self) -> dict[str, int]:
        """Tokens that were added to a tokenizer, with the ids they got, since the text encoder was loaded."""
        began = self.model.loaded["exercise"]
        facts = [fact for fact in self.work.facts_so_far("added_tokens") if fact["exercise"] >= began]
        return {str(token): int(row) for fact in facts for token, row in fact["tokens"].items()}

    @cached_property
    def pseudo_ids(self) -> set[int]:
        """Ids of added tokens that have a row of their own behind the loaded ones."""
        return {row for row in self.added_tokens.values() if self.loaded_rows <= row < self.rows}

    @property
    def changed_count(self) -> int:
        """How many of the loaded rows have other bits than the original at the end."""
        return int(self.states[-1]["changed_count"]) if self.states else 0

    @property
    def changed_rows(self) -> list[int]:
        """The first of those rows."""
        return [int(row) for row in self.states[-1]["changed"]] if self.states else []

    @cached_property
    def final(self) -> dict[int, torch.Tensor]:
        """The pseudo-tokens' rows, (width,), at the end of the exercise."""
        return self._new_rows(self.states[-1]["new_values"] if self.states else None)

    @cached_property
    def initial(self) -> dict[int, torch.Tensor]:
        """The pseudo-tokens' rows when they first took part in a forward or a step of this exercise."""
        for fact in self.work.facts("text"):
            if fact["label"] == self.model.label and fact.get("new_values"):
                return self._new_rows(fact["new_values"])
        for fact in self.work.facts("step"):
            for entry in fact["tables"]:
                if entry["label"] == self.model.label and entry.get("new_values"):
                    return self._new_rows(entry["new_values"])
        return {}

    def _new_rows(self, name: str | None) -> dict[int, torch.Tensor]:
        values = self.work.evidence.tensor(name)
        if values is None or values.shape[1:] != self.original.shape[1:]:
            return {}
        rows = {row: row - self.loaded_rows for row in self.pseudo_ids}
        return {row: values[place] for row, place in rows.items() if place < len(values)}

    def is_vocabulary_row(self, row: torch.Tensor | None) -> bool:
        """Whether `row` (width,) has the bits of one of the loaded rows in its dtype."""
        if row is None or row.shape != self.original.shape[1:]:
            return False
        same_start = self.original[(self.original[:, 0].to(row.dtype) == row[0])]  # a few rows instead of all
        return bool((same_start.to(row.dtype) == row).all(dim=1).any())

    def token(self, row: int) -> str:
        """The token of a row, as a person reads it."""
        for token, number in self.added_tokens.items():
            if number == row:
                return token
        tokenizer = originals.tokenizer(self.model.source or "")
        return str(tokenizer.convert_ids_to_tokens(row)).removesuffix("</w>") if tokenizer else str(row)

    def digest(self, dtype: str) -> str:
        """Digest of the loaded rows in `dtype` ("torch.float32"), as the witness makes it."""
        from assay.witness.digest import digest

        return digest(self.original.to(getattr(torch, dtype.removeprefix("torch."))))

    @cached_property
    def plain_answer_error(self) -> float:
        """Relative distance of the text encoder's last answer to the plain prompt from that of the judge's own encoder.

        Raises:
            LookupError: the answer was not kept, or the kit has no such encoder.
        """
        answers = [s["plain"] for s in self.model.states if s["exercise"] <= self.work.number and "plain" in s]
        kept = self.work.evidence.tensor([self.model.loaded["plain"], *answers][-1])
        own = originals.plain_answer(self.model.cls, self.model.source or "", self.model.subfolder)
        if kept is None or own is None or kept.shape != own.shape:
            raise LookupError("the text encoder's answer to a plain prompt was not kept")
        name = "the text encoder's answer to a prompt without the token"
        return relative_error(kept.to(own.dtype), own, name)

    @cached_property
    def plain_prompt_change(self) -> tuple[float, torch.dtype]:
        """Relative change of the text encoder's answer (1, 77, width) to a prompt without new tokens, from loading to
        the end of the exercise, and the precision of the later answer.

        Raises:
            LookupError: an answer was not kept.
        """
        later = [s for s in self.model.states if s["exercise"] <= self.work.number and "plain" in s]
        before = self.work.evidence.tensor(self.model.loaded["plain"])
        after = self.work.evidence.tensor(later[-1]["plain"]) if later else before
        if before is None or after is None or before.dim() != 3 or is_constant(before):
            raise LookupError("the text encoder's answer to a plain prompt was not kept")
        name = "the text encoder's answer to a prompt without the token"
        return relative_error(after.to(before.dtype), before, name), after.dtype
