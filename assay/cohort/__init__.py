"""What a course agrees on about a cohort (who, until when, which attempt counts) and the marks that follow from it."""

from assay.cohort.owners import owner_of
from assay.cohort.roster import Student
from assay.cohort.settings import NAME, Settings, read_settings, settings_of
from assay.cohort.standing import Row, standing

__all__ = ["NAME", "Row", "Settings", "Student", "owner_of", "read_settings", "settings_of", "standing"]
