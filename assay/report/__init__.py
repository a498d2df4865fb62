"""What people read: the terminal table, the page per submission, the page per cohort and the gradebook.

Every function here takes finished results (the JSON objects that `rubric/result.schema.json` describes) and decides
nothing about marks. Heavy libraries (rich, Pillow) are imported where they are used: importing this package is cheap.
"""

from assay.report.cohort_page import write_cohort_page
from assay.report.escape import plain
from assay.report.gradebook import write_gradebook
from assay.report.page import write_report
from assay.report.student import student_view
from assay.report.text import print_results
from assay.report.vector import get_ready
from assay.report.write import report_ids, write_all, write_pages, write_summary

__all__ = [
    "get_ready",
    "plain",
    "print_results",
    "report_ids",
    "student_view",
    "write_all",
    "write_cohort_page",
    "write_gradebook",
    "write_pages",
    "write_report",
    "write_summary",
]
