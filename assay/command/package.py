"""`grade.py package`: builds what students install to check themselves, with nothing hidden inside."""

from __future__ import annotations

import argparse

from assay.command.lessons import load_lessons, warm_imports
from assay.course import did_you_mean
from assay.failure import Misuse
from assay.handout import build


def package(options: argparse.Namespace) -> int:
    """Build the wheel and say how it is installed."""
    if not options.public:
        raise Misuse("say --public: the package is for students, and holds only what they may see")
    known = load_lessons()
    if options.lesson not in known:
        meant = did_you_mean(options.lesson, known)
        raise Misuse(f"there is no lesson {options.lesson!r}{meant}; the lessons are {', '.join(known)}")
    lesson = known[options.lesson]
    facts = {"imports": warm_imports({options.lesson: lesson}), "sources": lesson.sources}
    wheel = build(lesson.files, lesson.rubric, facts, options.out)
    print(f"{wheel}\nStudents install it with `pip install {wheel.name}`; docs/students/checking.md is for them.")
    return 0
