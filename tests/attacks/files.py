"""Files that are attacks on whoever opens them: made here, so that none of them lies about."""

from __future__ import annotations

import io
import zipfile


def zip_of_zeros() -> bytes:
    """An archive of a kilobyte for each megabyte that it unpacks to."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../outside.ipynb", bytes(16 << 20))
    return packed.getvalue()


def deep_arrays() -> bytes:
    """JSON that nests deeper than any reader's stack."""
    return b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
