"""The exceptions that decide who is at fault: the student, the file handed in, or the machine.

Exception
├── Failure    a check saw that the work is wrong: the criterion is *failed*
├── Rejected   the file cannot be graded as handed in: the result is *rejected*
├── Misuse     the person at the command line must change something: exit code 2
└── Fault      this machine let us down: nothing may be held against the student
    └── Excess a process of ours used more than its input can honestly need: a person must look at that input
"""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - a check raises it as a verdict, not as an error of the program
    """What a check raises when the student's work breaks its claim.

    Args:
        seen: what was observed, with a number and a name; never the answer.
        misconception: the idea that this usually comes from, in the course's terms.
        help: what to try or to look at next; never the solution.
    """

    def __init__(self, seen: str, misconception: str | None = None, help: str | None = None) -> None:
        super().__init__(seen)
        self.seen = seen
        self.misconception = misconception
        self.help = help


class Rejected(Exception):  # noqa: N818 - as above
    """The notebook cannot be graded as handed in; the message is one sentence: what, where, and how to mend it."""


class Misuse(Exception):  # noqa: N818 - as above
    """The command, the rubric or the kit is wrong; the message is one sentence that says how to mend it."""


class Fault(Exception):  # noqa: N818 - as above
    """This machine failed (a dead worker, no memory for us, a missing wall); never the student's fault."""


class Excess(Fault):
    """A process of ours, which runs nobody else's code, was ended because it used too much; the message says of what.
    Only what it was given to read can have made it do so."""
