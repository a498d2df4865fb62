"""Decides how what students get becomes a wheel: the engine with one lesson's public part, built by hatchling.

What stays at home: the reference notebook, the mistakes and variants, hidden criteria with their checks, hints and
replays, every other lesson, and the tools that prove checks. No secret is in a checkout to begin with.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from importlib import metadata, util
from pathlib import Path
from typing import Any

from assay.course import LessonFiles
from assay.failure import Fault, Misuse
from assay.handout.checks import public_checks
from assay.handout.rubric import public_names, public_rubric
from assay.rubric import Rubric

# For whoever writes checks; they read mistakes and references, which students do not have.
AT_HOME = ("proof.py", "proving.py", "mutation.py", "mutating.py", "observed.py", "kept.py", "tables.py", "handout")
PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "assay"
version = {version}
description = {description}
license = "Apache-2.0"
requires-python = {python}
dependencies = {dependencies}

[project.scripts]
assay = "assay.command:main"

[tool.hatch.build.targets.wheel]
packages = ["assay"]
"""


def build(files: LessonFiles, rubric: Rubric, facts: Mapping[str, Any], out: Path) -> Path:
    """Write the wheel of one lesson into the folder `out`; gives its path.

    Args:
        facts: what the engine otherwise learns from the reference notebook, to be ready sooner.

    Raises:
        Misuse: hatchling is not installed, or nothing of the lesson is public.
        Fault: the wheel could not be built.
    """
    if util.find_spec("hatchling") is None:
        raise Misuse("a package is built by hatchling, which is not installed: pip install 'assay[package]'")
    names = public_names(rubric)
    if not names:
        raise Misuse(f"{rubric.path}: no criterion of this lesson is public, so that students could check nothing")
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        stage = Path(name)
        _copy_engine(stage / "assay")
        _write_lesson(files, rubric, names, facts, stage / "assay" / "_course")
        (stage / "pyproject.toml").write_text(_project(files.slug), encoding="utf-8")
        return _built(stage, out)


def _copy_engine(to: Path) -> None:
    package = Path(__file__).resolve().parent.parent
    left_out = shutil.ignore_patterns("__pycache__", "*.pyc", "_course")

    def ignored(folder: str, names: list[str]) -> set[str]:
        return set(left_out(folder, names)) | (set(AT_HOME) & set(names) if Path(folder) == package else set())

    shutil.copytree(package, to, ignore=ignored)


def _write_lesson(files: LessonFiles, rubric: Rubric, names: set[str], facts: Mapping[str, Any], to: Path) -> None:
    for part in ("checks", "rubric"):
        (to / part).mkdir(parents=True)
    checks = public_checks(files.checks.read_text(encoding="utf-8"), names)
    (to / "checks" / files.checks.name).write_text(checks, encoding="utf-8")
    (to / "rubric" / files.rubric.name).write_text(public_rubric(rubric, checks), encoding="utf-8")
    (to / "rubric" / files.facts.name).write_text(json.dumps(dict(facts), indent=1), encoding="utf-8")
    for schema in files.rubric.parent.glob("*.schema.json"):
        shutil.copy(schema, to / "rubric" / schema.name)


def _project(slug: str) -> str:
    about = _about()
    words = {
        "version": f"{about['version']}+{slug.replace('-', '.')}",
        "description": f"Checks your notebook of the lesson {slug} before you hand it in.",
        "python": about["python"],
    }
    quoted = {key: json.dumps(value) for key, value in words.items()}
    return PROJECT.format(**quoted, dependencies=json.dumps(about["dependencies"], indent=4))


def _about() -> dict[str, Any]:
    """Version, Python and dependencies of this engine: of the checkout, or of the package that is installed."""
    project = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"
    if project.is_file():
        said = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        return {"version": said["version"], "python": said["requires-python"], "dependencies": said["dependencies"]}
    told = metadata.metadata("assay")
    needs = [need for need in metadata.requires("assay") or () if "extra ==" not in need]
    return {"version": told["Version"].split("+")[0], "python": told["Requires-Python"], "dependencies": needs}


def _built(stage: Path, out: Path) -> Path:
    made = stage / "made"
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    done = subprocess.run(command, cwd=stage, capture_output=True, text=True, check=False)
    wheels = list(made.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Fault(f"the package could not be built; hatchling last wrote: {last[:300]}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheels[0], out / wheels[0].name))
    except OSError as error:
        raise Misuse(f"cannot write into {out} ({error.strerror}): name another folder with --out") from None
