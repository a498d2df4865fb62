"""What is kept of proofs and mutants, and the tables that are made of it; docs/ holds what docs/proofs/ says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from assay.failure import Misuse
from assay.kept import Kept, KeptMutant, KeptProof, read, write
from assay.proving import asked
from assay.tables import all_kept, main, overview, page, write_pages

DOCS = Path(__file__).parent.parent / "docs"
KEPT = Kept(
    lesson="clip",
    title="CLIP",
    criteria=((1, "first"), (1, "second"), (2, "third")),
    declared=8,
    proofs=(
        KeptProof(1, "mistake", "a | b", caught=("first",), kept=("second",)),
        KeptProof(1, "mistake", "too far", caught=("first",), wronged=("second",)),
        KeptProof(1, "mistake", "half seen", missed=("second",), open=("first",)),
        KeptProof(1, "variant", "another way", kept=("first",), unchecked=("second",)),
        KeptProof(2, "variant", "a third way", kept=("third",)),
    ),
    mutants=(
        KeptMutant(1, 4, 1, "x = 1 -> x = 2", "caught", ("first", "second")),
        KeptMutant(1, 4, 2, "f() -> pass", "stopped"),
        KeptMutant(1, 4, 3, "y = 1 -> y = 2", "survived", reason="nobody looks at y"),
        KeptMutant(2, 6, 1, "seed = 1 -> seed = 2", "legal", reason="any seed will do"),
        KeptMutant(2, 6, 2, "z = a + b -> z = a - b", "refused", ("third",), "any z will do"),
        KeptMutant(2, 6, 3, "pass", "unnoticeable"),
    ),
    possible=60,
    seed=7,
)


def row(text, start):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {start}")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_what_is_kept_is_read_again_as_it_was(tmp_path):
    write(tmp_path, KEPT)
    assert read(tmp_path, "clip") == KEPT
    assert read(tmp_path, "textual-inversion") is None
    assert len((tmp_path / "clip.json").read_text().splitlines()) < 30  # a verdict is one line


@pytest.mark.parametrize("content", ["{", "[]", '{"lesson": "clip"}', '{"criteria": [], "proofs": [7], "mutants": []}'])
def test_a_file_that_was_changed_by_hand_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "clip.json").write_text(content)
    with pytest.raises(Misuse, match="not as it was written"):
        read(tmp_path, "clip")


def test_new_verdicts_take_the_place_of_older_ones_and_what_is_no_longer_declared_goes():
    new = [KeptProof(1, "mistake", "too far", caught=("first",), kept=("second",)), KeptProof(2, "mistake", "new")]
    names = [(1, "a | b"), (1, "too far"), (2, "new"), (2, "not run yet")]
    assert [p.name for p in KEPT.with_proofs(new, names).proofs] == ["a | b", "too far", "new"]
    assert KEPT.with_proofs(new, names).proofs[1].holds


def test_new_verdicts_on_some_mutants_leave_the_others():
    new = KeptMutant(1, 4, 3, "y = 1 -> y = 2", "caught", ("first",))
    assert KEPT.with_mutants([new]).mutants == (*KEPT.mutants[:2], new, *KEPT.mutants[3:])


def test_the_overview_counts():
    cells = row(overview([KEPT]), "[CLIP]")
    #                   ran       mistakes  variants  unchecked  count caught stopped survived noticed refused
    assert cells[1:] == ["5 of 8", "3", "1", "2", "1", "1 of 9", "3", "1", "1", "1", "66.7%", "1"]


def test_a_page_says_for_each_criterion_what_it_caught_and_kept():
    text = page(KEPT)
    assert row(text, "1 | first") == ["1", "first", "2 of 2", "1 of 1", "0", "0", "1"]
    assert row(text, "1 | second") == ["1", "second", "0 of 1", "1 of 3", "1", "1", "1"]
    assert row(text, "2 | third") == ["2", "third", "0 of 0", "1 of 1", "0", "0", "0"]


def test_a_page_names_every_mistake_every_variant_and_every_survivor():
    text = page(KEPT)
    assert "| 1 | a \\| b | first | 1 | as declared |" in text
    assert row(text, "1 | too far")[-1] == "wrongly failed: second"
    assert row(text, "1 | half seen")[-1] == "missed: second"
    assert row(text, "1 | another way")[-1] == "unchecked: second"
    assert "| exercise 1, cell 4, line 3 | `y = 1 -> y = 2` | nobody looks at y |" in text
    assert "| exercise 2, cell 6, line 2 | `z = a + b -> z = a - b` | third |" in text
    assert "| any seed will do | 1 |" in text and "6 of 60 mutants ran (seed 7)" in text


def test_a_lesson_without_mutants_says_so():
    assert "None ran." in page(dataclasses.replace(KEPT, mutants=()))
    assert "none ran" in overview([dataclasses.replace(KEPT, mutants=())])


def test_one_command_prints_everything(tmp_path, capsys):
    write(tmp_path / "proofs", KEPT)
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == overview([KEPT]) + "\n" + page(KEPT)


def test_the_command_line_names_a_lesson_or_all():
    assert asked(["b", "a"], None, True) == ["a", "b"]
    assert asked([], "clip", False) == ["clip"]
    for lesson, every in ((None, False), ("clip", True)):
        with pytest.raises(Misuse, match="name one lesson, or give --all"):
            asked(["clip"], lesson, every)


def test_docs_show_what_is_kept(tmp_path):
    for kept in all_kept(DOCS):
        write(tmp_path / "proofs", kept)
    write_pages(tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert written == sorted(path.relative_to(DOCS) for path in [DOCS / "proofs.md", *DOCS.glob("proofs/*")])
    for path in written:
        assert (tmp_path / path).read_text() == (DOCS / path).read_text(), f"{path}: python -m assay.proving --write"
