"""The hook and the workflow that a course's repository uses call commands that there are, and docs list every kind."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from assay.command.main import make_parser
from assay.coursework.finding import KINDS
from assay.coursework.rules import load_rules

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs" / "authors" / "course.md").read_text(encoding="utf-8")


def test_the_hook_calls_an_installed_command():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, *arguments = hook["entry"].split()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert program in scripts
    options = make_parser().parse_args([*arguments, "a.ipynb"])
    assert options.notebooks == ["a.ipynb"]
    assert f"id: {hook['id']}" in DOCS


def test_the_workflow_calls_options_that_there_are():
    text = (ROOT / ".github" / "workflows" / "course.yml").read_text(encoding="utf-8")
    flow = yaml.safe_load(text)
    (line,) = re.findall(r"^\s*assay (course .*)$", text, re.MULTILINE)
    options = set(re.findall(r"--[a-z]+", text.split("Test them")[1]))
    known = make_parser().parse_args(
        ["course", "a.ipynb", "--github", "--junit", "x", "--base", "HEAD", "--accepted", "y"]
    )
    assert options == {"--github", "--junit", "--base", "--accepted"}
    assert known.base == "HEAD"
    assert "${notebooks[@]}" in line
    assert flow["permissions"] == {"contents": "read"}
    assert "course.yml" in DOCS


def test_docs_list_every_kind_and_every_rule():
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", DOCS, re.MULTILINE))
    assert listed == set(KINDS)
    for rule in load_rules().house_rules:
        assert rule.id in DOCS
