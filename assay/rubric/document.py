"""Decides which YAML text is one unmistakable mapping: no key twice, and only plain data."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from assay.failure import Misuse

try:
    from yaml import CSafeLoader as _Quick  # ten times as quick, where the library was built with it
except ImportError:
    from yaml import SafeLoader as _Quick  # type: ignore[assignment]


class _KeysOnce(yaml.constructor.SafeConstructor):
    """The safe loaders would otherwise let the last of two equal keys win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            # Every key becomes text below, so that `3` and `"3"` are the same key.
            name = str(key_node.value)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{name}' occurs twice", problem_mark=key_node.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


class _Loader(_KeysOnce, yaml.SafeLoader):
    """Says best what is wrong."""


class _QuickLoader(_KeysOnce, _Quick):
    """For what is not wrong."""


class _TextLoader(_Loader):
    """Reads every plain value as the text that it is: an id such as 007 or NO is no number and no truth value."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - that is how the library is told


def read_document(
    path: Path, what: str = "the rubric", begin: str = "lesson: ...", as_text: bool = False
) -> dict[str, Any]:
    """The mapping in the YAML file at `path`, all keys as text.

    Args:
        path: the file.
        what: what it is, for messages.
        begin: how such a file begins, for messages.
        as_text: whether values are read as text too.

    Raises:
        Misuse: no such file, not UTF-8, not YAML, a key twice, or no mapping.
    """
    try:
        document = _parsed(path.read_text(encoding="utf-8"), as_text)
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"{path}: {what} cannot be read ({error}): check its name and that it is UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        problem = _plain(", ".join(part for part in (error.context, error.problem) if part))
        raise Misuse(f"{path}: {line}{problem}: correct the YAML there") from None
    except yaml.YAMLError as error:
        raise Misuse(f"{path}: this is not YAML ({_plain(str(error))}): correct it") from None
    if not isinstance(document, dict):
        raise Misuse(f"{path}: {what} is empty or no mapping: begin it with '{begin}'")
    return {str(key): _with_text_keys(value) for key, value in document.items()}


def _parsed(text: str, as_text: bool) -> Any:
    if as_text:
        return yaml.load(text, Loader=_TextLoader)
    try:
        return yaml.load(text, Loader=_QuickLoader)
    except yaml.YAMLError:
        return yaml.load(text, Loader=_Loader)


def _plain(problem: str) -> str:
    return re.sub(r"\s+", " ", problem)


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_text_keys(inner) for inner in value]
    return value
