"""Whatever the bytes, intake answers with a notebook or one sentence, and never with another exception.

`ASSAY_FUZZ=5000 python -m pytest tests/test_intake_fuzz.py` looks longer, `python -m tests.fuzz` further.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from fuzzing import BOUNDED, EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.failure import Rejected
from assay.intake import Notebook, read_notebook

VALID = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": ["# Title\n", "## Exercise 1: One [Guided]"], "metadata": {}},
            {"cell_type": "code", "source": "x = '\u00e9'", "metadata": {}, "outputs": [], "execution_count": 1},
            {"cell_type": "markdown", "source": "```\n## Exercise 2\n```\n### Exercise 3"},
            {"cell_type": "code", "source": ["a\n", "b"], "metadata": {"tags": []}, "outputs": []},
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
).encode()

scalars = st.none() | st.booleans() | st.integers(-5, 9) | st.floats() | st.text(max_size=30)
source = scalars | st.lists(scalars, max_size=3) | st.sampled_from(["## Exercise 1", "x = 1", "# A\n```\n"])
kinds = st.sampled_from(["code", "markdown", "raw", "heading", "html", None, 1])
cell = scalars | st.fixed_dictionaries(
    {"cell_type": kinds, "source": source}, optional={"input": source, "level": scalars, "metadata": scalars}
)
cells = scalars | st.lists(cell, max_size=5)
worksheets = scalars | st.lists(scalars | st.fixed_dictionaries({"cells": cells}), max_size=2)
shapes = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([3, 4]) | scalars},
    optional={"cells": cells, "worksheets": worksheets, "nbformat_minor": scalars},
)


def answer(data):
    try:
        return read_notebook(data, "x.ipynb")
    except Rejected as rejected:
        assert str(rejected).isprintable()
        return rejected


@BOUNDED
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_arbitrary_bytes(data):
    assert isinstance(answer(data), Rejected)


@settings(BOUNDED, max_examples=5 * EXAMPLES)
@given(shapes)
def test_notebooks_of_any_shape(tree):
    got = answer(json.dumps(tree).encode())
    assert isinstance(got, Notebook | Rejected)


@settings(BOUNDED, max_examples=5 * EXAMPLES)
@given(st.data())
def test_a_valid_notebook_with_bytes_replaced(data):
    begin = data.draw(st.integers(0, len(VALID)))
    end = data.draw(st.integers(begin, min(len(VALID), begin + 40)))
    patch = data.draw(
        st.binary(max_size=10)
        | st.sampled_from([b"\\ud800", b"NaN", b"[" * 80, b'"', b"\\", b"\x00", b"1e999", b"-", b'"source":"",', b"}"])
    )
    got = answer(VALID[:begin] + patch + VALID[end:])
    assert isinstance(got, Notebook | Rejected)
    if isinstance(got, Notebook):
        repr(got).encode()  # nothing that explodes later


@BOUNDED
@given(st.integers(0, len(VALID) - 1))
def test_a_truncated_notebook_is_never_accepted(length):
    assert isinstance(answer(VALID[:length]), Rejected)


def test_the_notebook_to_mutate_is_valid():
    assert isinstance(answer(VALID), Notebook)


def test_the_guided_search_runs_or_says_what_it_needs(tmp_path):
    asked = [sys.executable, "-m", "tests.fuzz", "--seconds", "2", "--folder", str(tmp_path)]
    done = subprocess.run(asked, cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    if importlib.util.find_spec("atheris") is None:
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("python -m tests.fuzz needs atheris: pip install")
    else:
        assert done.returncode == 0, done.stderr[-2000:]
        assert "DONE" in done.stderr
        assert len(list((tmp_path / "inputs").iterdir())) > 20
