"""What the pages say can be done can be done: links lead somewhere, commands are understood, code is code."""

from __future__ import annotations

import argparse
import ast
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from assay.command.main import make_parser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PROGRAM = re.compile(r"(\S*python3? )?(\S*/)?grade\.py \w|\S*python3? (-m (assay|tests|benchmarks)\.|benchmarks/)")
# Words that stand for any: `grade.py COMMAND --help` is no command line.
ANY_COMMAND = {"COMMAND"}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    return [body for name, body in FENCED.findall(path.read_text(encoding="utf-8")) if name == language]


def plain(path: Path) -> str:
    """The page without fenced code."""
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#{1,6} (.+)$", plain(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_links_lead_somewhere(path):
    for groups in LINK.findall(plain(path)):
        target = groups[0] or groups[1]
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), f"{label(path)}: {target}"
        assert not anchor or anchor in anchors(found), f"{label(path)}: {target}"


def told_to_run(path: Path) -> list[str]:
    """What a page tells to run: in blocks of a shell, and in lines that are set in."""
    found = [line for block in blocks(path, "sh") for line in block.replace("\\\n", " ").splitlines()]
    found += [line.strip() for line in plain(path).splitlines() if line.startswith("    ")]
    return [part.strip() for line in found for part in line.split("&&") if PROGRAM.match(part.strip())]


def mentioned(path: Path) -> list[str]:
    """What a page's text calls by name, perhaps without everything that it needs to run."""
    return [code for code in INLINE.findall(plain(path)) if PROGRAM.match(code)]


class Parsed(Exception):  # noqa: N818 - no error: it stops a program once its arguments are understood
    pass


@pytest.fixture
def only_parse(monkeypatch):
    """Every program ends as soon as it has understood its arguments."""
    parse = argparse.ArgumentParser.parse_args

    def understood(self, *arguments, **named):
        parse(self, *arguments, **named)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", understood)
    monkeypatch.syspath_prepend(str(ROOT))
    return monkeypatch


def require_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(line, comments=True)
    if words[0].endswith(("python", "python3")):
        words = words[1:]
    module = words[1] if words[0] == "-m" else None
    arguments = words[2:] if module else words[1:]
    if set(arguments) & ANY_COMMAND:
        return
    monkeypatch.setattr(sys, "argv", ["", *arguments])
    program = ROOT / (module.replace(".", "/") if module else words[0])
    program = program / "__main__.py" if program.is_dir() else program.with_suffix(".py")
    try:
        with pytest.raises(Parsed):
            runpy.run_path(str(program), run_name="__main__")
    except SystemExit as stop:
        if not isinstance(stop.code, str):  # argparse refuses with a number; a text says what is missing here
            raise
        pytest.skip(stop.code)
    except ModuleNotFoundError as missing:
        pytest.skip(f"{program.name} needs {missing.name}, which an extra brings")


def require_known(line: str) -> None:
    """The command is one, and its options are; what it is to be given may be left out."""
    name, *more = shlex.split(line)[1:]
    (commands,) = [a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    assert name in commands.choices, line
    options = {word.partition("=")[0] for word in more if word.startswith("--")}
    assert options <= set(commands.choices[name]._option_string_actions), line


COMMANDS = sorted({(label(path), line) for path in PAGES for line in told_to_run(path)})
MENTIONED = sorted({(label(path), line) for path in PAGES for line in mentioned(path)})


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_every_command_in_the_pages_is_understood(page, line, only_parse, capsys):
    require_understood(line, only_parse)


@pytest.mark.parametrize(("page", "line"), MENTIONED)
def test_every_command_that_is_mentioned_is_one(page, line, only_parse, capsys):
    if "grade.py" not in line:
        require_understood(line, only_parse)
    elif not set(line.split()) & ANY_COMMAND:
        require_known(line)


@pytest.mark.parametrize("line", ["grade.py grade", "grade.py run --fast"])
def test_a_mention_of_a_command_that_is_none_is_noticed(line):
    with pytest.raises(AssertionError):
        require_known(line)


NO_COMMANDS = ["grade.py grade x", "grade.py run", "python -m assay.proving --fast clip", "python -m assay.tables a b"]


@pytest.mark.parametrize("line", NO_COMMANDS)
def test_a_command_that_is_none_is_noticed(line, only_parse, capsys):
    with pytest.raises(SystemExit):
        require_understood(line, only_parse)


def test_there_are_commands_in_the_pages():
    assert len(COMMANDS) > 20 and len(MENTIONED) > 40
    assert {"README.md", "docs/authors/checks.md", "benchmarks/README.md"} <= {page for page, _ in COMMANDS}


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_code_in_the_pages_is_code(path):
    for body in blocks(path, "python"):
        ast.parse(body)
    for body in blocks(path, "yaml"):
        yaml.safe_load(body)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The pages and the program that they are about, so that a test may break them."""
    pytest.importorskip("sphinx", reason="the site is built with the extra 'docs'")
    return tmp_path_factory.mktemp("site")


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", str(source), str(out)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(site):
    done = build(ROOT / "docs", site / "html")
    assert done.returncode == 0, done.stderr
    words = (site / "html" / "reference" / "words.html").read_text(encoding="utf-8")
    assert "require_unchanged" in words and "assay.tensors.relative_error" in words
    assert "grade.py lint" in (site / "html" / "reference" / "commands.html").read_text(encoding="utf-8")
    assert "claim_only" in (site / "html" / "reference" / "rubric.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_broken_link_and_a_page_that_no_list_names_fail_the_build(site):
    small = site / "small"
    small.mkdir()
    (small / "conf.py").write_text('extensions = ["myst_parser"]\n')
    (small / "index.md").write_text("# A\n\n[there](nowhere.md)\n")
    assert "nowhere.md" in build(small, site / "out").stderr
    (small / "index.md").write_text("# A\n")
    (small / "lost.md").write_text("# B\n")
    done = build(small, site / "out")
    assert done.returncode != 0 and "lost.md" in done.stderr
