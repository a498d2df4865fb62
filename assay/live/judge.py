"""Decides how a kernel's work is judged: by the judge of `check`, in a process that never runs a cell.

The process stands by after the first `%check`, and ends with the kernel. It has no network and no GPU, and reads the
original models from where the kernel's libraries keep what they downloaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson
from assay.command.verdict import Record, verdict
from assay.execution.parent import WarmParent
from assay.rubric import ExerciseState

RUNS_NOTHING = "`grade.py check` asks this by running the exercise with other values, and %check runs nothing"


class Judge:
    """The judge of one kernel; started when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warm: WarmParent | None = None

    def ask(self, lesson: Lesson, states: Mapping[int, ExerciseState], shown: Mapping[int, str]) -> dict[str, Any]:
        """The result of the evidence in the folder, as `check` has it; `shown` is what each exercise printed.

        Raises:
            Fault: the judge could not be started, or did not come to an end.
        """
        replays = [{"name": spec["name"], "exercise": exercise.number, "state": "unchecked", "reason": RUNS_NOTHING}
                   for exercise in lesson.rubric.exercises for spec in exercise.replays]  # fmt: skip
        _write(self._folder / "replays.json", replays)
        _write(self._folder / "printed.json", {str(number): text for number, text in shown.items()})
        _write(self._folder / "answers.json", None)
        record = Record(
            file="this kernel", sha256="", lesson=lesson.files.slug, overrides=[], notes=[], seconds={},
            states={str(number): vars(state) for number, state in states.items()},
            runner={"engine": "kernel", "versions": self._parent().versions},
        )  # fmt: skip
        return verdict(record, lesson, self._folder, self._parent())

    def close(self) -> None:
        """End the process."""
        if self._warm is not None:
            self._warm.stop()
            self._warm = None

    def _parent(self) -> WarmParent:
        if self._warm is None:
            warm = WarmParent(_environment(), [], self._folder / "judge.log")
            warm.start()
            self._warm = warm
        return self._warm


def _environment() -> dict[str, str]:
    """Where the kernel's own libraries keep models, and that nothing is fetched."""
    from huggingface_hub import constants

    from assay.judging.originals import OWN_KERNEL

    return {
        "HF_HOME": str(constants.HF_HOME),
        "HF_HUB_CACHE": str(constants.HF_HUB_CACHE),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_VERBOSITY": "error",
        "DIFFUSERS_VERBOSITY": "error",
        "CUDA_VISIBLE_DEVICES": "",
        OWN_KERNEL: "1",
    }


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
