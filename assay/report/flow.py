"""How the gradient flow is drawn: which part of the model is frozen, which one learns, and where a gradient passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.report.escape import one_line
from assay.report.markup import Markup, tag

# The boxes of the drawing: name, x, width, and the words by which a part of the exhibit is recognised as this box.
_BOXES = (
    ("image", 10, 92, ()),
    ("VAE", 142, 130, ("vae",)),
    ("U-Net", 312, 150, ("u-net", "unet")),
    ("CLIP transformer", 502, 178, ("clip", "transformer", "text encoder", "text_encoder")),
    ("embedding table", 720, 190, ("embedding", "table")),
)
_TOP, _HEIGHT = 34, 98
_WORDS = {
    "learned": "learned",
    "idle": "unchanged",
    "frozen": "frozen",
    "moved": "moved though not trainable",
    "unknown": "not observed",
}


def gradient_flow(parts: Sequence[Mapping[str, Any]]) -> tuple[Markup, Markup]:
    """The drawing (image -> VAE -> U-Net <- CLIP transformer <- embedding table) and the table of its numbers."""
    assigned: dict[str, list[Mapping[str, Any]]] = {name: [] for name, *_ in _BOXES}
    for part in parts:
        assigned[_box_of(part)].append(part)
    boxes = [_box(name, x, width, assigned[name]) for name, x, width, _ in _BOXES]
    arrows = [_arrow(102, 142), _arrow(272, 312), _arrow(502, 462), _arrow(720, 680)]
    backward = _backward(assigned) or None
    words = "; ".join(f"{one_line(str(part.get('name')), 60)}: {_WORDS[_kind(part)]}" for part in parts)
    drawing = tag(
        "svg", boxes, arrows, backward, class_="chart flow", viewBox="0 0 920 196", role="img",
        aria_label=f"Gradient flow. {words}",
    )  # fmt: skip
    return drawing, _numbers(parts)


def _box_of(part: Mapping[str, Any]) -> str:
    """The box a part belongs to; later boxes first, so that 'CLIP embedding table' is the table.

    A part that no box knows counts to the image, which shows no parts; the table of numbers lists it all the same.
    """
    name = str(part.get("name", "")).lower()
    return next((box for box, _, _, words in reversed(_BOXES) if any(word in name for word in words)), "image")


def _kind(part: Mapping[str, Any]) -> str:
    moved, gradients = _number(part, "moved"), _number(part, "with_gradient")
    if moved:
        return "learned" if part.get("trainable") else "moved"
    return "idle" if part.get("trainable") or gradients else "frozen"


def _number(part: Mapping[str, Any], key: str) -> int:
    value = part.get(key)
    return int(value) if isinstance(value, int | float) and value == value and abs(value) < 1e12 else 0


def _box(name: str, x: int, width: int, parts: Sequence[Mapping[str, Any]]) -> Markup:
    """One box; a box of several parts (the table's new rows and the others) is divided between them."""
    middle = x + width / 2
    if name == "image":
        label = tag("text", "image", x=middle, y=_TOP + 54, text_anchor="middle", class_="box-name")
        return tag("g", tag("rect", x=x, y=_TOP, width=width, height=_HEIGHT, rx=8, class_="box data"), label)
    title = tag("text", name, x=middle, y=_TOP - 10, text_anchor="middle", class_="box-name")
    shown = parts[:2] or [{}]
    each = _HEIGHT / len(shown)
    return tag("g", title, [_cell(part, x, _TOP + i * each, width, each) for i, part in enumerate(shown)])


def _cell(part: Mapping[str, Any], x: int, y: float, width: int, height: float) -> Markup:
    kind, middle = (_kind(part) if part else "unknown"), x + width / 2
    short = {"learned": "✓ learned", "idle": "= unchanged", "frozen": "❄ frozen", "moved": "! moved"}.get(
        kind, "not seen"
    )
    name = one_line(str(part.get("name", "")), 60).split(":")[-1].strip() if height < _HEIGHT else ""
    lines = [short, name or _moved(part)]
    texts = [
        tag("text", line, x=middle, y=f"{y + height / 2 - 3 + 17 * i:.0f}", text_anchor="middle", class_=style)
        for i, (line, style) in enumerate(zip(lines, ("box-state", "box-small"), strict=True))
    ]
    return tag(
        "g", tag("rect", x=x, y=f"{y:.0f}", width=width, height=f"{height:.0f}", rx=8, class_=f"box {kind}"), texts
    )


def _moved(part: Mapping[str, Any]) -> str:
    return f"{_number(part, 'moved'):,} of {_number(part, 'tensors'):,} moved" if part else ""


def _arrow(start: int, end: int) -> Markup:
    """A forward arrow between two boxes at their middle height."""
    y, back = _TOP + _HEIGHT / 2, 7 if end > start else -7
    head = tag("path", d=f"M{end - back} {y - 5} L{end - back / 7} {y} L{end - back} {y + 5} Z", class_="arrow-head")
    return tag("g", tag("line", x1=start + back / 7, x2=end - back, y1=y, y2=y, class_="arrow"), head)


def _backward(assigned: Mapping[str, Sequence[Mapping[str, Any]]]) -> Markup | None:
    """The way back of the gradient, drawn to the farthest part of the text side that had one."""
    reached = [
        n for n in ("CLIP transformer", "embedding table") if any(_number(p, "with_gradient") for p in assigned[n])
    ]
    if not reached:
        return None
    x, width = next((x, width) for name, x, width, _ in _BOXES if name == reached[-1])
    end, y = x + width / 2, _TOP + _HEIGHT
    path = tag("path", d=f"M387 {y + 6} C387 {y + 44} 420 {y + 44} 440 {y + 44} L{end - 50} {y + 44} "
               f"C{end - 20} {y + 44} {end} {y + 40} {end} {y + 14}", class_="backward")  # fmt: skip
    head = tag("path", d=f"M{end - 5} {y + 15} L{end} {y + 5} L{end + 5} {y + 15} Z", class_="backward-head")
    words = tag("text", "the loss's gradient", x=(387 + end) / 2, y=y + 62, text_anchor="middle", class_="axis")
    return tag("g", path, head, words)


def _numbers(parts: Sequence[Mapping[str, Any]]) -> Markup:
    words = ("Part", None), ("Parameters", "number"), ("With gradient", "number"), ("Moved", "number"), ("So it", None)
    heads = [tag("th", word, scope="col", class_=style) for word, style in words]
    verdicts = {
        "learned": "learned",
        "idle": "did not change",
        "frozen": "stayed frozen",
        "moved": "moved, and was not meant to",
    }
    rows = [
        tag(
            "tr",
            tag("th", one_line(str(part.get("name", "")), 80), scope="row"),
            [tag("td", f"{_number(part, key):,}", class_="number") for key in ("tensors", "with_gradient", "moved")],
            tag("td", verdicts[_kind(part)]),
        )
        for part in parts
    ]
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows))
    return tag("details", tag("summary", "The numbers"), tag("div", table, class_="scroll", tabindex=0))
