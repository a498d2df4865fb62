"""`python -m tests.fuzz`: looks for a notebook that intake does not answer with a notebook or with one sentence.

It is guided by which of intake's lines ran, so that it finds its way into the format, and goes on for as long as it is
told; with what was worth keeping it begins the next time. Needs the extra `fuzz` (atheris, where that is to be had). An
answer that is neither, one that takes ten seconds, or one that takes more memory than intake may, ends the search; its
input is left in the folder.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("python -m tests.fuzz needs atheris: pip install -e '.[fuzz]' (Linux on x86_64; macOS)")

with atheris.instrument_imports(include=["assay.intake"]):
    from assay.intake import Notebook, read_notebook

from assay.failure import Rejected

ROOT = Path(__file__).parent.parent
SLOW_S = 10  # the largest file that is read at all takes one or two; instrumented lines are ten times as slow
MEMORY_MB = 2048  # the interpreter and 50 MB of JSON as objects need half of it
LONGEST = 32_000  # bytes; longer inputs find the same lines more slowly
WORDS = (
    "nbformat", "nbformat_minor", "cells", "cell_type", "source", "metadata", "outputs", "execution_count", "markdown",
    "code", "raw", "worksheets", "input", "heading", "level", "# ", "## Exercise 1", "## Exercise 2: a [Supported]",
    "```", "NaN", "-Infinity", "1e999", "\\ud800", "\\u0000", "[[[[", "{{", "%PDF-", "PK", "<!DOCTYPE html>",
)  # fmt: skip


def one_input(data: bytes) -> None:
    """Fails on any answer but a notebook that can be written down, or a sentence that can be printed."""
    try:
        notebook = read_notebook(data, "x.ipynb")
    except Rejected as rejected:
        assert str(rejected).isprintable()
    else:
        assert isinstance(notebook, Notebook)
        repr(notebook).encode()


def main() -> None:
    """Search until time is over, or something is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="how long (default: 300)")
    parser.add_argument("--folder", type=Path, default=Path("fuzz"), help="where inputs are kept (default: fuzz)")
    options = parser.parse_args()
    inputs = _sown(options.folder)
    atheris.Setup(
        [
            sys.argv[0], str(inputs), f"-dict={options.folder / 'words'}", f"-max_total_time={options.seconds}",
            f"-timeout={SLOW_S}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}",
            f"-artifact_prefix={options.folder}/found-",
        ],
        one_input,
    )  # fmt: skip
    atheris.Fuzz()


def _sown(folder: Path) -> Path:
    """The folder of inputs with notebooks to begin with; the words of the format lie beside it."""
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    (folder / "words").write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS), encoding="utf-8")
    for path in sorted((ROOT / "submissions").glob("*.ipynb")):
        if path.stat().st_size <= LONGEST:
            (inputs / path.stem).write_bytes(path.read_bytes())
    return inputs


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


if __name__ == "__main__":
    main()
