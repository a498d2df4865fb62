"""Decides what the text of a code cell leaves to the student, and whether it does anything at all."""

from __future__ import annotations

import ast
import re

# In comments only: printed advice like "complete TODO 2 first" is part of a finished cell.
_MARKS = re.compile(r"#.*?(?:\bTODO|\bYOUR |\bReplace this|\bReplace with|\bFill in|\bFILL)", re.MULTILINE)
_BLANKS = re.compile(r"____|= None[ \t]*#|\bpass[ \t]*#")


def is_open(source: str, given_complete: bool) -> bool:
    """Whether a published cell still has something to fill in.

    A cell that says nothing (comments, `pass`, fixed prints) is one to write in, except in an exercise handed out
    complete, where it only announces something.
    """
    if _MARKS.search(source) or _BLANKS.search(source):
        return True
    statements = _statements(source)
    return not given_complete and statements is not None and all(map(_says_nothing, statements))


def does_something(source: str) -> bool:
    """Whether a student's cell holds work: more than comments, `pass`, fixed prints, imports and magics."""
    statements = _statements(source)
    if statements is None:  # broken code is an attempt
        return True
    return not all(_says_nothing(one) or isinstance(one, ast.Import | ast.ImportFrom) for one in statements)


def _statements(source: str) -> list[ast.stmt] | None:
    """The top-level statements without lines of magics (`%...`, `!...`); None when it is not Python."""
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    try:
        return ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=args)):
            return all(isinstance(one, ast.Constant) for one in args)
    return False
