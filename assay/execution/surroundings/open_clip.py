"""Decides which architecture open_clip's `ViT-B-32` is while grading: the one whose weights the kit holds."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any


def serve_open_clip() -> None:
    """Register the kit's configuration, now or as soon as open_clip is imported; a kit of real weights has none."""
    if not any(_configurations().glob("*.json")):
        return
    if "open_clip" in sys.modules:
        _register(sys.modules["open_clip"])
    else:
        sys.meta_path.insert(0, _WhenImported())


def _configurations() -> Path:
    return Path(os.environ.get("HF_HOME", "")) / "open_clip"


def _register(open_clip: Any) -> None:
    open_clip.add_model_config(_configurations())


class _WhenImported(importlib.abc.MetaPathFinder):
    """Finds open_clip as Python would, and registers the configuration after its own code ran."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Python's own answer for open_clip, with one step added to its loader; None for every other module."""
        if fullname != "open_clip":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                _register(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
