"""What the slow engine's kernel does before the first cell: the surroundings, the witness, and where in the notebook
each cell stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.execution.plan import Plan


def enter(path: str) -> None:
    """Set this kernel up for the plan at `path`, and follow its cells by IPython's own events."""
    import torch
    from IPython import get_ipython

    from assay.execution.runner import enter_folder
    from assay.execution.surroundings.libraries import prepare_process
    from assay.execution.surroundings.pip import silence_pip
    from assay.kit.torchvision_operators import define_missing_operators
    from assay.witness import Witness

    torch.set_num_threads(1)
    define_missing_operators()
    prepare_process()
    plan, shell = Plan.read(Path(path)), get_ipython()
    silence_pip(shell)
    folder = Path(plan.folder)
    enter_folder(folder)
    witness = Witness.start(folder / "evidence", set(plan.names), set(plan.values), plan.nonce)
    _follow(plan, witness, shell)


def _follow(plan: Plan, witness: Any, shell: Any) -> None:
    places = [(section.exercise, index) for section in plan.sections for index, _ in section.cells]
    position = {"next": 0, "open": False}

    def before(info: Any) -> None:
        if position["next"] < len(places):
            witness.begin_cell(*places[position["next"]])
            position["next"] += 1
            position["open"] = True

    def after(result: Any) -> None:
        if position["open"]:
            witness.end_cell(shell.user_ns)
            position["open"] = False

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)
