"""How a cohort's marks reach other products: text in their formats, sorted, without times and paths of this machine."""

from assay.export.formats import FORMATS, export
from assay.export.table import csv_text

__all__ = ["FORMATS", "csv_text", "export"]
