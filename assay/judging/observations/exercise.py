"""One exercise's work: its facts, and the observations that are made of them when a check asks."""

from __future__ import annotations

from functools import cached_property

from assay.judging.observations.adapter import Adapter
from assay.judging.observations.facts import Facts
from assay.judging.observations.pictures import Picture, pictures
from assay.judging.observations.table import EmbeddingTable
from assay.judging.observations.training import Training


class Work(Facts):
    """The work on one exercise, as a check looks at it."""

    @cached_property
    def table(self) -> EmbeddingTable | None:
        """The embedding table of the text encoder that this exercise works on; None when there is none."""
        return EmbeddingTable.of(self)

    @cached_property
    def training(self) -> Training:
        """The backward passes and optimizer steps, and the U-Net calls that they came from."""
        return Training(self)

    @cached_property
    def adapter(self) -> Adapter | None:
        """The LoRA adapter that was trained; None when no optimizer held one."""
        return Adapter.of(self)

    @cached_property
    def pictures(self) -> list[Picture]:
        """The pictures generated so far, in order, by a pipeline or by a loop."""
        return pictures(self)
