"""Runs a module of the kit in a process of its own, so that the caller never imports torch."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from assay.failure import Fault

_PACKAGE_HOME = Path(__file__).resolve().parents[2]


def run_module(
    module: str, arguments: list[str], environment: Mapping[str, str], on_line: Callable[[str], None]
) -> None:
    """Run `python -m module arguments...`, handing over each line of its stdout; raises Fault when it fails."""
    path = os.pathsep.join(filter(None, [str(_PACKAGE_HOME), os.environ.get("PYTHONPATH")]))
    surroundings = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **environment}
    # A file, not a pipe: libraries may write more to stderr than a pipe holds while only stdout is being read.
    with tempfile.TemporaryFile() as errors:
        command = [sys.executable, "-m", module, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=surroundings, text=True) as process:
            try:
                for line in process.stdout or ():
                    on_line(line)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            errors.seek(0)
            last = (errors.read().decode(errors="replace").strip().splitlines() or ["no message"])[-1]
            raise Fault(f"`python -m {module}` ended with status {process.returncode}: {last}")
