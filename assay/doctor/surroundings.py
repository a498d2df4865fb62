"""Decides whether what assay stands on is there: the libraries in versions that it was made for."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Distributions whose modules have another name than theirs, by their canonical names: a wheel's metadata may spell
# `open_clip_torch` with dashes where pyproject.toml has underscores.
_MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "pyyaml": "yaml", "open-clip-torch": "open_clip",
            "ipython": "IPython"}  # fmt: skip


@dataclass(frozen=True)
class Note:
    """One thing that was looked at: whether it is as it should be, what it is, what was found, what is wanted."""

    ok: bool
    what: str
    found: str
    wanted: str


def dependencies() -> list[Note]:
    """Every distribution that assay needs, with the name by which it is imported."""
    return [note(requirement) for requirement in map(Requirement, _requirements()) if requirement.marker is None]


def _requirements() -> list[str]:
    """Of the checkout, else of the installed package."""
    project = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"
    if project.is_file():
        return list(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"])
    try:
        return importlib.metadata.requires("assay") or []
    except importlib.metadata.PackageNotFoundError:
        return []


def note(requirement: Requirement) -> Note:
    """Whether one distribution is installed, in a version that is wanted, and can be imported."""
    module = _MODULES.get(canonicalize_name(requirement.name), re.sub(r"[-.]", "_", requirement.name))
    what = f"{requirement.name} (import {module})"
    wanted = str(requirement.specifier) or "any version"
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Note(False, what, "not installed", wanted)
    if importlib.util.find_spec(module) is None:
        return Note(False, what, f"{version}, and yet it cannot be imported", wanted)
    return Note(requirement.specifier.contains(version, prereleases=True), what, version, wanted)
