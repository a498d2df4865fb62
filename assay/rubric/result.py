"""Decides whether a result is one that other tools may rely on."""

from __future__ import annotations

import json
from typing import Any

from assay.rubric.schema import complaint


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
