"""A recipe's working folder: what is finished stays finished, and a training that was stopped goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from assay.kit.recipe.together import average_gradients, rank

SEED = 7
_SAVE_EVERY = 120.0  # seconds

Report = Callable[[str, float, str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """The folder, and where progress is told: what is being done, the share done, and a figure worth seeing."""

    folder: Path
    report: Report

    def file(self, name: str) -> Path:
        """A file of the folder, which is made when it is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def save(self, name: str, value: Any) -> None:
        """Store by one rename: a reader or a later start never meets half a file."""
        scratch = self.file(name + ".part")
        torch.save(value, scratch)
        scratch.replace(self.file(name))

    def load(self, name: str) -> Any | None:
        """What `save` stored, or None."""
        file = self.file(name)
        return torch.load(file, weights_only=True, mmap=True) if file.exists() else None


@dataclass
class Training:
    """One model's training: an optimizer, a learning rate's course, an average of the weights, and checkpoints."""

    name: str
    work: Work
    model: torch.nn.Module
    steps: int
    rate: float
    decay: float = 0.0  # of the running average; 0 keeps the last weights
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(parameters, lr=self.rate, betas=(0.9, 0.99), weight_decay=self.weight_decay)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._share_of_rate)
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.step = 0

    def _share_of_rate(self, step: int) -> float:
        """Up within 60 steps, level, and down over the last fifth: stopped early, the average is still of use."""
        return min((step + 1) / 60, 1.0, max(5 * (1 - step / self.steps), 0.02))

    def run(self) -> Iterator[int]:
        """The steps still to take; the caller computes a loss and hands it to `descend`."""
        self._resume()
        saved = time.monotonic()
        while self.step < self.steps:
            # Each step has a seed of its own, so that a resumed training draws what an undisturbed one does.
            torch.manual_seed((SEED * 1_000_003 + self.step) * 64 + rank())
            yield self.step
            self.step += 1
            if rank() == 0 and (time.monotonic() - saved > _SAVE_EVERY or self.step == self.steps):
                self._save()
                saved = time.monotonic()
        self.model.load_state_dict(self.average)

    def descend(self, loss: torch.Tensor) -> None:
        """One step of the optimizer; gradients longer than 1 are shortened."""
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        average_gradients(self.model)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        # Early on the average follows closely, or the random start would stay in it.
        decay = min(self.decay, (1 + self.step) / (10 + self.step)) if self.decay else 0.0
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - decay) if value.is_floating_point() else None
        if self.step % 20 == 0:
            self.work.report(f"Training the {self.name}", self.step / self.steps, f"loss {float(loss.detach()):.4f}")

    def _save(self) -> None:
        state = {"model": self.model.state_dict(), "average": self.average, "step": self.step}
        state |= {"optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        self.work.save(f"{self.name}.training.pt", state)

    def _resume(self) -> None:
        state = self.work.load(f"{self.name}.training.pt")
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.average = {k: v.clone() for k, v in state["average"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = state["step"]
