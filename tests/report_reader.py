"""A strict reader of our pages: it fails on every tag, attribute or address that a page must not hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from assay.report.markup import ATTRIBUTES, TAGS, policy

_ATTRIBUTES = {name.lower() for name in ATTRIBUTES}
_IMAGE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+")
_LINK = re.compile(r"#[\w-]+|(reports/)?[\w-]+\.html")
_SCRIPT = (Path(__file__).parent.parent / "assay" / "report" / "sort.js").read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Collects a page's text, tags and pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: list[str] = []
        self.images: list[str] = []
        self.policy: str | None = None
        self.scripts: list[str] = []
        self._raw: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS or tag == "script", tag
        self.tags.append(tag)
        self._raw = tag if tag in ("style", "script") else None
        assert not (tag == "script" and attrs), "a script of ours has no attributes"
        for name, value in attrs:
            assert name in _ATTRIBUTES, (tag, name)
            self._check(tag, name, value or "", dict(attrs))

    def _check(self, tag: str, name: str, value: str, attrs: dict[str, str | None]) -> None:
        if name == "href":
            assert _LINK.fullmatch(value), value
        if name == "src":
            assert tag == "img" and _IMAGE.fullmatch(value), value[:80]
            self.images.append(value)
        if attrs.get("http-equiv"):
            assert attrs["http-equiv"] == "Content-Security-Policy"
            self.policy = attrs["content"]

    def handle_endtag(self, tag: str) -> None:
        self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw == "script":
            self.scripts.append(data)
        elif self._raw is None:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:60]}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data[:60]}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data[:60]}")


def read(page: str) -> Reader:
    """The page's content, after checking that it holds our markup only, and at most the script that sorts."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.scripts in ([], [_SCRIPT])
    assert reader.policy == policy("".join(reader.scripts))
    assert reader.tags.count("style") == 1 and reader.tags.count("body") == 1
    return reader


def words(page: str) -> str:
    """The page's visible text on one line."""
    return " ".join("".join(f"{part} " for part in read(page).text).split())
