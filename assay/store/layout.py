"""Decides how the file of a store is laid out, and opens it: with one sentence where it is not one of ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assay.failure import Fault, Misuse

APPLICATION = 0x61737361  # "assa": tells our files from other programs' databases
FORMAT = 1  # of the tables below; a file of a higher one was written by a newer assay
WAIT_S = 2.0  # another command may be ending just now; a cohort that is running keeps its lock for longer than that

TABLES = """
CREATE TABLE result (
    key TEXT PRIMARY KEY, run TEXT NOT NULL, judge TEXT NOT NULL, document TEXT NOT NULL
);
CREATE INDEX result_by_run ON result (run);
CREATE TABLE submission (
    id TEXT PRIMARY KEY, file TEXT NOT NULL, notebook TEXT NOT NULL, handed_in TEXT NOT NULL,
    present INTEGER NOT NULL, key TEXT REFERENCES result (key), page TEXT
);
CREATE TABLE mark (
    submission TEXT NOT NULL, notebook TEXT NOT NULL, lesson TEXT NOT NULL, exercise INTEGER NOT NULL,
    criterion TEXT NOT NULL, points REAL NOT NULL, comment TEXT, at TEXT NOT NULL,
    PRIMARY KEY (submission, notebook, lesson, exercise, criterion)
);
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, cause TEXT NOT NULL, submission TEXT NOT NULL, lesson TEXT,
    exercise INTEGER, criterion TEXT, was TEXT, became TEXT, judge TEXT
);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def connect(path: Path, writing: bool) -> sqlite3.Connection:
    """The store at `path`, made where one wants to write and there is none; a writer keeps all others out.

    Raises:
        Misuse: the file is no store, is broken, of a newer format, cannot be opened, or another command is using it.
        Fault: the disk is full.
    """
    with sentences(path):
        if not writing:
            return _verified(_reading(path), path)
        # marks are nobody else's business; SQLite gives its other files the same mode
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            # the operating system's lock, which ends with the process however that ends; it is never a stale file
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            _require_ours(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # a result that was announced survives a power cut
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA application_id").fetchone()[0] == 0:
                _make(connection)
            connection.execute("COMMIT")
            return _verified(connection, path)
        except BaseException:
            connection.close()
            raise


def _reading(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise Misuse(f"there is no {path.name} in {path.parent}: name a folder that `grade.py cohort --out` wrote")
    address = path.resolve().as_uri()
    # in a folder that cannot be written SQLite cannot take part in locking; there nobody writes the file either
    still = "" if os.access(path.parent, os.W_OK) else "&immutable=1"
    if still and path.with_name(f"{path.name}-wal").exists():
        raise Misuse(f"{path} was left by a command that was killed: make its folder writable, so that it is completed")
    return sqlite3.connect(f"{address}?mode=ro{still}", uri=True, timeout=WAIT_S, isolation_level=None)


def _require_ours(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION and found > FORMAT:
        raise Misuse(
            f"{path} was written by a newer assay (its format is {found}, this one reads up to {FORMAT}): update "
            "assay, or name another folder"
        )
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION and not (application == 0 and empty):
        raise Misuse(f"{path} is another program's database: move it away, or name another folder")


def _make(connection: sqlite3.Connection) -> None:
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")


def _verified(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The connection, when every page of the file holds together: a torn file must not cost marks silently."""
    _require_ours(connection, path)
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    return connection


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turns what SQLite says about the file at `path` into one sentence with a remedy."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(error, path) from None
    except OSError as error:
        raise Misuse(f"cannot open {path} for writing ({error.strerror}): name another folder with --out") from None


def _in_words(error: sqlite3.Error, path: Path) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits only tell kinds of the same error apart
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Misuse(f"another grade.py is working on {path.parent}: wait until it has ended, or name another folder")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return Misuse(f"cannot write {path} ({error}): make the folder writable, or name another one with --out")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return Fault(
            f"{path} cannot be written ({error}): make room on that disk and run the same command again; what was "
            "announced is kept."
        )
    return Misuse(
        f"{path} is broken or no store of assay ({error}): put a copy of it back, or move it away and grade again"
    )


def close(connection: sqlite3.Connection) -> None:
    """Close, and let the next command find a single file; a full disk is no reason to end badly."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
