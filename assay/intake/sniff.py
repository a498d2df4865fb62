"""Decides which files are something else than a notebook under a notebook's name, so that the sentence can say what."""

from __future__ import annotations

import re

from assay.failure import Rejected

_BINARY = {
    b"PK\x03\x04": "a zip archive: unpack it and hand in the .ipynb file inside",
    b"\x1f\x8b": "a gzip archive: unpack it and hand in the .ipynb file inside",
    b"%PDF": "a PDF: hand in the notebook itself, not its print",
    b"\xff\xfe": "text in UTF-16: save it as UTF-8",
    b"\xfe\xff": "text in UTF-16: save it as UTF-8",
}
_SCRIPT = re.compile(rb"^(?:import |from \S+ import |def |class |@|#|%|\"\"\"|print\(|\w+ = )", re.MULTILINE)
_BLANK = b" \t\r\n"


def reject_other_formats(data: bytes) -> None:
    """Raise Rejected when `data` is empty or starts like another kind of file; passes what may be JSON."""
    for magic, what in _BINARY.items():
        if data.startswith(magic):
            raise Rejected(f"this is not a notebook but {what}")
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)[:2000]
    if not start:
        raise Rejected("the file is empty: save the notebook and hand it in again")
    if start.startswith(b"<") and not start.startswith(b"<<<<<<<"):
        raise Rejected("this is a web page (HTML), not a notebook: download the .ipynb file itself (on GitHub, 'raw')")
    if start[:1] not in b"{[" and _SCRIPT.search(start):
        raise Rejected("this is a script or plain text, not a notebook: hand in the .ipynb file saved by Jupyter")
