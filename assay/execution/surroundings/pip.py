"""Decides what `!pip install` and `%pip install` do while grading: say so, and install nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

SAID = "pip does nothing while a notebook is graded: the course's packages are installed.\n"
_SCRIPT = f"""#!/bin/sh
echo "{SAID.rstrip()}"
"""
_CALL = re.compile(r"\s*pip3?(\s[^;&|<>`$()]*)?")


def write_pip(folder: Path) -> Path:
    """A folder with do-nothing `pip` and `pip3` for the front of PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("pip", "pip3"):
        (folder / name).write_text(_SCRIPT)
        (folder / name).chmod(0o755)
    return folder


def silence_pip(shell: Any) -> None:
    """Make the `%pip` magic of an IPython shell do nothing."""
    shell.register_magic_function(_pip, "line", "pip")


def _pip(line: str) -> None:
    print(SAID, end="")


def is_pip(command: str) -> bool:
    """Whether a command line only calls pip: what that says needs no process."""
    return _CALL.fullmatch(command) is not None
