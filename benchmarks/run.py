#!/usr/bin/env python3
"""Shows how fast grading is; `benchmarks/run.py --help` says how, and benchmarks/README.md what the figures mean."""

import sys
from pathlib import Path


def main() -> int:
    """Find the checkout's packages, and write nothing into it, not even bytecode."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from benchmarks.measure import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
