"""Decides which folders of a submission are its own, and puts them together with what everybody may reach."""

from __future__ import annotations

from dataclasses import dataclass

from assay.sandbox.territory import OWN, Territory


@dataclass(frozen=True)
class Ground:
    """One submission's folder, absolute and free of links, and the territory of all."""

    folder: str
    territory: Territory

    @property
    def writable(self) -> list[str]:
        """The submission's own folders."""
        return [f"{self.folder}/{name}" for name in OWN]

    @property
    def programs(self) -> str:
        """The folder with programs of ours, which is read."""
        return f"{self.folder}/bin"
