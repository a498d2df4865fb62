"""How a result reads in words: states, points, names, and which submissions need a person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from assay.report.escape import one_line

Result = Mapping[str, Any]

STATES = {
    "completed": "ran to the end",
    "not_attempted": "not attempted",
    "incomplete": "partly done",
    "error": "stopped by an error",
    "timeout": "ran out of time",
    "resource": "hit a limit",
    "blocked": "blocked by an earlier failure",
}
SUBMISSION_STATES = {
    "graded": "graded",
    "rejected": "could not be read as a submission",
    "fault": "the machine failed",
    "tampered": "needs a person: tampering was flagged",
}
VERSION_ORDER = ("assay", "python", "torch", "diffusers", "transformers", "peft")


def points(value: float | None) -> str:
    """Points without needless digits: 3, 2.5, 0.33; a dash where there are none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{round(value, 2):g}"


def counted(number: int, noun: str) -> str:
    """'1 criterion', '3 criteria', '2 points'."""
    plural = "criteria" if noun == "criterion" else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


# What people do not write as a word: where a name in a file has it, these letters stand for it.
SPELT = {"clip": "CLIP", "lora": "LoRA", "unet": "U-Net", "vae": "VAE", "gelu": "GELU"}


def humanised(identifier: str) -> str:
    """'only-the-pseudo-token-rows-changed' as 'Only the pseudo token rows changed', 'clip-is-unchanged' as 'CLIP is
    unchanged'."""
    words = one_line(identifier).replace("-", " ").replace("_", " ").split()
    shown = " ".join(SPELT.get(word.lower(), word) for word in words)
    return shown if words and words[0].lower() in SPELT else shown[:1].upper() + shown[1:]


def claim(criterion: Mapping[str, Any]) -> str:
    """The criterion's sentence, or its name in words where it has none."""
    return one_line(criterion.get("claim") or humanised(criterion["id"]), 2_000)


def file_name(result: Result) -> str:
    """The submission's file name without folders, safe to show."""
    return one_line(PurePosixPath(str(result["file"])).name or str(result["file"]), 160)


def lesson_name(result: Result) -> str:
    """The lesson in words, or that none was recognised."""
    return humanised(result["lesson"]) if result.get("lesson") else "no lesson recognised"


def criteria_of(result: Result) -> list[Mapping[str, Any]]:
    """All criteria of all exercises, in order."""
    return [criterion for exercise in result["exercises"] for criterion in exercise["criteria"]]


def exercise_state(exercise: Mapping[str, Any]) -> str:
    """The state in words, with the cell where the exercise stopped."""
    words = STATES.get(exercise["state"], one_line(str(exercise["state"]), 40))
    stopped = exercise["state"] in ("error", "timeout", "resource") and exercise.get("cell") is not None
    return f"{words} in cell {exercise['cell']}" if stopped else words


def needs_a_person(result: Result) -> list[str]:
    """Why somebody must look at this submission, in short phrases; points that wait to be marked are counted apart."""
    reasons = []
    if result["state"] == "tampered":
        reasons.append("tampering flagged")
    if result["state"] == "rejected":
        reasons.append("not graded")
    if result["state"] == "fault":
        reasons.append("machine fault")
    unchecked = [c for c in criteria_of(result) if c["kind"] == "automatic" and c["state"] == "unchecked"]
    if unchecked and result["state"] != "fault":
        reasons.append(f"{counted(len(unchecked), 'criterion')} unchecked")
    return reasons


def shown_versions(result: Result) -> list[tuple[str, str]]:
    """Library versions, the course's main libraries first."""
    versions = {str(k): str(v) for k, v in (result.get("runner", {}).get("versions") or {}).items()}
    order = {name: place for place, name in enumerate(VERSION_ORDER)}
    return sorted(versions.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def short_files(results: Sequence[Result]) -> list[str]:
    """Each file's path below the folder that all share: enough to tell them apart, and nothing of the machine."""
    paths = [PurePosixPath(str(result["file"]).replace("\\", "/")) for result in results]
    parents = [path.parent.parts for path in paths]
    shared = 0
    while parents and all(len(p) > shared for p in parents) and len({p[shared] for p in parents}) == 1:
        shared += 1
    return [one_line("/".join(path.parts[shared:]) or str(path), 160) for path in paths]
