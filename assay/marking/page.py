"""Decides what a marker sees: the question, the answer with its pictures, a button and a key for each mark."""

from __future__ import annotations

from pathlib import Path

from assay.marking.answers import Answer, choices
from assay.marking.desk import Desk
from assay.report.escape import one_line
from assay.report.executed import ShownCell, Unreadable, read_cells
from assay.report.markup import Markup, document, policy, prose, tag
from assay.report.outputs import cell_outputs, folded, written_answers
from assay.report.pictures import Album
from assay.report.words import counted, humanised, points

SENTENCE = 2_000
KEYS = "0123456789"
COMMENT_KEYS = "abcdefghi"
PREVIOUS, NEXT, WRITE, OTHER = "ArrowLeft", "ArrowRight", "w", "p"


def script() -> str:
    """The pages' only script."""
    return (Path(__file__).parent / "marking.js").read_text(encoding="utf-8")


def content_policy() -> str:
    """What the pages may do; it is sent as a header too, with what only a header can say."""
    return f"{policy(script(), served=True)}; frame-ancestors 'none'"


def answer_page(desk: Desk, place: int) -> str:
    """The answer at a place of the desk."""
    answer = desk.answers[place]
    progress = f"{desk.marked():,} of {counted(len(desk.answers), 'answer')} marked"
    where = f"{humanised(answer.lesson)} · Exercise {answer.exercise} · {one_line(answer.title)}"
    why = f"No machine could tell: {answer.seen}"
    head = tag(
        "header",
        tag("div",
            tag("p", where, class_="eyebrow"),
            tag("h1", one_line(answer.name, 160)),
            tag("p", prose(one_line(answer.claim, SENTENCE)), class_="lead"),
            tag("p", prose(one_line(why, SENTENCE)), class_="reason") if answer.seen else None,
            tag("p", progress, class_="quiet")),
        class_="headline",
    )  # fmt: skip
    main = tag("main", head, _work(answer), _marking(desk, place), class_="marking", data_value=place)
    return document(f"{one_line(answer.name)} · marking", main, script=script(), served=True)


def done_page(count: int) -> str:
    """Nothing waits, or nothing any more."""
    words = f"All {counted(count, 'answer')} are marked." if count else "No answer waits for a mark."
    more = tag("a", "Look at them again", href="0.html") if count else None
    body = tag("main", tag("h1", words), tag("p", "This window can be closed. ", more, class_="lead"))
    return document("Marking", body, served=True)


def note_page(sentence: str) -> str:
    """One sentence in place of a page."""
    return document("Marking", tag("main", tag("p", sentence, class_="banner fault")))


def _work(answer: Answer) -> Markup:
    if answer.folder is None:
        return tag("section", tag("p", "Nothing of this submission's run was kept to be shown."), class_="card")
    try:
        cells = [cell for cell in read_cells(answer.folder) if cell.exercise == answer.exercise]
    except Unreadable as trouble:
        return tag("section", tag("p", f"The answer cannot be shown. {trouble}", class_="reason"), class_="card")
    album = Album()
    shown = [block for block in (cell_outputs(cell, album) for cell in cells) if block]
    written = written_answers(cells, answer.is_published, unfolded=True)
    nothing = None if shown or written else tag("p", "There is nothing written and nothing shown in this exercise.")
    return tag("section", written, shown, _code(cells), nothing, class_="card")


def _code(cells: list[ShownCell]) -> Markup | None:
    sources = [f"# Cell {cell.index}\n{cell.source}" for cell in cells if cell.kind == "code" and cell.source.strip()]
    return folded("All code of this exercise", "\n\n".join(sources)) if sources else None


def _marking(desk: Desk, place: int) -> Markup:
    answer = desk.answers[place]
    buttons = [
        tag("button", tag("kbd", KEYS[key]), f" {points(value)}", type="button", data_key=KEYS[key], data_points=value,
            class_="chosen" if answer.points == value else None)
        for key, value in enumerate(choices(answer.max_score))
    ]  # fmt: skip
    said = [
        tag("li", tag("button", tag("kbd", key), f" {one_line(text)}", type="button", data_key=key, data_comment=text))
        for key, text in zip(COMMENT_KEYS, desk.comments(answer), strict=False)
    ]
    given = f"{points(answer.points)} points were given. " if answer.points is not None else ""
    return tag(
        "section",
        tag("p", f"{given}Points, of {points(answer.max_score)}:", class_="quiet"),
        tag("div", buttons, tag("label", tag("kbd", OTHER), " other", for_="points"),
            tag("input", id="points", type="text", inputmode="decimal", data_key=OTHER), class_="marks"),
        tag("label", tag("kbd", WRITE), " Comment, sent with the mark; Escape leaves the field", for_="comment"),
        tag("textarea", answer.comment, id="comment", rows=2, data_key=WRITE),
        tag("ul", said, class_="said") if said else None,
        tag("p", "", id="said", class_="reason", role="alert"),
        tag("nav", _step("← Previous", place - 1, desk, PREVIOUS), _step("Next →", place + 1, desk, NEXT)),
        class_="card marker",
    )  # fmt: skip


def _step(words: str, place: int, desk: Desk, key: str) -> Markup | None:
    return tag("a", words, href=f"{place}.html", data_key=key) if 0 <= place < len(desk.answers) else None
