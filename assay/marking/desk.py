"""Decides the order of the answers on a marker's desk, and keeps what was entered in this sitting beside the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from assay.failure import Misuse
from assay.marking.answers import Answer, Marks, require_mark

COMMENTS = 9  # offered again, the most used first; the keys a to i


class Desk:
    """The answers to one question lie together, so that they are marked alike; places count from 0."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self.answers = sorted(marks.waiting(), key=lambda a: (a.lesson, a.exercise, a.criterion, a.name, a.id))

    def enter(self, place: object, points: object, comment: object) -> int | None:
        """Enter a mark for the answer at a place; returns the next place that waits, None when all are marked.

        Raises:
            Misuse: there is no such place, or the mark may not be given or cannot be kept.
        """
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(self.answers):
            raise Misuse("this page is from another sitting: open the address that was printed last")
        answer = self.answers[place]
        value, text = require_mark(answer, points, comment)
        self._marks.enter(answer.id, answer.exercise, answer.criterion, value, text)
        self.answers[place] = replace(answer, points=value, comment=text)
        return self.next_waiting(place)

    def next_waiting(self, place: int = -1) -> int | None:
        """The first place behind this one that waits, else the first of all."""
        waiting = [n for n, answer in enumerate(self.answers) if answer.points is None]
        return next((n for n in waiting if n > place), waiting[0] if waiting else None)

    def marked(self) -> int:
        """How many have their mark."""
        return sum(answer.points is not None for answer in self.answers)

    def comments(self, answer: Answer) -> list[str]:
        """What was said about other answers to the same question, the most used first."""
        same = [a.comment for a in self.answers if a.comment and _question(a) == _question(answer)]
        return [comment for comment, _ in Counter(same).most_common(COMMENTS)]


def _question(answer: Answer) -> tuple[str, int, str]:
    return answer.lesson, answer.exercise, answer.criterion
