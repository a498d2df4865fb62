"""Whether an attack came to what the catalogue says; everything that it did not is a complaint in words."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.report import write_pages
from assay.report.gradebook import write_gradebook
from assay.rubric import validate_result
from tests.attacks.attack import ANY, Attack
from tests.attacks.bases import bases
from tests.attacks.stage import Ending, Stage
from tests.report_reader import read


def complaints(attack: Attack, ending: Ending, stage: Stage) -> Iterator[str]:
    """What went otherwise than it may."""
    yield from ending.harm
    if ending.honest != stage.usual:
        yield f"the honest submission beside it got another result: {ending.honest['state']}, {ending.honest['score']}"
    yield from _about_the_result(attack, ending)
    yield from _about_the_report(ending, stage)


def _about_the_result(attack: Attack, ending: Ending) -> Iterator[str]:
    result = ending.result
    if attack.bytes is not None:
        if result["state"] != "rejected":
            yield f"the file was not rejected but {result['state']}"
        return
    if attack.result not in (ANY, result["state"]):
        yield f"the result is {result['state']} ({result['reason']}), not {attack.result}"
    number = bases()[attack.base].exercise
    states = {exercise["number"]: (exercise["state"], exercise["reason"]) for exercise in result["exercises"]}
    for which, wanted in ((number, attack.state), (number + 1, attack.next)):
        state, reason = states.get(which, (None, None))
        if wanted not in (ANY, state):
            yield f"exercise {which} is {state} ({reason}), not {wanted}"
    yield from _about_the_points(attack, result)
    shown = _shown(ending.folder)
    if attack.keeps is not None and attack.keeps not in shown:
        yield f"{attack.keeps!r} was lost"
    if attack.never is not None and attack.never in shown:
        yield f"{attack.never!r} was shown"


def _about_the_points(attack: Attack, result: dict[str, Any]) -> Iterator[str]:
    if result["state"] == "tampered":  # what the exercises show is provisional until a person has looked
        if result["score"] is not None:
            yield f"evidence that contradicts itself scored {result['score']}"
        return
    exercises = {exercise["number"]: exercise for exercise in result["exercises"]}
    own = exercises.get(bases()[attack.base].exercise, {"criteria": []})
    automatic = [c for c in own["criteria"] if c["kind"] == "automatic"]
    earned = {c["id"] for c in automatic if c["score"] > 0}
    elsewhere = {n: e["score"] for n, e in exercises.items() if n != bases()[attack.base].exercise and e["score"] > 0}
    if elsewhere:
        yield f"other exercises earned points: {elsewhere}"
    if attack.earns == "all":
        if missing := {c["id"] for c in automatic if c["max_score"] > 0} - earned:
            yield f"what is earned was not given: {sorted(missing)}"
    elif attack.not_earned is not None:
        if unearned := earned & set(attack.not_earned):
            yield f"earned what it must not: {sorted(unearned)}"
    elif attack.at_most == "claims":
        if unearned := earned - _claims(attack):
            yield f"earned more than claims: {sorted(unearned)}"
    elif unearned := earned ^ set(attack.earns or ()):
        yield f"earned {sorted(earned)}, not {sorted(attack.earns or ())}: {sorted(unearned)}"


def _claims(attack: Attack) -> set[str]:
    """The criteria of its exercise that rest on a claim alone, as the rubric says."""
    from assay.course import lesson_files
    from assay.rubric import load_rubric

    base = bases()[attack.base]
    rubric = load_rubric(lesson_files(base.slug).rubric)
    return {c.id for e in rubric.exercises if e.number == base.exercise for c in e.criteria if c.claim_only}


def _shown(folder: Path) -> str:
    """The outputs of the executed notebook."""
    path = folder / "executed.ipynb"
    if not path.is_file():
        return ""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return json.dumps([cell.get("outputs", []) for cell in cells], ensure_ascii=False)


def _about_the_report(ending: Ending, stage: Stage) -> Iterator[str]:
    """The result keeps its schema, the pages hold our own markup only, and the gradebook no formula."""
    try:
        validate_result(ending.result)
    except ValueError as error:
        yield str(error)[:300]
        return
    out = ending.folder.parent / "pages"
    write_pages(ending.result, ending.folder, out, "attack")
    for page in out.rglob("*.html"):
        try:
            read(page.read_text(encoding="utf-8"))
        except AssertionError as error:
            yield f"the page {page.name} holds what is not ours: {error}"
    write_gradebook([ending.result], out / "gradebook.csv")
    for row in csv.reader((out / "gradebook.csv").read_text(encoding="utf-8").splitlines()):
        if any(cell.startswith(tuple("=+-@\t")) for cell in row):
            yield f"the gradebook holds a formula: {row}"
