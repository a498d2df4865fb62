"""Decides where a published solution goes: by the line that it names, its TODO's number, placeholder, header or
turn, or as a cell."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from assay.coursework.page import Block, Page, Solution, parsed
from assay.intake import Notebook

_TODO = re.compile(r"#.*?\bTODO\b[ \t]*(\d*)")
_REPLACED = re.compile(r"\breplac\w*[^`]*`([^`]+)`", re.IGNORECASE)  # `**The call (replace `x = None`):**`
_NUMBER = re.compile(r"\bTODO[ \t]*(\d+)", re.IGNORECASE)
# `name = None  # Replace this line`, `a, b = ...  # TODO: ...`, `x = ____`
_PLACEHOLDER = re.compile(
    r"^(?P<indent>[ \t]*)(?P<names>\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*=[ \t]*"
    r"(?:(?:None|\.\.\.)[ \t]*#.*\b(?:TODO|replace|your|fill)\b.*|_{3,}.*)$",
    re.IGNORECASE,
)
_COMPOUND = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.For | ast.While | ast.With


@dataclass
class Placed:
    """What became of the solutions: `sources` of the cells that they changed, and what found no place."""

    sources: dict[int, str] = field(default_factory=dict)
    unplaced: list[tuple[Solution, Block]] = field(default_factory=list)
    left: list[tuple[int, str]] = field(default_factory=list)  # `name = None  # TODO` that no solution answers
    unanswered: list[int] = field(default_factory=list)  # open cells that no solution touches

    def notebook(self, notebook: Notebook) -> Notebook:
        """The notebook with the solutions in their places; its cells keep their numbers."""
        return with_sources(notebook, self.sources)


def with_sources(notebook: Notebook, sources: Mapping[int, str]) -> Notebook:
    """The notebook with the source of some cells changed, by index."""
    changed = {c.index: replace(c, source=sources.get(c.index, c.source)) for c in notebook.cells}
    exercises = tuple(replace(e, cells=tuple(changed[c.index] for c in e.cells)) for e in notebook.exercises)
    setup = tuple(changed[c.index] for c in notebook.setup)
    return replace(notebook, cells=tuple(changed.values()), setup=setup, exercises=exercises)


def place(page: Page) -> Placed:
    """Put every solution into the cells that it answers."""
    placed = Placed()
    sources = {cell.index: cell.source for cell in page.code}
    for solution in page.solutions:
        cells = _answered(page, solution, placed)
        desk = _Desk({index: sources[index].split("\n") for index in cells})
        placed.unplaced += [(solution, block) for block in desk.place(solution.blocks)]
        for index, lines in desk.cells.items():
            if (text := "\n".join(lines)) != sources[index]:
                placed.sources[index] = text
    for index in sorted(page.open_cells):
        if index not in placed.sources:
            placed.unanswered.append(index)
        else:
            lines = placed.sources[index].split("\n")
            placed.left += [(index, names) for names, at in _placeholders(lines) if "__" not in lines[at]]
    return placed


def _answered(page: Page, solution: Solution, placed: Placed) -> list[int]:
    """The open cells between the solution before and this one; where there are none, those behind it."""
    mine = [i for i in sorted(page.open_cells) if page.exercise_of[i] == solution.exercise and i not in placed.sources]
    before = [other.cell for other in page.solutions if other.cell < solution.cell]
    between = [i for i in mine if max(before, default=-1) < i < solution.cell]
    return between or mine


class _Desk:
    """The lines of the open cells that one solution answers."""

    def __init__(self, cells: dict[int, list[str]]) -> None:
        self.cells = cells

    def place(self, blocks: tuple[Block, ...]) -> list[Block]:
        """Put the blocks where they belong; gives those that belong nowhere."""
        waiting = [b for b in blocks if parsed(textwrap.dedent(b.source)) is not None]
        broken = [b for b in blocks if b not in waiting]
        for way in (self._by_line, self._as_cell, self._by_number, self._by_placeholder, self._by_header):
            waiting = [block for block in waiting if not way(block)]
        return broken + self._in_turn(waiting)

    def _by_line(self, block: Block) -> bool:
        """The words before it say which line it replaces, and there is one such line."""
        named = _REPLACED.search(block.label)
        wanted = named[1].strip() if named else ""
        found = [
            (lines, at) for lines in self.cells.values() for at, line in enumerate(lines) if line.strip() == wanted
        ]
        if not wanted or len(found) != 1:
            return False
        lines, at = found[0]
        _put(lines, at, at + 1, block.source, _indent(lines[at]))
        return True

    def _as_cell(self, block: Block) -> bool:
        """A cell with nothing but comments and prints is a place to write in."""
        if _NUMBER.search(block.label):
            return False
        for index, lines in self.cells.items():
            if _is_blank("\n".join(lines)):
                self.cells[index] = textwrap.dedent(block.source).split("\n")
                return True
        return False

    def _by_number(self, block: Block) -> bool:
        number = _NUMBER.search(block.label)
        if number is None:
            return False
        for lines in self.cells.values():
            for at, line in enumerate(lines):
                todo = _TODO.search(line)
                if todo and todo[1] == number[1]:
                    self._fill(lines, at, _end_of_region(lines, at), block)
                    return True
        return False

    def _by_placeholder(self, block: Block) -> bool:
        assigned = _assigned(block.source)
        for lines in self.cells.values():
            if any(set(_names(names)) <= assigned for names, _ in _placeholders(lines)):
                self._fill(lines, 0, len(lines), block, only=assigned)
                return True
        return False

    def _by_header(self, block: Block) -> bool:
        tree = parsed(textwrap.dedent(block.source))
        if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], _COMPOUND):
            return False
        wanted = _header(tree.body[0])
        for lines in self.cells.values():
            cell = parsed("\n".join(lines))
            for node in ast.walk(cell) if cell else ():
                if isinstance(node, _COMPOUND) and _header(node) == wanted:
                    _put(lines, node.lineno - 1, node.end_lineno or node.lineno, block.source, " " * node.col_offset)
                    return True
        return False

    def _in_turn(self, blocks: list[Block]) -> list[Block]:
        """One block, or one statement of a block, for each TODO that is left."""
        todos = [(index, at) for index, lines in self.cells.items() for at in _bare_todos(lines)]
        pieces = [block.source for block in blocks]
        if len(pieces) != len(todos):
            pieces = [piece for block in blocks for piece in _statements(block.source)]
        if len(pieces) != len(todos) or not pieces:
            return blocks
        for (index, at), piece in reversed(list(zip(todos, pieces, strict=True))):  # from below: lines above stay put
            lines = self.cells[index]
            start = _end_of_comment(lines, at)
            end = start + 1 if start < len(lines) and lines[start].strip() == "pass" else start
            _put(lines, start, end, piece, _indent(lines[at]))
        return []

    def _fill(self, lines: list[str], start: int, end: int, block: Block, only: set[str] | None = None) -> None:
        """Put a block in the place of the first placeholder between two lines, and take the others away; without any,
        behind the comment that begins there."""
        wanted = _assigned(block.source) if only is None else only
        found = [(names, at) for names, at in _placeholders(lines) if start <= at < end]
        mine = [at for names, at in found if set(_names(names)) & wanted] or [at for _, at in found][:1]
        if not mine:
            behind = _end_of_comment(lines, start)
            _put(lines, behind, behind, block.source, _indent(lines[start]))
            return
        for at in reversed(mine[1:]):
            del lines[at]
        _put(lines, mine[0], mine[0] + 1, block.source, _indent(lines[mine[0]]))


def _put(lines: list[str], start: int, end: int, source: str, indent: str) -> None:
    body = textwrap.dedent(source).strip("\n").split("\n")
    lines[start:end] = [indent + line if line.strip() else "" for line in body]


def _placeholders(lines: list[str]) -> list[tuple[str, int]]:
    return [(match["names"], at) for at, line in enumerate(lines) if (match := _PLACEHOLDER.match(line))]


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",")]


def _bare_todos(lines: list[str]) -> list[int]:
    """The TODOs with a line of their own, and no placeholder to fill before the next one."""
    todos = [at for at, line in enumerate(lines) if line.lstrip().startswith("#") and _TODO.search(line)]
    ends = [*todos[1:], len(lines)][: len(todos)]
    taken = [at for _, at in _placeholders(lines)]
    return [at for at, end in zip(todos, ends, strict=True) if not any(at < place < end for place in taken)]


def _end_of_comment(lines: list[str], start: int) -> int:
    at = start
    while at < len(lines) and lines[at].lstrip().startswith("#"):
        at += 1
    return at


def _end_of_region(lines: list[str], start: int) -> int:
    """Where the next numbered TODO begins, or the cell ends."""
    later = (at for at in range(start + 1, len(lines)) if (todo := _TODO.search(lines[at])) and todo[1])
    return next(later, len(lines))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_blank(source: str) -> bool:
    """Whether a cell only says something: comments, `pass`, texts and prints."""
    tree = parsed(source)
    return tree is not None and all(map(_only_says, tree.body))


def _only_says(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
            return True
    return False


def _assigned(source: str) -> set[str]:
    """The names that a block assigns, at its top or inside of loops and `with`, outside of functions."""
    tree = parsed(textwrap.dedent(source))
    return set() if tree is None else set(_targets(tree.body))


def _targets(statements: list[ast.stmt]) -> Iterator[str]:
    for one in statements:
        if isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign):
            goals = one.targets if isinstance(one, ast.Assign) else [one.target]
            yield from (node.id for goal in goals for node in ast.walk(goal) if isinstance(node, ast.Name))
        elif isinstance(one, ast.For | ast.While | ast.With | ast.If):
            yield from _targets(one.body)


def _statements(source: str) -> list[str]:
    text = textwrap.dedent(source)
    tree = parsed(text)
    lines = text.split("\n")
    return [] if tree is None else ["\n".join(lines[n.lineno - 1 : n.end_lineno]) for n in tree.body]


def _header(node: ast.stmt) -> str:
    """What a compound statement begins with: the name of a function or class, what a loop runs over."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return f"def {name}"
        case ast.ClassDef(name=name):
            return f"class {name}"
        case ast.For(target=target, iter=over):
            return f"for {ast.unparse(target)} in {ast.unparse(over)}"
        case ast.While(test=test):
            return f"while {ast.unparse(test)}"
        case ast.With(items=items):
            return f"with {', '.join(map(ast.unparse, items))}"
    return ""
