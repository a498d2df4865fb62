"""Decides how people's marks get in: a page on this machine that shows what waits, one key for each mark.

Whoever keeps the marks implements `Marks`; nothing here stores anything.
"""

from assay.marking.answers import Answer, Marks, answers_of
from assay.marking.server import MarkingServer, serve

__all__ = ["Answer", "MarkingServer", "Marks", "answers_of", "serve"]
