"""Who may import whom: the left may import the right, never back. What checks may import, `lint` says."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Part of assay -> the parts that it may import, with what they are to it.
ALLOWED: dict[str, dict[str, str]] = {
    "__init__": {
        "failure": "the word `Failure` is for the checks",
        "live": "`%load_ext assay` calls the package's own functions",
    },
    "failure": {},
    "anew": {},
    "tensors": {"failure": "what cannot be compared is a failure"},
    "course": {"failure": "a lesson that is not there is misuse"},
    "proof": {"failure": "an edit that does not fit is misuse"},
    "declared": {"course": "where the lesson's files lie", "failure": "data that do not run are misuse", "proof": ""},
    "lint": {
        "course": "where the lessons' files lie",
        "declared": "what a lesson declares",
        "execution": "which constants are shortened",
        "failure": "",
        "intake": "how a notebook is split",
        "kept": "the verdicts on what is declared",
        "mutation": "what a rule speaks of",
        "proof": "whether an edit fits",
        "replay": "what a replay takes hold of",
        "rubric": "what earns points",
        "tables": "whether the pages show the verdicts",
    },
    "proving": {
        "command": "mistakes and variants are graded as any notebook is",
        "course": "where the lesson's files lie",
        "declared": "the lesson's mistakes and variants",
        "failure": "",
        "kept": "where its verdicts are kept",
        "kit": "what the graded notebooks find",
        "proof": "what is to be proved",
        "tables": "how its verdicts are shown",
    },
    "kept": {"failure": "a file that somebody changed is misuse"},
    "tables": {"course": "the lessons, and where docs lie", "failure": "", "kept": "what is shown"},
    "mutation": {"proof": "the exercises' cells, and the rules on what is left correct"},
    "observed": {},
    "mutating": {
        "command": "mutants are graded as any notebook is",
        "declared": "the lesson's rules",
        "failure": "",
        "kept": "where its verdicts are kept",
        "kit": "what the graded notebooks find",
        "mutation": "what is run",
        "observed": "whether a mutant changed what is looked at",
        "proof": "how an exercise is cut out of the reference",
        "proving": "the cells that an exercise needs are declared with its mistakes",
        "tables": "how its verdicts are shown",
    },
    "sandbox": {"failure": "a wall that cannot be had is a fault of this machine"},
    "witness": {},
    "replay": {"anew": "the judge's copy of the inputs lies where a notebook could write"},
    "kit": {"failure": ""},
    "intake": {"failure": ""},
    "rubric": {
        "course": "the schemas lie beside the rubrics",
        "failure": "",
        "intake": "a published cell is known by intake's digest",
    },
    "execution": {
        "anew": "what is left behind lies where a notebook could write",
        "failure": "",
        "kit": "the pictures and operators that stand in for what is missing",
        "replay": "what is done once an exercise has ended",
        "sandbox": "the walls",
        "witness": "what runs beside the student's code",
    },
    "judging": {
        "failure": "a check's verdict",
        "replay": "the format of the inputs, whose copy the judge reads",
        "tensors": "when evidence may be compared",
        "witness": "the byte formats that both sides share, and to be silent",
    },
    "claims": {
        "failure": "",
        "judging": "claims are made of observations",
        "tensors": "",
    },
    "doctor": {
        "execution": "the walls are tried as notebooks meet them",
        "kit": "a file that must not be changed",
        "sandbox": "what each tier promises",
    },
    "report": {"failure": "", "rubric": "the words of a result"},
    "drafting": {
        "failure": "the starting assertions are checks, and say what was seen as checks do",
        "claims": "as above",
        "course": "how files are named",
        "intake": "what is drafted from",
        "mutation": "first mistakes",
        "proof": "mistakes are edits",
        "rubric": "which cells are left open",
    },
    "cohort": {
        "course": "what a lesson's name may have meant",
        "failure": "",
        "rubric": "how a YAML file is read and what breaks its schema is said",
    },
    "coursework": {
        "failure": "rules that cannot be read are misuse",
        "intake": "what is looked at",
        "kit": "the operators that stand in for what is missing",
        "report": "text that may reach a terminal",
        "rubric": "which cells leave something open, and how a YAML file is read",
        "witness": "what runs beside a course notebook asks it where in the notebook it is",
    },
    "export": {"cohort": "whose marks are written", "failure": "", "report": "text that may stand in a cell"},
    "store": {"failure": "a file that cannot be used is misuse, a full disk a fault"},
    "marking": {"failure": "a mark that cannot be entered", "report": "how an answer is shown"},
    "similarity": {
        "course": "where the lessons' files lie",
        "failure": "",
        "intake": "what is compared",
        "report": "how a page is made",
        "rubric": "which cells were handed out",
    },
    "scheduling": {"failure": "a machine without a usable place"},
    "handout": {
        "course": "where the lesson's files lie",
        "failure": "",
        "rubric": "which criteria are public",
    },
    "live": {
        "command": "lessons and verdicts are those of `check`",
        "execution": "the judge comes from a warm parent",
        "failure": "",
        "intake": "which notebook a kernel runs",
        "judging": "the word by which a judge knows that it judges its asker's own kernel",
        "kit": "the operators that stand in for what is missing",
        "report": "how a result reads in a notebook",
        "rubric": "",
        "witness": "what runs beside the student's code",
    },
    "command": {
        "anew": "results lie where a notebook could write",
        "cohort": "what is agreed on for it",
        "course": "",
        "coursework": "what is found in a course notebook",
        "declared": "where a lesson's mistakes lie",
        "drafting": "what a new lesson begins with",
        "doctor": "",
        "execution": "",
        "marking": "a page for marking by hand",
        "proof": "first mistakes are run as proofs are",
        "similarity": "which submissions are close",
        "export": "",
        "failure": "",
        "handout": "what students get",
        "lint": "whether lessons' files fit",
        "intake": "",
        "kit": "",
        "replay": "the key that hidden inputs are drawn from",
        "report": "",
        "rubric": "",
        "sandbox": "which walls there are",
        "scheduling": "how many run at once, and where",
        "store": "where a cohort's results are kept",
    },
}
# Of the witness, the judge shares formats, never what watches.
SHARED_WITH_THE_JUDGE = {"assay.witness.digest", "assay.witness.quiet", "assay.witness.plain_ids"}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it, also inside functions; for `from a import b` that is `a`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which layer is meant"
            assert node.module is not None
            yield node.module


def part_of(path: Path) -> str:
    """The part of assay that a file belongs to: its package, or the module itself."""
    return path.relative_to(ROOT / "assay").parts[0].removesuffix(".py")


FILES = sorted((ROOT / "assay").rglob("*.py"))
DECLARATIONS = sorted((ROOT / "checks").glob("*/*.py"))


def _label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_part_has_its_place():
    assert {part_of(path) for path in FILES} == set(ALLOWED)


def test_no_two_parts_import_each_other():
    order: list[str] = []
    waiting = dict(ALLOWED)
    while waiting:
        free = [part for part, needs in waiting.items() if set(needs) <= set(order)]
        assert free, f"{sorted(waiting)} import each other"
        order += free
        waiting = {part: needs for part, needs in waiting.items() if part not in free}


@pytest.mark.parametrize("path", FILES, ids=_label)
def test_a_file_imports_from_its_right_only(path):
    part = part_of(path)
    for module in imports(path):
        if module.split(".")[0] == "assay":
            other = module.split(".")[1] if "." in module else "__init__"
            assert other in {part, *ALLOWED[part]}, f"{_label(path)} imports {module}"
            if part == "judging" and other == "witness":
                assert module in SHARED_WITH_THE_JUDGE


def test_the_program_itself_never_imports_torch():
    """It takes a second to import and most of one to leave, and only the processes that it orders compute."""
    code = "import sys, assay.command.run, assay.command.regrade, assay.replay.dealer; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_execution_and_judging_meet_by_name_only():
    named = [path for path in FILES if '"assay.judging.court:stand_by"' in path.read_text(encoding="utf-8")]
    assert [_label(path) for path in named] == ["assay/command/verdict.py"]


@pytest.mark.parametrize("path", DECLARATIONS, ids=_label)
def test_mistakes_and_variants_are_data(path):
    for module in imports(path):
        allowed = module == "assay.proof" or module.split(".")[0] in sys.stdlib_module_names
        assert allowed, f"{_label(path)} imports {module}"


# What the test below finds and what makes it harmless: neither meets anything that a student wrote.
HARMLESS = {
    "assay/kit/cifar.py: pickle": "writes CIFAR-10's own file format and reads nothing",
    "assay/kit/recipe/work.py: torch.load": "its own checkpoints, with weights_only",
}


def test_nothing_reads_pickles_or_runs_text():
    found = set()
    for path in FILES:
        found |= {f"{_label(path)}: {module}" for module in imports(path) if module in ("pickle", "dill", "joblib")}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "exec", "torch.load", "pickle.loads"):
                found.add(f"{_label(path)}: {ast.unparse(node.func)}")
    assert found == set(HARMLESS)
    assert "weights_only=True" in (ROOT / "assay/kit/recipe/work.py").read_text(encoding="utf-8")
