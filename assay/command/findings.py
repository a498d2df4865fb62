"""Decides where a command's findings go as JSON: to a file, or to standard output for `-`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from assay.failure import Misuse


def write_findings(findings: Any, to: str | None) -> None:
    """Write `findings` as JSON into the file `to`; - is standard output, None nowhere.

    Raises:
        Misuse: the file cannot be written.
    """
    if to is None:
        return
    text = json.dumps(findings, indent=1) + "\n"
    if to == "-":
        sys.stdout.write(text)
        return
    try:
        Path(to).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"cannot write {to} ({error.strerror}): name another file with --json") from None
