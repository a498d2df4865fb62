"""Mutants of a cell: each differs in one place, is Python, and what only shows something is left alone."""

from __future__ import annotations

import ast

import pytest

from assay.mutation import mutants


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a + b", ["x = a - b"]),
        ("x = a @ b", ["x = a + b"]),
        ("x = -a", ["x = a"]),
        ("x = f(a, b)", ["x = f(b, a)"]),
        ("x = f(a)", []),
        ("x = 7", ["x = 8"]),
        ("x = True", ["x = False"]),
        ("x = 'seven'", []),
        ("step()", ["pass"]),
        ("x += 1", ["pass", "x -= 1", "x += 2"]),
        ("if a < b:\n    step()", ["if a >= b:\n    step()", "if a < b:\n    pass"]),
        ("def f(x, s=0):\n    return x * s", ["def f(x, s=1):\n    return x * s", "def f(x, s=0):\n    return x / s"]),
        ("print(a + b)", []),
        ("ax.plot(a, b, linewidth=2)", []),
        ("'what it does'", []),
        ("import torch", []),
        ("%matplotlib inline", []),
    ],
)
def test_every_place_is_changed_once(source, expected):
    assert sorted(m.source for m in mutants(source)) == sorted(expected)


def test_a_mutant_says_where_and_what():
    (mutant,) = mutants("a = b\nfor t in times:\n    x = scheduler.step(e, t)\n")
    assert (mutant.line, mutant.description) == (3, "x = scheduler.step(e, t) -> x = scheduler.step(t, e)")


def test_a_statement_that_is_deleted_leaves_python():
    source = "for t in times:\n    optimizer.step()\n"
    assert [ast.dump(ast.parse(m.source)) for m in mutants(source)] == [
        ast.dump(ast.parse("for t in times:\n    pass"))
    ]
