"""Decides what of matplotlib's drawing reaches a page: shapes and numbers, in the page's own colours for any ground."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any, cast

from assay.report.markup import Markup, tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A figure is drawn in these colours, each standing for a role; the style sheet says what a role looks like on light and
# dark ground and on paper.
ROLES = {"ink": "#000001", "soft": "#000002", "line": "#000003", "pass": "#000004", "fail": "#000005",
         "wait": "#000006", "doubt": "#000007", "card": "#000008"}  # fmt: skip
_ROLE_OF = {colour: role for role, colour in ROLES.items()}
_KEPT = ("stroke-width", "stroke-dasharray", "opacity", "text-anchor")
_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)px")
_LONG = re.compile(r"-?\d+\.\d+")
_SETTINGS: Any = {"svg.fonttype": "none", "text.parse_math": False, "axes.unicode_minus": True}


def get_ready() -> None:
    """Import the drawing library: half a second, which is not felt while a notebook runs, and is after the last."""
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401


def drawn(figure: Figure, name: str, label: str) -> Markup:
    """The figure as inline SVG; `name` keeps the ids of a page's figures apart, `label` is read aloud.

    Hand in numbers and words of ours only: matplotlib measures text, and may not know the letters of a name.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    out = StringIO()
    with matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        canvas = cast(Any, FigureCanvasSVG(figure))  # its methods have no types
        canvas.print_svg(out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ET.fromstring(out.getvalue())
    return tag("svg", list(_shapes(root)), class_="chart", viewBox=root.attrib["viewBox"], role="img", aria_label=label)


def _shapes(element: ET.Element) -> Iterator[Markup]:
    """Paths and texts in the order they are painted; groups, clips and matplotlib's own style sheet go."""
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name in ("path", "text"):
            yield tag(name, (child.text or "").strip() or None, **_attributes(child))
        elif name == "g":
            yield from _shapes(child)


def _attributes(element: ET.Element) -> dict[str, Any]:
    """Where and how large it is stays as drawn; colours become classes."""
    kept: dict[str, Any] = {key: _short(element.attrib[key]) for key in ("d", "x", "y") if key in element.attrib}
    if "-90" in element.attrib.get("transform", ""):  # an upright label; the others are turned by nothing
        kept["transform"] = _short(element.attrib["transform"])
    style = dict(_declarations(element.attrib.get("style", "")))
    kept |= {key.replace("-", "_"): style[key] for key in _KEPT if key in style}
    if size := _SIZE.search(style.get("font-size") or style.get("font") or ""):
        kept["font_size"] = size[1]
    return kept | {"class_": _classes(style)}


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for part in style.split(";"):
        name, _, value = part.partition(":")
        yield name.strip(), value.strip()


def _classes(style: dict[str, str]) -> str:
    """The roles of the fill and the stroke; without one, SVG would fill a shape in black."""
    fill, stroke = (_ROLE_OF.get(style.get(what, ""), "none") for what in ("fill", "stroke"))
    return f"fill-{fill} line-{stroke}"


def _short(numbers: str) -> str:
    """A tenth of a point is finer than any screen."""
    return " ".join(_LONG.sub(lambda found: f"{float(found[0]):.1f}", numbers).split())
