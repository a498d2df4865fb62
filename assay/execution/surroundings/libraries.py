"""Decides what the warm parent has imported before it forks, and in which order that must happen."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
import threading
from pathlib import Path
from typing import Any

REPORTED = ("torch", "torchvision", "diffusers", "transformers", "peft", "datasets", "numpy")


def warm_up(imports: list[list[str]]) -> tuple[Any, dict[str, Any]]:
    """Import everything, wrap what must be wrapped, make the shell; gives the shell, the versions and the device.

    Args:
        imports: (module, name) pairs as the course's notebooks import them; an empty name means the module alone.
    """
    import torch

    torch.set_num_threads(1)  # a second thread in the parent would hang the first matmul of a child
    from assay.kit.torchvision_operators import define_missing_operators

    define_missing_operators()
    for module, name in imports:
        _import(module, name)
    prepare_process()
    from assay.execution.shell import make_shell
    from assay.execution.surroundings.pip import silence_pip

    shell = make_shell()
    silence_pip(shell)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    untouched = not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return shell, {"versions": versions(), "device": device, "cuda_initialised": not untouched}


def prepare_process() -> None:
    """Quiet the libraries, set up the surroundings, install the witness."""
    import diffusers
    import transformers
    from tqdm import tqdm  # type: ignore[import-untyped]

    tqdm.monitor_interval = 0  # the first bar, even a hidden one, would start a thread, and then nothing can be forked
    # tqdm's own lock lies in memory that copies share: one notebook could make another wait for ever.
    tqdm.set_lock(threading.RLock())
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    from assay.execution.surroundings import prepare_libraries
    from assay.witness import install

    prepare_libraries()
    install()
    _look_ahead()


def _look_ahead() -> None:
    """What each child would find out for itself, and each alike; and the modules that it runs by."""
    import assay.execution.prefix  # noqa: F401
    from assay.kit.layout import tables
    from assay.sandbox import seccomp
    from assay.sandbox.limits import tasks_of_the_caller

    tables(Path(os.environ.get("HF_HOME", "")))
    seccomp.compiled(signals=True)
    tasks_of_the_caller()


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide what a notebook computes."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in REPORTED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _import(module: str, name: str) -> None:
    try:
        loaded = importlib.import_module(module)
        if name:
            getattr(loaded, name, None)  # transformers and diffusers load a class when it is first asked for
    except Exception:  # a lesson may offer a library that is not installed here; the notebook will say so itself
        return
