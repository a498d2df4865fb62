"""Decides how the command line's parser and the JSON Schemas are shown as pages."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.util.docutils import SphinxDirective

from assay.command.main import make_parser

ROOT = Path(__file__).parent.parent.parent


class _Made(SphinxDirective):
    """A directive whose content is Markdown that a program wrote."""

    def parsed(self, lines: list[str]) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.get_source_info()[0]), 0, holder)
        return holder.children


class Commands(_Made):
    """The help of every command."""

    def run(self) -> list[nodes.Node]:
        parser = make_parser()
        lines = ["```text", *parser.format_help().splitlines(), "```", ""]
        for name, command in subcommands(parser).items():
            lines += [f"**grade.py {name}**", "", "```text", *command.format_help().splitlines(), "```", ""]
        return self.parsed(lines)


class Schema(_Made):
    """A JSON Schema of the course, as tables: one for the document, and one for each definition."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = ROOT / "rubric" / self.arguments[0]
        self.env.note_dependency(str(path))
        return self.parsed(as_markdown(json.loads(path.read_text(encoding="utf-8"))))


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands by name."""
    (action,) = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(action.choices)


def as_markdown(schema: dict[str, Any]) -> list[str]:
    """The lines of a schema's tables."""
    lines = [schema.get("description", ""), "", *_table(schema)]
    for name, part in schema.get("$defs", {}).items():
        lines += ["", f"**{name}**", "", part.get("description", ""), ""]
        lines += _table(part) if "properties" in part else [_kind(part) + _limits(part)]
    return lines


def _table(schema: dict[str, Any], prefix: str = "") -> list[str]:
    rows = _rows(schema, prefix)
    return ["| key | | what it holds |", "|---|---|---|", *rows] if rows else [_kind(schema)]


def _rows(schema: dict[str, Any], prefix: str) -> list[str]:
    rows: list[str] = []
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        inner = part.get("items", part) if part.get("type") == "array" else part
        told = f"{_kind(part)}{_limits(part)}. {part.get('description', '')}".strip()
        needed = "needed" if name in required else ""
        rows.append(f"| `{prefix}{name}` | {needed} | {told.replace('|', chr(92) + '|')} |")
        if isinstance(inner, dict) and "properties" in inner:
            rows += _rows(inner, f"{prefix}{name}{'[]' if part.get('type') == 'array' else ''}.")
    return rows


def _kind(part: dict[str, Any]) -> str:
    if "$ref" in part:
        return f"*{part['$ref'].rsplit('/', 1)[-1]}*"
    if "enum" in part:
        return "one of " + ", ".join(f"`{value}`" for value in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    if part.get("type") == "array":
        return f"list of {_kind(part.get('items', {}))}"
    if "oneOf" in part and "type" not in part:
        return " or ".join(dict.fromkeys(_kind(one) for one in part["oneOf"] if one.keys() & {"$ref", "type", "enum"}))
    kind = part.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _limits(part: dict[str, Any]) -> str:
    words = {"minimum": "at least", "maximum": "at most", "default": "default"}
    told = [f"{word} `{part[key]}`" for key, word in words.items() if key in part]
    return f" ({', '.join(told)})" if told else ""


def drop_missing(app: Sphinx, name: str, source: list[str]) -> None:
    """A list of pages may name some by a pattern (`/students*`) that need not be there; Sphinx warns of such ones."""
    folder = Path(app.srcdir)
    patterns = re.findall(r"^/(\S*\*)$", source[0], re.MULTILINE)
    for pattern in patterns:
        if not any(folder.glob(f"{pattern}.md")):
            source[0] = source[0].replace(f"\n/{pattern}\n", "\n")


def read_sections(app: Sphinx, what: str, name: str, item: Any, options: Any, lines: list[str]) -> None:
    """Docstrings have sections as Google writes them; a property's has none, and its colons are its own."""
    if what in ("function", "method", "class", "exception"):
        lines[:] = GoogleDocstring(lines, Config(), app, what, name, item, options).lines()


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("source-read", drop_missing)
    app.connect("autodoc-process-docstring", read_sections)
    app.add_directive("commands", Commands)
    app.add_directive("schema", Schema)
    return {"parallel_read_safe": True}
