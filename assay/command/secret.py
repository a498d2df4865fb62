"""Decides what hidden inputs are drawn from: a secret of the course, made once and kept with the user's settings."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from assay.failure import Misuse

SECRET_BYTES = 32  # as long as the digest that is made of it


def course_secret() -> bytes:
    """The secret; the same file on two machines makes them ask the same questions.

    Raises:
        Misuse: the file cannot be read or written.
    """
    path = _place()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return bytes.fromhex(path.read_text(encoding="ascii").strip())
        secret = secrets.token_bytes(SECRET_BYTES)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secret.hex() + "\n")
        return secret
    except (OSError, ValueError) as error:
        raise Misuse(
            f"the course's secret in {path} cannot be used ({error}): make the file readable, or remove it"
        ) from None


def _place() -> Path:
    """$ASSAY_SECRET, else `assay/secret` in the user's folder for settings."""
    if given := os.environ.get("ASSAY_SECRET"):
        return Path(given)
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(settings) / "assay" / "secret"
