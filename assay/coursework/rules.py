"""Decides what a course has agreed on about its notebooks: one YAML, with the project's own as the default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assay.coursework.finding import SEVERITIES, Severity
from assay.failure import Misuse

DEFAULT = Path(__file__).with_name("rules.yaml")
PLACES = ("text", "code", "diagram", "all")
_FIELDS = {"preinstalled", "moved_models", "gpu_memory_gib", "house_rules"}


@dataclass(frozen=True)
class HouseRule:
    """A pattern that must not occur in some of the text."""

    id: str
    where: str
    pattern: re.Pattern[str]
    message: str
    severity: Severity


@dataclass(frozen=True)
class Rules:
    """What is agreed on."""

    preinstalled: frozenset[str]
    moved_models: Mapping[str, str]
    gpu_memory_gib: float
    house_rules: tuple[HouseRule, ...]


def load_rules(path: Path | None = None) -> Rules:
    """The rules in a file; what it does not mention is as in the project's own.

    Raises:
        Misuse: the file cannot be read, or says something that is not known.
    """
    own = _read(DEFAULT)
    given = own | (_read(path) if path is not None else {})
    where = path or DEFAULT
    if unknown := sorted(set(given) - _FIELDS):
        raise Misuse(f"{where}: {unknown[0]!r} is not known: write one of {', '.join(sorted(_FIELDS))}")
    try:
        return Rules(
            frozenset(map(str, given["preinstalled"])),
            {str(old): str(new) for old, new in given["moved_models"].items()},
            float(given["gpu_memory_gib"]),
            tuple(_house_rule(one, where) for one in given["house_rules"]),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise Misuse(f"{where}: {error}: compare it with {DEFAULT}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misuse(f"cannot read {path} ({error.strerror}): check the spelling") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misuse(f"{path} is no YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise Misuse(f"{path} holds no rules: compare it with {DEFAULT}")
    return content


def _house_rule(given: Any, path: Path) -> HouseRule:
    missing = {"id", "where", "pattern", "message", "severity"} - set(given)
    if missing:
        raise Misuse(f"{path}: a house rule lacks {sorted(missing)[0]!r}: add it")
    if given["where"] not in PLACES or given["severity"] not in SEVERITIES:
        known = f"where: {', '.join(PLACES)}; severity: {', '.join(SEVERITIES)}"
        raise Misuse(f"{path}: the house rule {given['id']!r} has a value that is not known: write one of {known}")
    try:
        pattern = re.compile(given["pattern"])
    except re.error as error:
        raise Misuse(f"{path}: the pattern of {given['id']!r} is no regular expression ({error}): mend it") from None
    return HouseRule(str(given["id"]), given["where"], pattern, str(given["message"]), given["severity"])
