"""Times another tool on a folder of notebooks; runs under that tool's own Python and imports nothing of ours.

`PYTHON foreign.py nbclient|nbgrader|otter FOLDER TEST` prints one JSON object as its last line:
{"version": str, "start": s paid once, "seconds": s for all submissions, "wrong": notebooks that did not run or score}.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

CELL_S = 600
Report = dict[str, Any]


def nbclient(folder: Path, test: str) -> Report:
    """The plainest loop there is: a fresh kernel for every notebook, all cells, no test and no grade."""
    began = time.monotonic()
    import nbformat
    from nbclient import NotebookClient

    ready = time.monotonic()
    wrong = []
    for path in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(path, 4)
        NotebookClient(notebook, timeout=CELL_S, kernel_name="python3", allow_errors=True).execute(cwd=str(folder))
        if _failed(notebook):
            wrong.append(path.stem)
    return {"version": version("nbclient"), "start": ready - began, "seconds": time.monotonic() - ready, "wrong": wrong}


def nbgrader(folder: Path, test: str) -> Report:
    """`nbgrader autograde`, one command for all; the assignment is the cells and one graded cell with `test`."""
    course = folder / "course"
    first = sorted(folder.glob("*.ipynb"))[0]
    _nbgrader_notebook(first, test, course / "source" / "ti" / "ti.ipynb")
    limits = "".join(f"c.{name}.timeout = {CELL_S}\n" for name in ("Execute", "ExecutePreprocessor"))
    (course / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.course_id = 'bench'\n{limits}")
    _run("nbgrader", "generate_assignment", "ti", cwd=course)
    names = [path.stem for path in sorted(folder.glob("*.ipynb"))]
    for name in names:
        _nbgrader_notebook(folder / f"{name}.ipynb", test, course / "submitted" / name / "ti" / "ti.ipynb")
    start = _run("nbgrader", "--version", cwd=course)
    wall = _run("nbgrader", "autograde", "ti", cwd=course)
    wrong = [name for name in names if not _ran(course / "autograded" / name / "ti" / "ti.ipynb")]
    return {"version": version("nbgrader"), "start": start, "seconds": wall - start, "wrong": wrong}


def _nbgrader_notebook(source: Path, test: str, target: Path) -> None:
    notebook = json.loads(source.read_text(encoding="utf-8"))
    graded = {"grade": True, "grade_id": "t1", "locked": True, "points": 1, "schema_version": 3, "solution": False,
              "task": False, "cell_type": "code"}  # fmt: skip
    notebook["cells"].append(_code("t1", f"assert {test}", {"nbgrader": graded}))
    _write(notebook, target)


def otter(folder: Path, test: str) -> Report:
    """`otter.api.grade_submission` in one process, its import paid once; one test file with `test`."""
    (folder / "tests").mkdir()
    (folder / "tests" / "t1.py").write_text(
        "OK_FORMAT = False\nfrom otter.test_files import test_case\nname = 't1'\npoints = 1\n"
        f"@test_case(points=1, hidden=False)\ndef test_t1(env):\n    assert eval({test!r}, env)\n"
    )
    nothing = [f"--no-{what}" for what in ("config", "requirements", "environment")]
    _run("otter", "generate", "-t", "tests", "-o", "autograder.zip", *nothing, cwd=folder)
    made = [_otter_notebook(path, folder / "otter") for path in sorted(folder.glob("*.ipynb"))]
    began = time.monotonic()
    grade_submission = import_module("otter.api").grade_submission

    ready = time.monotonic()
    grades = {path.stem: grade_submission(str(path), str(folder / "autograder.zip"), quiet=True) for path in made}
    seconds = time.monotonic() - ready
    wrong = [name for name, grade in grades.items() if grade.total != grade.possible]
    return {"version": version("otter-grader"), "start": ready - began, "seconds": seconds, "wrong": wrong}


def _otter_notebook(source: Path, folder: Path) -> Path:
    notebook = json.loads(source.read_text(encoding="utf-8"))
    begin = _code("otter-begin", 'import otter\ngrader = otter.Notebook("ti.ipynb")', {})
    notebook["cells"] = [begin, *notebook["cells"], _code("otter-check", 'grader.check("t1")', {})]
    _write(notebook, folder / source.name)
    return folder / source.name


def _code(name: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "id": name, "metadata": metadata, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip


def _write(notebook: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _run(tool: str, *arguments: str, cwd: Path) -> float:
    """Seconds of one command of a tool; its own words when it fails."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{tool} {arguments[0]} ended with {done.returncode}: {done.stderr[-1500:]}")
    return time.monotonic() - began


def _ran(path: Path) -> bool:
    return path.is_file() and not _failed(json.loads(path.read_text(encoding="utf-8")))


def _failed(notebook: dict[str, Any]) -> bool:
    """Whether a cell raised, or was never reached."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    errors = any(output["output_type"] == "error" for cell in code for output in cell["outputs"])
    return errors or any(cell["execution_count"] is None for cell in code)


TOOLS = {"nbclient": nbclient, "nbgrader": nbgrader, "otter": otter}

if __name__ == "__main__":
    tool, given, expression = sys.argv[1:]
    work = Path(given)
    report = TOOLS[tool](work, expression)
    shutil.rmtree(work, ignore_errors=True)
    print(json.dumps(report))
