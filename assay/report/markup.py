"""Which markup a page may hold: our own tags and attributes, and every other string only as escaped text.

`tag` is the only way to make markup. A plain `str` is always escaped, also one that was made by joining markup with
text, so a forgotten escape shows as visible angle brackets and never as live HTML.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from pathlib import Path

from assay.report.escape import plain

_TAGS = """
html head meta title style body header main nav footer section h1 h2 h3 p div span strong code pre a ul ol li dl dt dd
table thead tbody tr th td details summary figure figcaption img svg g rect circle path line text polyline
button label input textarea kbd
"""
_ATTRIBUTES = """
class id lang charset name content http-equiv href src alt title role scope colspan loading tabindex open
for type inputmode rows aria-label aria-hidden data-column data-value data-key data-points data-comment
width height viewBox preserveAspectRatio x y x1 y1 x2 y2 cx cy r rx d points
transform text-anchor font-size opacity pathLength stroke-width stroke-dasharray
"""
TAGS, ATTRIBUTES = frozenset(_TAGS.split()), frozenset(_ATTRIBUTES.split())
VOID = frozenset({"meta", "img", "input"})
# `script-src` is not in it: without a script's own digest no script runs at all.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

# Links lead within the page or to a file below it whose name we chose; nothing with a scheme, nothing upwards.
_LINK = re.compile(r"#[\w-]+|(?:[\w-]+/)*[\w-]+\.html", re.ASCII)
_IMAGE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]+")


class Markup(str):
    """A string that is markup of ours already; only `tag` and `join` make one."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]


def tag(name: str, /, *children: Child, **attributes: str | int | float | None) -> Markup:
    """One element; children are escaped unless they are markup, and an attribute that is None is left out.

    Attribute names may end in `_` (`class_`) and have `_` for `-` (`aria_label`).

    Raises:
        ValueError: the tag, an attribute, a link or an image source is not one that a page may hold.
    """
    if name not in TAGS:
        raise ValueError(f"<{name}> is not a tag of our pages")
    opening = "".join([f"<{name}", *(_attribute(key, value) for key, value in attributes.items()), ">"])
    return Markup(opening if name in VOID else f"{opening}{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """Children one after the other; strings are escaped, markup is kept."""
    return Markup("".join(map(_child, children)))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str | int):
        return html.escape(plain(str(child)), quote=True)
    return join(*child)


def _attribute(key: str, value: str | int | float | None) -> str:
    if value is None:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name == "src" and _IMAGE.fullmatch(str(value)):  # megabytes of letters that need no escaping
        return f' src="{value}"'
    content = plain(str(value))
    if name not in ATTRIBUTES:
        raise ValueError(f"{name!r} is not an attribute of our pages")
    if name == "src" or (name == "href" and not _LINK.fullmatch(content)):
        raise ValueError(f"{name}={content[:60]!r} does not stay within the report")
    return f' {name}="{html.escape(content, quote=True)}"'


def prose(text: str) -> Markup:
    """One of our sentences as inline markup: what stands between backticks becomes code."""
    parts = plain(text).split("`")
    if len(parts) % 2 == 0:  # an odd backtick: better shown as it stands
        return join(text)
    return join([tag("code", part) if place % 2 else part for place, part in enumerate(parts)])


def document(title: str, *body: Child, script: str = "", served: bool = False) -> str:
    """A whole page: our style sheet inlined, and a strict content policy that runs nothing but this `script`.

    A page that is `served`, and not read from a file, may send to where it came from.
    """
    style = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    if "<" in style or "</" in script or "<!--" in script:
        raise ValueError("style sheets must not contain '<', and scripts no '</' or '<!--'")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(script, served)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    last = Markup(f"<script>{script}</script>") if script else None
    return f"<!doctype html>\n{tag('html', head, tag('body', *body, last), lang='en')}\n"


def policy(script: str = "", served: bool = False) -> str:
    """The content policy of a page with this script, told by its digest; any other script stays refused."""
    parts = [POLICY]
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
        parts.append(f"script-src 'sha256-{digest}'")
    if served:
        parts.append("connect-src 'self'")
    return "; ".join(parts)
