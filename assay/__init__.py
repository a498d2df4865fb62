"""assay grades machine-learning notebooks; this is what a check may import, and what `%load_ext assay` calls."""

from __future__ import annotations

from typing import Any

from assay.failure import Failure

__all__ = ["Failure", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext assay`: from here on this kernel's work can be checked with `%check`."""
    from assay.live import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext assay`: nothing is watched any more."""
    from assay.live import unload

    unload(shell)
