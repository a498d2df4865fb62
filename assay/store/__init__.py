"""Where a cohort's results are kept: SQLite, by content; marks entered by people; and every change of a mark."""

from assay.store.content import Content, address
from assay.store.marks import Mark
from assay.store.rows import Change, Submission
from assay.store.store import NAME, Store

__all__ = ["NAME", "Change", "Content", "Mark", "Store", "Submission", "address"]
