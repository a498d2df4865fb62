"""Decides which version of assay this is, for people and for the addresses of results."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

CHECKOUT = "from a checkout that is not installed"


def version() -> str:
    """The version, such as 0.1.0; words where there is none."""
    try:
        return installed("assay")
    except PackageNotFoundError:
        return CHECKOUT
