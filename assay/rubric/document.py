"""Decides which YAML text is one unmistakable mapping: no key twice, and only plain data."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from assay.failure import Misuse


class _Loader(yaml.SafeLoader):
    """The safe loader, which would otherwise let the last of two equal keys win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            # Every key becomes text below, so that `3` and `"3"` are the same key.
            name = str(key_node.value)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{name}' occurs twice", problem_mark=key_node.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def read_document(path: Path) -> dict[str, Any]:
    """The mapping in the YAML file at `path`, all keys as text.

    Raises:
        Misuse: no such file, not UTF-8, not YAML, a key twice, or no mapping.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"{path}: the rubric cannot be read ({error}): check its name and that it is UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        problem = _plain(", ".join(part for part in (error.context, error.problem) if part))
        raise Misuse(f"{path}: {line}{problem}: correct the YAML there") from None
    except yaml.YAMLError as error:
        raise Misuse(f"{path}: this is not YAML ({_plain(str(error))}): correct it") from None
    if not isinstance(document, dict):
        raise Misuse(f"{path}: the rubric is empty or no mapping: begin it with 'lesson: ...'")
    return {str(key): _with_text_keys(value) for key, value in document.items()}


def _plain(problem: str) -> str:
    return re.sub(r"\s+", " ", problem)


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_text_keys(inner) for inner in value]
    return value
