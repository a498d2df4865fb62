"""Decides what hidden inputs are drawn from: a secret of the course, made once and kept with the user's settings."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from assay.failure import Misuse

SECRET_BYTES = 32  # as long as the digest that is made of it
FEWEST_BYTES = 16  # of one that somebody else made; what is shorter, or an empty file, could be guessed


def course_secret() -> bytes:
    """The secret; the same file on two machines makes them ask the same questions.

    Raises:
        Misuse: the file cannot be read or written, or holds no secret.
    """
    path = _place()
    try:
        if not path.exists():
            _make(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise Misuse(
            f"the course's secret in {path} cannot be used ({error}): make the file readable, or remove it"
        ) from None
    if len(secret) < FEWEST_BYTES:
        raise Misuse(
            f"the course's secret in {path} could be guessed, it has {len(secret)} bytes: remove it, and a new one "
            "is made"
        )
    return secret


def _make(path: Path) -> None:
    """Write a new secret; of two commands that do it at once, both go on with the first one's, which appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:  # for its owner alone
        file.write(secrets.token_bytes(SECRET_BYTES).hex() + "\n")
        file.flush()
        try:
            os.link(file.name, path)
        except FileExistsError:
            return


def _place() -> Path:
    """$ASSAY_SECRET, else `assay/secret` in the user's folder for settings."""
    if given := os.environ.get("ASSAY_SECRET"):
        return Path(given)
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(settings) / "assay" / "secret"
