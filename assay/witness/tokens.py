"""Decides what is written down of a tokenizer: the tokens that were added to it and the ids it was asked for."""

from __future__ import annotations

import weakref
from typing import Any

import torch

from assay.witness.quiet import quiet
from assay.witness.recorder import Recorder

LISTED_IDS = 512  # different ids of one cell; the course's longest word list has fifteen


class Tokens:
    """Follows the tokenizers that `from_pretrained` returned."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._watched: list[tuple[str, weakref.ref[Any], int, dict[str, int]]] = []
        self._held: list[Any] = []
        self._asked: set[int] = set()
        self._count = 0

    def watch(self, tokenizer: Any, source: str | None) -> None:
        """Follow `tokenizer`; its vocabulary size as loaded is the first id that a new token can get."""
        label = self._new_label()
        with quiet():
            size = len(tokenizer)
        self._watched = [entry for entry in self._watched if entry[1]() is not tokenizer]  # taken for a copy below
        self._watched.append((label, weakref.ref(tokenizer), size, {}))
        self._held.append(tokenizer)
        self._recorder.fact("tokenizer", label=label, source=source, size=size)

    def asked(self, ids: object) -> None:
        """Remember ids that a tokenizer gave out: a number, a list of them, lists in lists, or a tensor."""
        ids = ids.tolist() if isinstance(ids, torch.Tensor) else ids
        if type(ids) is int:
            if len(self._asked) < LISTED_IDS:
                self._asked.add(ids)
        elif isinstance(ids, list | tuple):
            for item in ids[:LISTED_IDS]:
                self.asked(item)

    def added(self, tokenizer: Any) -> None:
        """Write down the tokens behind the loaded vocabulary, if there are others than before."""
        if self._watched and all(reference() is not tokenizer for _, reference, _, _ in self._watched):
            # a copy of one that was loaded: its vocabulary began at the same size
            self._watched.append((self._new_label(), weakref.ref(tokenizer), self._watched[0][2], {}))
        for position, (label, reference, size, known) in enumerate(self._watched):
            if reference() is tokenizer and tokenizer is not None:
                with quiet():
                    now = {str(t)[:100]: int(i) for t, i in tokenizer.get_added_vocab().items() if int(i) >= size}
                if now != known:
                    self._watched[position] = (label, reference, size, now)
                    self._recorder.fact("added_tokens", label=label, tokens=dict(list(now.items())[:LISTED_IDS]))

    @property
    def alive(self) -> set[str]:
        """Labels of the tokenizers that still exist."""
        return {label for label, reference, _, _ in self._watched if reference() is not None}

    def _new_label(self) -> str:
        self._count += 1
        return f"tokenizer{self._count}"

    def begin_cell(self) -> None:
        """Hold every tokenizer until the cell has ended."""
        self._held = [t for _, reference, _, _ in self._watched if (t := reference()) is not None]

    def end_cell(self) -> None:
        """Write what was added and asked for in this cell."""
        for tokenizer in self._held:
            self.added(tokenizer)
        if self._asked:
            self._recorder.fact("ids", ids=sorted(self._asked))
        self._asked = set()
        self._held = []
