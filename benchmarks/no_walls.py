"""A warm parent whose children build no walls, and are the same in all else: what walls cost is measured against it."""

from __future__ import annotations

import sys

from assay.execution.parent import WarmParent


class OpenParent(WarmParent):
    """A warm parent that starts this module."""

    def _command(self, descriptor: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.no_walls", *super()._command(descriptor)[-2:]]


def main() -> None:
    """The warm parent's own program, with the way into the walls left out."""
    from assay.execution import runner, warm

    runner.enter = lambda tier, ground, limits: False  # type: ignore[assignment]
    warm.main()


if __name__ == "__main__":
    main()
