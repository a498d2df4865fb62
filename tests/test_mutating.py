"""Mutants of a small lesson's exercise are run for real and sorted: caught, stopped, survived, unnoticeable, legal."""

from __future__ import annotations

import dataclasses
import json

import pytest

from assay.declared import rules
from assay.mutating import Mutating, Verdict, drawn, hurried, summary
from assay.mutation import Mutant, Site, fits, sites
from assay.proof import Legal, Survivor

LESSON = "textual-inversion"


def mutant(reference, description, exercise=1):
    """The mutant of an exercise whose description begins so."""
    (site,) = [
        site
        for site in sites(reference)
        if site.exercise == exercise and site.mutant.description.startswith(description)
    ]
    return site


@pytest.fixture(scope="module")
def mutating(session, tmp_path_factory):
    lesson = hurried(session.lessons[LESSON])
    lessons = session.lessons | {LESSON: lesson}
    return Mutating(dataclasses.replace(session, lessons=lessons), lesson, tmp_path_factory.mktemp("mutants"))


@pytest.fixture(scope="module")
def reference(session):
    return json.loads(session.lessons[LESSON].files.reference.read_text(encoding="utf-8"))


def test_mutants_are_sorted_by_what_becomes_of_them(mutating, reference):
    chosen = [
        mutant(reference, "zt = scheduler.add_noise(z0, eps, t) -> zt = scheduler.add_noise(eps, z0, t)", 2),
        mutant(reference, "free_memory() -> pass"),
        mutant(reference, "start_id = word_id(tokenizer, 'cat') -> "),
    ]
    mutating.rules = ()
    caught, unnoticeable, stopped = mutating.run(chosen, jobs=1)
    assert caught.kind == "caught" and "the-noisy-latent-follows-the-forward-process" in caught.caught_by
    assert (unnoticeable.kind, stopped.kind) == ("unnoticeable", "stopped")


def test_mutants_are_asked_the_same_hidden_questions(session, tmp_path):
    lesson = hurried(session.lessons["img2img-and-inpainting"])
    lessons = session.lessons | {lesson.files.slug: lesson}
    mutating = Mutating(dataclasses.replace(session, lessons=lessons), lesson, tmp_path)
    mutating.rules = ()
    called = "without, with_prompt = unet(torch.cat([z, z]), t, encoder_hidden_states=context).sample.chunk"
    chunks = f"{called}(2) -> {called}(3)"
    same = mutant(json.loads(lesson.files.reference.read_text(encoding="utf-8")), chunks, 2)
    assert same.mutant.after.endswith(".chunk(3)")  # of two rows, that is the same two
    (verdict,) = mutating.run([same], jobs=1)
    assert verdict.kind == "unnoticeable"


def test_the_sample_is_the_same_for_the_same_seed(reference):
    every = sites(reference)
    assert {site.exercise for site in every} == {1, 2, 3, 4}
    assert drawn(every, 20, 1) == drawn(every, 20, 1) != drawn(every, 20, 2)
    assert drawn(every, 10_000, 1) == every
    assert all(site in every for site in drawn(every, 20, 1))


def verdict(kind, *caught_by):
    return Verdict(Site(1, 5, Mutant("x", 1, "a", "b")), kind, caught_by)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [(["caught"] * 19 + ["survived"], 0), (["caught"] * 18 + ["survived"], 1), (["stopped", "legal"], 0),
     (["caught", "refused"], 1), (["unnoticeable"], 0)],
)  # fmt: skip
def test_the_score_decides_the_exit_status(kinds, status, capsys):
    assert summary([verdict(kind) for kind in kinds]) == status
    assert "that change what is observed" in capsys.readouterr().out


def test_every_rule_is_met_by_a_mutant_and_says_why(session):
    for lesson in session.lessons.values():
        every = sites(json.loads(lesson.files.reference.read_text(encoding="utf-8")))
        for rule in rules(lesson.files):
            assert isinstance(rule, Legal | Survivor) and rule.reason
            assert any(fits(rule, site) for site in every), f"{lesson.files.slug}: no mutant meets {rule.pattern!r}"
