"""Decides who answers what Stable Diffusion takes at full size: a process of its own, which sees no notebook's code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

from assay.coursework.figures import schedules_asked, states_sizes
from assay.coursework.memory import calls_asked
from assay.coursework.page import Page
from assay.coursework.runs import Runs

SECONDS = 900  # the course's notebooks take 10 to 40; a machine that is ten times busier still gets there


def with_sizes(page: Page, runs: Runs) -> Runs:
    """The runs with what `full_size` says to the questions that they raise; why not, where it says nothing."""
    asked = {"transients": calls_asked(runs), "schedules": schedules_asked(page, runs)}
    if not any(asked.values()) and not states_sizes(page):
        return runs
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "assay.coursework.full_size"], input=json.dumps(asked), capture_output=True,
            text=True, timeout=SECONDS, env=environment, check=True,
        )  # fmt: skip
        return replace(runs, full=json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError) as error:
        last = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1:]
        why = f"what the models take at full size could not be worked out: {''.join(last)}"
        return replace(runs, missing=(*runs.missing, why))
