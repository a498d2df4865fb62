"""Decides how a document that breaks its JSON Schema is reported: one sentence with the path to the place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

from assay.course import course_root, did_you_mean

Place = tuple[str | int, ...]  # the keys and indices that lead to a place in a document

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def complaint(document: Any, schema: str) -> str | None:
    """The first thing in `document` that the schema file `schema` forbids, as 'path: sentence'; None if nothing."""
    found = complaints(document, schema)
    return f"{path_of(found[0][0])}: {found[0][1]}" if found else None


def complaints(document: Any, schema: str) -> list[tuple[Place, str]]:
    """All that the schema file `schema` forbids in `document`, each with the keys and indices that lead there."""
    errors = list(_validator(schema).iter_errors(document))
    # A misspelt key is also reported as missing; the misspelling is the better news.
    errors.sort(key=lambda one: one.validator != "additionalProperties")
    return [(tuple(error.absolute_path), _sentence(error)) for error in errors]


def path_of(parts: Iterable[str | int]) -> str:
    """'exercises[2].criteria[0].points' for the keys and indices that lead to a place."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".") or "the whole document"


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    text = (course_root() / "rubric" / schema).read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def _sentence(error: ValidationError) -> str:
    # The library's types allow "unset" and `true` as schema here; an error of a keyword has neither.
    schema: Any = error.schema
    value: Any = error.validator_value
    wanted = schema.get("description")
    shown = _short(error.instance)
    match error.validator:
        case "required":
            return f"{error.message.split(' is a ')[0]} is missing; add it"
        case "additionalProperties":
            return _unknown_key(error.instance, schema)
        case "type":
            types = [value] if isinstance(value, str) else value
            example = f", for example {schema['examples'][0]!r}" if "examples" in schema else ""
            return f"{shown} should be {' or '.join(_TYPES[one] for one in types)}{example}"
        case "enum":
            return f"{shown} should be one of {', '.join(map(str, value))}"
        case "pattern" | "oneOf" if wanted:
            return f"{shown} does not fit; wanted is {wanted}"
        case "minItems":
            return "the list is too short; add an entry"
    return error.message


def _unknown_key(instance: Any, schema: Any) -> str:
    known, patterns = list(schema.get("properties", {})), list(schema.get("patternProperties", {}))
    extra = next(key for key in instance if key not in known and not any(re.search(one, key) for one in patterns))
    return f"the key '{extra}' is not known{did_you_mean(extra, known)}; correct or remove it"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
