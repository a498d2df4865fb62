"""Decides what of a run's folder comes back from another machine, and how it is put down here again.

No links and no devices travel, and nothing is put down outside of the folder, whatever a parcel says.
"""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from assay.failure import Fault

LEFT_THERE = ("work", "home", "tmp", "bin", "root")  # a notebook's own files: nothing reads them once it is judged
MOST_BYTES = 2**30  # the course's references leave 9 MB on average; workers and scheduler hold parcels in memory


def pack(folder: Path) -> bytes:
    """All regular files of a run's folder but its notebook's own, as a ZIP archive.

    Raises:
        Fault: there is more than can be sent.
    """
    files = [path for path in _files(folder) if path.is_file() and not path.is_symlink()]
    if (total := sum(path.stat().st_size for path in files)) > MOST_BYTES:
        raise Fault(f"the run left {total / 2**30:.1f} GB of evidence, and at most 1 GB is sent: use --engine local")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as parcel:
        for path in files:
            parcel.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes())
    return archive.getvalue()


def unpack(parcel: bytes, folder: Path) -> None:
    """Put the files of a parcel into an empty folder."""
    with zipfile.ZipFile(io.BytesIO(parcel)) as archive:
        for entry in archive.infolist():
            archive.extract(entry, folder)  # leaves out what would lead out of the folder


def _files(folder: Path) -> list[Path]:
    found = []
    for above, below, names in os.walk(folder):
        if Path(above) == folder:
            below[:] = [name for name in below if name not in LEFT_THERE]
        found += [Path(above) / name for name in names]
    return sorted(found)
