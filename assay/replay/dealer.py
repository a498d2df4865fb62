"""Decides which inputs a replay gets, and keeps the judge's copy; only the trusted supervisor deals them.

The copy is written when no process of the notebook is left: one that is would write its own inputs over it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from assay.anew import make_anew, write_anew
from assay.replay.draw import Spec, draw_inputs
from assay.replay.parcel import framed, pack


def notebook_key(secret: bytes, sha256: str, lesson: str) -> bytes:
    """The key of all draws for one notebook: the same notebook is asked the same questions, another one others."""
    return hmac.digest(secret, f"{lesson}/{sha256}".encode(), "sha256")


def key_of_another_run(key: bytes) -> bytes:
    """What a notebook that is run once more is asked: other questions, for it may have brought about the second run
    itself, and know those of the first by now."""
    return hmac.digest(key, b"once more", "sha256")


@dataclass(frozen=True)
class Dealer:
    """Deals each replay of one notebook its inputs, once its exercise has ended; `dealt` are the parcels by name."""

    specs: dict[str, Spec]
    key: bytes
    dealt: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, specs: Iterable[Spec], key: bytes) -> Dealer:
        """A dealer for the replays of one notebook."""
        return cls({str(spec["name"]): spec for spec in specs}, key)

    def deal(self, name: str) -> bytes:
        """A framed parcel with the inputs of the replay `name`.

        Raises:
            KeyError: the lesson declares no such replay.
        """
        self.dealt[name] = pack(draw_inputs(self.specs[name], self.key))
        return framed(self.dealt[name])

    def keep(self, folder: Path) -> None:
        """Write the judge's copies into a new `folder`; call it when every process of the notebook has ended."""
        make_anew(folder)
        for name, parcel in self.dealt.items():
            write_anew(folder / f"{name}.parcel", parcel)
