"""A rubric that is not sound is refused with its place, before anything runs."""

import pytest

from assay.failure import Misuse
from assay.rubric import Limits, Override, PublishedCell, load_rubric

GOOD = """\
lesson: small-lesson
title: A Small Lesson
identify: {titles: [small], files: ['1-1-*']}
limits: {cell: 10 minutes, exercise: 1.5 h, submission: 30 s, memory: 6 GB, output: 4 MiB}
shorten:
  - {name: steps, to: 12, reason: so that grading takes seconds}
  - {name: sizes, to: [8, 16], reason: small is enough}
exercises:
  - number: 1
    title: Look
    level: guided
    criteria:
      - {check: it_runs, points: 1}
  - number: 3
    title: Train
    level: supported
    criteria:
      - check: the_row_learned
        points: 2
        visibility: after_due_date
        hint: Look at the gradient.
        claim_only: true
      - {check: only_the_row_changed, points: 3.5, requires: [the_row_learned], visibility: hidden}
      - {manual: comparison_text, claim: The comparison is explained., points: 4}
# --- generated below this line by `grade.py register`; do not edit ---
published:
  3:
    - {digest: '0123456789abcdef', open: true}
    - {digest: '1111111111111111', open: false, version: 2}
"""


def written(tmp_path, text):
    path = tmp_path / "small_lesson.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(Misuse) as caught:
        load_rubric(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence.removeprefix(f"{path}: ")


def test_a_sound_rubric_is_read(tmp_path):
    rubric = load_rubric(written(tmp_path, GOOD))
    assert (rubric.slug, rubric.title) == ("small-lesson", "A Small Lesson")
    assert rubric.names == ("small", "1-1-*")
    assert rubric.limits == Limits(600.0, 5400.0, 30.0, 6 * 10**9, 4 * 2**20)
    assert rubric.shorten[1] == Override("sizes", [8, 16], "small is enough")
    assert [(one.number, one.title, one.level) for one in rubric.exercises] == [
        (1, "Look", "guided"),
        (3, "Train", "supported"),
    ]


def test_criteria_are_read_with_their_defaults(tmp_path):
    learned, changed, manual = load_rubric(written(tmp_path, GOOD)).exercises[1].criteria
    assert (learned.id, learned.check, learned.claim) == ("the-row-learned", "the_row_learned", None)
    assert (learned.visibility, learned.hint, learned.claim_only) == ("after_due_date", "Look at the gradient.", True)
    assert (changed.visibility, changed.hint, changed.claim_only) == ("hidden", None, False)
    assert manual.visibility == "public"
    assert (changed.points, changed.requires, changed.kind) == (3.5, ("the_row_learned",), "automatic")
    assert (manual.id, manual.check, manual.kind) == ("comparison-text", None, "manual")
    assert manual.claim == "The comparison is explained."


def test_published_cells_belong_to_their_exercise(tmp_path):
    first, third = load_rubric(written(tmp_path, GOOD)).exercises
    assert first.published == ()
    assert third.published == (PublishedCell("0123456789abcdef", True, 1), PublishedCell("1" * 16, False, 2))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title: A Small", "title: B\ntitle: A Small", "line 3: the key 'title' occurs twice"),
        (
            "check: the_row_learned\n",
            "check: the_row_learned\n        check: b\n",
            "line 19: the key 'check' occurs twice",
        ),
        ("  3:\n", "  '3': []\n  3:\n", "the key '3' occurs twice"),
        ("lesson: small", "lesson: [small", "line 2:"),
        ("lesson: small-lesson\n", "", "the whole document: 'lesson' is missing; add it"),
        ("lesson: small-lesson", "lesson: other", "lesson: 'other' is not the file's name: rename it other.yaml"),
        (
            "lesson: small-lesson",
            "lesson: Small Lesson",
            "lesson: 'Small Lesson' does not fit; wanted is the lesson's slug",
        ),
        ("title: A", "tittle: A", "the key 'tittle' is not known (did you mean 'title'?)"),
        ("points: 2", "point: 2", "criteria[0]: the key 'point' is not known (did you mean 'points'?)"),
        ("        points: 2\n", "", "exercises[1].criteria[0]: 'points' is missing; add it"),
        ("points: 2", "points: -2", "exercises[1].criteria[0].points: -2 is less than the minimum of 0"),
        ("points: 2", "points: two", "exercises[1].criteria[0].points: 'two' should be a number"),
        ("points: 2", "points: true", "exercises[1].criteria[0].points: True should be a number"),
        ("points: 2", "points: .nan", "exercises[1].criteria[0].points: the number is not finite"),
        ("points: 2", "points: .inf", "exercises[1].criteria[0].points: inf is greater than the maximum"),
        ("visibility: hidden", "visibility: secret", "'secret' should be one of public, hidden, after_due_date"),
        ("level: guided", "level: easy", "exercises[0].level: 'easy' should be one of guided, supported, independent"),
        ("10 minutes", "10", "limits.cell: 10 should be text, for example '10 minutes'"),
        ("10 minutes", "10 parsecs", 'wanted is a number and a unit, like "10 minutes"'),
        ("10 minutes", "0 s", "limits.cell: '0 s' does not fit"),
        ("6 GB", "6 gigs", "limits.memory: '6 gigs' does not fit; wanted is a number and a unit, like \"6 GB\""),
        (", output: 4 MiB", "", "limits: 'output' is missing"),
        ("to: 12", "to: fast", "shorten[0].to: 'fast' should be a whole number or a list"),
        ("name: steps", "name: 2 steps", "shorten[0].name: '2 steps' does not fit"),
        ("number: 3", "number: 1", "exercises[1].number: exercise 1 occurs twice"),
        (
            "check: only_the_row_changed",
            "check: the_row_learned",
            "exercises[1].criteria[1]: 'the-row-learned' occurs twice",
        ),
        (
            "manual: comparison_text",
            "manual: the-row-learned",
            "exercises[1].criteria[2]: 'the-row-learned' occurs twice",
        ),
        (
            "[the_row_learned]",
            "[the_row_learns]",
            "exercises[1].criteria[1].requires[0]: 'the_row_learns' is no check of this exercise"
            " (did you mean 'the_row_learned'?)",
        ),
        ("[the_row_learned]", "[it_runs]", "'it_runs' is no check of this exercise"),
        ("[the_row_learned]", "[only_the_row_changed]", "'only_the_row_changed' requires itself"),
        ("[the_row_learned]", "[comparison_text]", "'comparison_text' is no check of this exercise"),
        (
            "requires: [the_row_learned], visibility: hidden",
            "requires: [the_row_learned]",
            "exercises[1].criteria[1].requires[0]: 'the_row_learned' is after_due_date, and the points of this "
            "criterion, which is public, would tell whether it passed; give both the same",
        ),
        ("claim: The comparison is explained., ", "", "exercises[1].criteria[2]: "),
        ("{check: it_runs,", "{check: it_runs, claim: It runs.,", "the check's docstring is the claim"),
        ("{check: it_runs,", "{check: it_runs, manual: it,", "wanted is either 'check' without 'claim'"),
        ("check: it_runs", "check: check it", "exercises[0].criteria[0].check: 'check it' does not fit"),
        ("'0123456789abcdef'", "xyz", "published.3[0].digest: 'xyz' does not fit"),
        ("  3:\n    - {digest", "  2:\n    - {digest", "published.2: there is no exercise 2"),
        ("  3:\n    - {digest", "  two:\n    - {digest", "published: the key 'two' is not known"),
    ],
)
def test_an_unsound_rubric_is_refused_with_its_place(tmp_path, old, new, sentence):
    assert old in GOOD
    assert sentence in refusal(tmp_path, GOOD.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- b\n", "text"])
def test_no_mapping_is_refused(tmp_path, text):
    assert "no mapping" in refusal(tmp_path, text)


def test_objects_of_python_are_not_made(tmp_path):
    assert "could not determine a constructor" in refusal(tmp_path, "lesson: !!python/object/apply:os.getcwd []\n")


def test_two_documents_in_a_file_are_refused(tmp_path):
    assert "single document" in refusal(tmp_path, GOOD + "---\nlesson: b\n")


def test_a_missing_file_and_another_encoding_are_refused(tmp_path):
    with pytest.raises(Misuse, match="cannot be read"):
        load_rubric(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("title: é".encode("latin-1"))
    with pytest.raises(Misuse, match="UTF-8"):
        load_rubric(tmp_path / "latin.yaml")


REPLAY = """\
    replays:
      - {name: hidden_sums, call: total, with: [{a: {draw: normal, shape: [3]}, b: 2}]}
      - {name: other_picture, again: {encode: {draw: image, size: 64}, names: {strength: 1.0}}}
"""


def test_replays_are_read_as_they_stand(tmp_path):
    rubric = load_rubric(written(tmp_path, GOOD.replace("  - number: 3\n", REPLAY + "  - number: 3\n")))
    assert [replay["name"] for replay in rubric.exercises[0].replays] == ["hidden_sums", "other_picture"]
    assert rubric.exercises[1].replays == ()


@pytest.mark.parametrize(
    ("found", "replaced", "said"),
    [
        ("name: other_picture", "name: hidden_sums", "exercises[0].replays[1].name: 'hidden_sums' occurs twice"),
        ("call: total, ", "", "exercises[0].replays[0]: "),
        ("draw: normal", "draw: random", "exercises[0].replays[0].with[0].a.draw: 'random' should be one of integers"),
        ("draw: normal, shape: [3]", "draw: normal", "exercises[0].replays[0].with[0].a: 'shape'"),
        ("call: total", "call: total, again: {set_timesteps: 3}", "exercises[0].replays[0]: "),
        ("again: {", "again: {decode: 1, ", "exercises[0].replays[1].again: the key 'decode' is not known"),
    ],
)
def test_a_replay_that_cannot_be_made_is_refused(tmp_path, found, replaced, said):
    text = GOOD.replace("  - number: 3\n", REPLAY + "  - number: 3\n")
    assert text.count(found) == 1
    assert refusal(tmp_path, text.replace(found, replaced)).startswith(said)
