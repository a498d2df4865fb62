"""Decides whether a result is one that other tools may rely on."""

from __future__ import annotations

import json
from typing import Any

from assay.rubric.schema import complaint

MEASURED = ("seconds", "peak_memory", "peak_gpu_memory")  # two runs of the same are equal in everything else


def without_measured(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what was measured and not decided: equal whenever the same is graded again."""
    return {name: value for name, value in result.items() if name not in MEASURED}


def validate_result(result: dict[str, Any]) -> None:
    """Return when `result` is strict JSON and fits rubric/result.schema.json.

    Raises:
        ValueError: it does not; the message says where and why.
    """
    try:
        # The schema takes NaN for a number and half a surrogate pair for a text; other readers do not.
        json.dumps(result, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the result is not strict JSON: {error}") from error
    wrong = complaint(result, "result.schema.json")
    if wrong:
        raise ValueError(f"the result breaks its schema at {wrong}")


def legible(value: Any) -> Any:
    """The same value with every text such that any encoding of Unicode takes it: a student's process may say half a
    surrogate pair, which becomes a question mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [legible(item) for item in value]
    if isinstance(value, dict):
        return {legible(name): legible(item) for name, item in value.items()}
    return value
