"""Decides which inputs a replay gets, and keeps the judge's copy; only the trusted supervisor deals them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assay.replay.draw import Spec, draw_inputs
from assay.replay.parcel import framed, keep, pack


def notebook_key(secret: bytes, sha256: str, lesson: str) -> bytes:
    """The key of all draws for one notebook: the same notebook is asked the same questions, another one others."""
    return hmac.digest(secret, f"{lesson}/{sha256}".encode(), "sha256")


@dataclass(frozen=True)
class Dealer:
    """Deals each replay of one notebook its inputs, once its exercise has ended; `folder` holds the judge's copies."""

    specs: dict[str, Spec]
    key: bytes
    folder: Path

    @classmethod
    def of(cls, specs: Iterable[Spec], key: bytes, folder: Path) -> Dealer:
        """A dealer for the replays of one notebook."""
        return cls({str(spec["name"]): spec for spec in specs}, key, folder)

    def deal(self, name: str) -> bytes:
        """A framed parcel with the inputs of the replay `name`.

        Raises:
            KeyError: the lesson declares no such replay.
        """
        inputs = draw_inputs(self.specs[name], self.key)
        keep(inputs, self.folder / f"{name}.parcel")
        return framed(pack(inputs))
