#!/usr/bin/env python3
"""Grades machine-learning notebooks; `grade.py --help` says how."""

import sys

from assay.command import main

if __name__ == "__main__":
    sys.exit(main())
