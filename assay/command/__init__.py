"""The command line: what a person can ask for, and with which exit code it ends."""

from assay.command.main import main

__all__ = ["main"]
