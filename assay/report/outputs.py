"""How a submission's own outputs are shown: redrawn pictures and escaped text, and a note for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assay.report.escape import excerpt, one_line, plain, settled
from assay.report.executed import ShownCell, text_of
from assay.report.markup import Markup, tag
from assay.report.pictures import Album, Unshowable
from assay.report.words import counted

TEXT_CHARACTERS = 2_000_000  # looked at per cell; the excerpt shows far less
TRACEBACK_LINES = 12  # the last lines name the error and the student's own line
NOTES_SHOWN = 8  # a cell may have hundreds of widgets; the reader needs to know it once
_KINDS = {
    "text/html": "an HTML output",
    "image/svg+xml": "an SVG output",
    "application/javascript": "a JavaScript output",
    "text/latex": "a LaTeX output",
    "text/markdown": "a Markdown output",
    "application/vnd.jupyter.widget-view+json": "a widget",
}


def cell_outputs(cell: ShownCell, album: Album, code: bool = True) -> Markup | None:
    """A code cell's figures, text, errors and notes; None when it showed nothing."""
    figures, notes = _figures(cell, album), _notes(cell.outputs)
    text, errors = _text(cell.outputs), [_error(o) for o in cell.outputs if o.get("output_type") == "error"]
    if not (figures or notes or text or errors):
        return None
    return tag(
        "div",
        tag("p", f"Cell {cell.index}", class_="cell-name"),
        errors,
        tag("div", figures, class_="figures") if figures else None,
        [tag("p", note, class_="quiet") for note in notes],
        folded(f"Text output, {counted(text.count(chr(10)) + 1, 'line')}", text) if text else None,
        folded("The cell's code", cell.source) if code and (errors or figures or text) else None,
        class_="cell",
    )


def folded(summary: str, text: str) -> Markup:
    """Text of a submission behind a line to click, cut to its first and last lines."""
    return tag("details", tag("summary", summary), tag("pre", excerpt(text)))


def written_answers(
    cells: Iterable[ShownCell], is_published: Callable[[str], bool] | None, unfolded: bool = False
) -> Markup | None:
    """The markdown cells that the student wrote or changed, as plain text; None when there are none.

    Without `is_published` nothing is known about the course's own cells; then all but the exercise's opening are shown.
    """
    texts = [cell for cell in cells if cell.kind == "markdown" and plain(cell.source).strip()]
    own = [c for c in texts if not (is_published(c.source) if is_published else c.opens_exercise)]
    if not own:
        return None
    blocks = [[tag("p", f"Cell {c.index}", class_="cell-name"), tag("pre", excerpt(c.source))] for c in own]
    title = f"Written text in this exercise, {counted(len(own), 'cell')}"
    return tag("details", tag("summary", title), blocks, class_="written", open="" if unfolded else None)


def _figures(cell: ShownCell, album: Album) -> list[Markup]:
    figures: list[Markup] = []
    for bundle in _bundles(cell.outputs):
        kind = next((kind for kind in ("image/png", "image/jpeg") if kind in bundle), None)
        if kind is None:
            continue
        try:
            source = album.add(text_of(bundle[kind]))
        except Unshowable as reason:
            if album.left_out <= 1:
                figures.append(tag("p", f"A picture was left out: {reason}.", class_="quiet"))
            continue
        label = f"Picture {len(figures) + 1} of cell {cell.index}"
        figures.append(tag("figure", tag("img", src=source, alt=label, loading="lazy")))
    return figures


def _bundles(outputs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    data = [o.get("data") for o in outputs if o.get("output_type") in ("display_data", "execute_result")]
    return [bundle for bundle in data if isinstance(bundle, dict)]


def _notes(outputs: Iterable[Mapping[str, Any]]) -> list[str]:
    """One sentence per kind of output that is not shown live, with how many there were."""
    counts: dict[str, int] = {}
    for bundle in _bundles(outputs):
        if "image/png" in bundle or "image/jpeg" in bundle:
            continue
        for kind in bundle:
            if kind != "text/plain":
                name = _KINDS.get(str(kind), f"an output of the kind {one_line(str(kind), 60)}")
                counts[name] = counts.get(name, 0) + 1
    sentences = [f"{name[:1].upper()}{name[1:]} was left out." for name in counts]
    return [s if n == 1 else f"{s[:-1]} ({n:,} times)." for s, n in zip(sentences, counts.values(), strict=True)][
        :NOTES_SHOWN
    ]


def _text(outputs: Iterable[Mapping[str, Any]]) -> str:
    """Printed text and the plain form of values, in order, without what carriage returns overwrote."""
    parts: list[str] = []
    for output in outputs:
        if output.get("output_type") == "stream":
            parts.append(text_of(output.get("text")))
        for bundle in _bundles([output]):
            if not {"image/png", "image/jpeg"} & set(bundle):
                parts.append("\n" + text_of(bundle.get("text/plain")) + "\n")
    joined = plain(settled("".join(parts)[:TEXT_CHARACTERS]))
    lines = [line.rstrip() for line in joined.strip("\n").split("\n")]
    return "\n".join(line for place, line in enumerate(lines) if line or (place and lines[place - 1])).strip("\n")


def _error(output: Mapping[str, Any]) -> Markup:
    frames = output.get("traceback")
    text = "\n".join(frame for frame in frames if isinstance(frame, str)) if isinstance(frames, list) else ""
    name = one_line(f"{text_of(output.get('ename'))}: {text_of(output.get('evalue'))}")
    last = excerpt(text[-TEXT_CHARACTERS:], first=0, last=TRACEBACK_LINES) if text.strip() else None
    return tag("div", tag("p", name, class_="error-name"), tag("pre", last) if last else None, class_="error")
