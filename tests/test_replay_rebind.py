"""A name gets another value wherever a cell binds it, and nothing else changes."""

from __future__ import annotations

import ast

import pytest

from assay.replay.rebind import GIVEN, read_names, rebind


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("s = 0.7", 2),
        ("s = t = 0.7", 2),
        ("t, s = 1, 0.7", 2),
        ("s: float = 0.7", 2),
        ("s = 0\ns += 1", 2),
        ("if True:\n    s = 0.7", 2),
        ("def run(x, s=0.7):\n    return s\ns = run(1)", 2),
        ("def run(s):\n    'what it does'\n    return s\nseen = run(0.3)", None),
        ("class A:\n    def run(self, *, s):\n        return s\nseen = A().run(s=1)", None),
        ("seen = []\nfor s in (0.1, 0.2):\n    seen.append(s)\nseen = seen[0]", None),
        ("try:\n    s = 1\nexcept OSError:\n    s = 3", 2),
        ("with open('/dev/null') as f:\n    s = 1", 2),
    ],
)
def test_every_binding_gives_the_new_value(source, value):
    changed, found = rebind(source, {"s"})
    namespace = {GIVEN: {"s": 2}}
    code = compile(ast.parse(changed), "cell", "exec")
    getattr(__import__("builtins"), "exec")(code, namespace)  # noqa: B009 - what a shell does with a cell
    assert found == {"s"}
    assert namespace["s" if value else "seen"] == 2


@pytest.mark.parametrize("source", ["x = 1", "print(s)", "x = [s for s in range(3)]", "not python at all", "x.s = 1"])
def test_a_cell_that_does_not_bind_it_stays_as_it_is(source):
    assert rebind(source, {"s"}) == (source, set())


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("x = s + 1", {"s"}),
        ("s = 1", set()),
        ("def run():\n    return s", {"s"}),
        ("x.s = t", {"t"}),
        ("not python at all", set()),
    ],
)
def test_names_that_a_cell_reads_are_known(source, read):
    assert read_names(source, {"s", "t"}) == read
