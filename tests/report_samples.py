"""Results of graded submissions, made by hand: excellent, mistaken, stopped, broken, and hostile ones."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    "</title><img src=x onerror=alert(3)>",
    '"><svg onload=alert(4)>',
    "javascript:alert(5)",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x90q\x9c",
    "\u202egnp.exe\u2066 \u200f",
    "nul\x00bell\x07back\x08",
    "lone \ud800 surrogate",
    '=HYPERLINK("http://x/?"&A1)',
    "{{7*7}} [bold red]markup[/] :smile: `odd",
    "&lt;script&gt; &#60;script&#62;",
]


def criterion(identifier: str, state: str = "passed", max_score: float = 2.0, **changes: Any) -> Object:
    """One criterion of a result; it scores its points when it passed."""
    return {
        "id": identifier,
        "kind": "automatic",
        "claim": identifier.replace("-", " ").capitalize() + ".",
        "state": state,
        "score": max_score if state == "passed" else 0.0,
        "max_score": max_score,
        "visibility": "public",
        "seen": None,
        "help": None,
        "misconception": None,
        **changes,
    }


def manual(identifier: str, max_score: float = 4.0, **changes: Any) -> Object:
    """A criterion that waits for a person."""
    return criterion(identifier, "unchecked", max_score, kind="manual", score=0.0, **changes)


def exercise(number: int, title: str, *criteria: Object, **changes: Any) -> Object:
    """One exercise of a result, with its points added up as the rubric adds them."""
    waiting = [c for c in criteria if c["kind"] == "manual" and c["state"] == "unchecked"]
    counted = [c for c in criteria if c not in waiting]
    return {
        "number": number,
        "title": title,
        "level": {1: "guided", 2: "guided", 3: "supported"}.get(number, "independent"),
        "state": "completed",
        "reason": None,
        "cell": None,
        "score": sum(c["score"] for c in counted),
        "max_score": sum(c["max_score"] for c in counted),
        "pending": sum(c["max_score"] for c in waiting),
        "criteria": list(criteria),
        **changes,
    }


def result(file: str, *exercises: Object, **changes: Any) -> Object:
    """A graded result of the textual-inversion lesson."""
    return {
        "lesson": "textual-inversion",
        "file": file,
        "sha256": "9f2c" * 16,
        "state": "graded",
        "reason": None,
        "score": sum(e["score"] for e in exercises),
        "max_score": sum(e["max_score"] for e in exercises),
        "pending": sum(e["pending"] for e in exercises),
        "exercises": list(exercises),
        "overrides": [],
        "notes": [],
        "runner": {
            "device": "cpu",
            "tier": "limits",
            "kit": "calibrated 3f9a1c",
            "engine": "fork",
            "private_tmp": True,
            "versions": {"torch": "2.9.1", "diffusers": "0.36.0", "transformers": "5.0.0", "peft": "0.18.0"},
        },
        "seconds": {"cells": 21.4, "execution": 22.0, "judging": 0.4, "total": 22.6},
        **changes,
    }


def _inspection() -> Object:
    grew = criterion("the-table-grew", claim="The embedding table grew by exactly the added tokens.")
    nearest = criterion("similarities", max_score=1.0, claim="The cosine similarities are those of the loaded table.")
    return exercise(1, "Inspect the CLIP Embedding Space", grew, nearest)


def _step(state: str = "passed") -> Object:
    rows = criterion("rows-with-gradient", claim="Exactly the prompt's rows of the table got a gradient.")
    frozen = criterion(
        "frozen-models", state, claim="The U-Net, the VAE and the CLIP transformer kept every weight, bit for bit."
    )
    return exercise(2, "One Textual Inversion Training Step by Hand", rows, frozen)


def _comparison() -> Object:
    lora = criterion("lora-trained", claim="The LoRA matrices learned and the U-Net's own weights did not.")
    hidden = criterion(
        "adapter-off", visibility="hidden", claim="Without the adapter the U-Net answers as at the start."
    )
    written = manual("comparison", claim="The answer weighs both methods by what was measured.")
    return exercise(4, "Compare Textual Inversion vs LoRA", lora, hidden, written)


def excellent(file: str = "cohort/ada.ipynb") -> Object:
    """Everything passed; the written answer waits for a person."""
    learned = criterion("the-row-learned", claim="The pseudo-token's row changed and is finite.", max_score=3.0)
    only = criterion("only-the-pseudo-token-rows-changed", claim="Only the pseudo-token's row changed.", max_score=3.0)
    training = exercise(3, "Train Textual Inversion on a Concept Dataset", learned, only)
    return result(file, _inspection(), _step(), training, _comparison())


def mistaken(file: str = "cohort/grace.ipynb", **changes: Any) -> Object:
    """Rows that were not restored, a shortened training, a hidden criterion and one that could not be checked."""
    training = exercise(
        3,
        "Train Textual Inversion on a Concept Dataset",
        criterion("the-row-learned", max_score=3.0, claim="The pseudo-token's row changed and is finite."),
        criterion(
            "only-the-pseudo-token-rows-changed",
            "failed",
            3.0,
            claim="Only the pseudo-token's row of the embedding table changed.",
            seen="5 other rows changed too; the first is `a` (row 320), which moved by 0.0021",
            misconception="Every row that takes part gets a gradient, and weight decay moves the rest as well.",
            help="Look at what happens to the other rows right after `optimizer.step()`.",
        ),
        criterion(
            "the-target-is-the-noise",
            "unchecked",
            claim="The loss compares the prediction with the noise that was added.",
            seen="no U-Net call of the training loop could be replayed, so this needs a person",
        ),
        manual("observation", 1.0, claim="The note says what the loss curve can and cannot show."),
    )
    shortened = {"name": "num_training_steps", "from": "300", "to": "12", "cell": 29}
    overrides = [{**shortened, "reason": "the criteria hold at any step, so a dozen steps show them"}]
    notes = ["Cell 2 asked pip to install packages; the installed ones were used."]
    return result(file, _inspection(), _step(), training, _comparison(), overrides=overrides, notes=notes, **changes)


def stopped(file: str = "cohort/linus.ipynb") -> Object:
    """An error in exercise 2, an untouched exercise 4, and a time limit in exercise 3."""
    prevented = "the cell stopped before the backward pass"
    second = exercise(
        2,
        "One Textual Inversion Training Step by Hand",
        criterion("rows-with-gradient", "failed", seen=prevented, claim="Exactly the prompt's rows got a gradient."),
        criterion("frozen-models", "passed", score=0.0, seen="counts only together with `rows-with-gradient`"),
        state="error",
        reason="RuntimeError in cell 21: element 0 of tensors does not require grad",
        cell=21,
    )
    late = "the exercise ran out of its 20 minutes"
    third = exercise(
        3,
        "Train Textual Inversion on a Concept Dataset",
        criterion("the-row-learned", "failed", 3.0, seen=late),
        criterion(
            "only-the-pseudo-token-rows-changed",
            "failed",
            3.0,
            seen=late,
            misconception="Every row that takes part gets a gradient, and weight decay moves the rest as well.",
        ),
        state="timeout",
        cell=29,
        reason="Cell 29 ran longer than 10 minutes and was stopped.",
    )
    blank = [criterion("lora-trained", "failed", seen="not attempted"), manual("comparison")]
    fourth = exercise(4, "Compare Textual Inversion vs LoRA", *blank, state="not_attempted")
    return result(file, _inspection(), second, third, fourth)


def rejected(file: str = "cohort/notes.ipynb") -> Object:
    """A file that is no notebook."""
    reason = "This file is not JSON (line 1, column 1): save the notebook as .ipynb and hand that in."
    return result(file, state="rejected", lesson=None, reason=reason, score=None, max_score=None, pending=0.0)


def fault(file: str = "cohort/margaret.ipynb") -> Object:
    """A machine that failed: everything listed, nothing scored."""
    broken = excellent(file)
    for item in broken["exercises"]:
        item.update(score=None, state="blocked")
        for one in item["criteria"]:
            one.update(state="unchecked", score=0.0, seen="the worker died before this was judged")
    return {**broken, "state": "fault", "reason": "A worker ran out of memory twice.", "score": None}


def tampered(file: str = "cohort/mallory.ipynb") -> Object:
    """Provisional scores and a flag."""
    return {
        **mistaken(file),
        "state": "tampered",
        "score": None,
        "reason": "The record of cell 29 was changed afterwards.",
    }


def hostile(text: str) -> Object:
    """The text wherever a submission's words can reach: names, titles, feedback, overrides, notes, versions."""
    base = mistaken()
    words = {"seen": text, "help": text, "misconception": text, "claim": text}
    criteria = [criterion("x", "failed", **words), criterion("y", "unchecked", **words), criterion("z", **words)]
    first = exercise(1, text, *criteria, reason=text, state="error", cell=3)
    return {
        **base,
        "file": f"cohort/{text}",
        "reason": text,
        "exercises": [first],
        "notes": [text],
        "overrides": [{"name": text, "from": text, "to": text, "cell": 1, "reason": text}],
        "runner": {"device": text, "tier": text, "kit": text, "engine": text, "versions": {text: text}},
    }
