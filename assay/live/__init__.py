"""`%check` in a notebook: judges what this very kernel has done so far, and runs nothing again."""

from assay.live.extension import load, unload

__all__ = ["load", "unload"]
