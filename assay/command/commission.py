"""Decides what another process must know, and must have, to grade submissions exactly as this command would."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from assay.command.edition import runs_by
from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.places import Places, choose_gpus, open_places
from assay.command.session import Session
from assay.command.walls import hidden_places, require_readable
from assay.command.work import judged_by
from assay.execution.parent import WarmParent
from assay.failure import Fault, Misuse
from assay.kit import Kit, ensure_kit
from assay.sandbox.probe import missing
from assay.store import address


@dataclass(frozen=True)
class Commission:
    """Plain data that travels: which kit and walls, what inputs are drawn from, and what the other assay, its course
    and its kit must be equal to."""

    kit: str | None
    kit_digest: str
    tier: str
    device: str
    gpu_memory: int | None
    secret: bytes
    hidden: tuple[str, ...]
    runs_by: str
    judged_by: dict[str, str]

    @property
    def name(self) -> str:
        """Equal for equal commissions, and for no others."""
        plain = {key: value for key, value in asdict(self).items() if key != "secret"}
        return f"assay-{address(plain, self.secret.hex())[:16]}"


def commission_of(
    lessons: dict[str, Lesson],
    kit: Kit,
    tier: str,
    options: argparse.Namespace,
    secret: bytes,
    hidden: tuple[Path, ...],
) -> Commission:
    """The commission of a command."""
    return Commission(
        kit=None if options.kit is None else str(options.kit), kit_digest=kit.digest, tier=tier,
        device=options.device if options.engine[1] else "cpu",
        gpu_memory=options.gpu_memory, secret=secret, hidden=tuple(map(str, hidden)), runs_by=runs_by(),
        judged_by={slug: judged_by(lesson) for slug, lesson in lessons.items()},
    )  # fmt: skip


@contextmanager
def carry_out(commission: Commission, out: Path) -> Iterator[Places]:
    """Places on this machine that grade as commissioned; logs and runs lie below `out`.

    Raises:
        Misuse: assay, the course or the kit are others here.
        Fault: the walls, or a GPU, cannot be had here.
    """
    lessons = load_lessons()
    if runs_by() != commission.runs_by:
        raise Misuse("assay on the worker is not the one that was started here: install the same on both")
    if {slug: judged_by(lesson) for slug, lesson in lessons.items()} != commission.judged_by:
        raise Misuse("the course's checks or rubrics on the worker are not those that are here: copy these ones")
    kit = ensure_kit(None if commission.kit is None else Path(commission.kit))
    if kit.digest != commission.kit_digest:
        raise Misuse(f"the worker's kit is {kit.digest[:12]}, here it is {commission.kit_digest[:12]}: copy this one")
    if (why := missing(commission.tier)) is not None:
        raise Fault(f"the worker's machine does not offer --tier {commission.tier}: {why}")
    require_readable(kit, commission.tier)
    gpus = choose_gpus(commission.device)
    (out / "runs").mkdir(parents=True, exist_ok=True)
    hidden = (*hidden_places(out), *map(Path, commission.hidden))
    environment = {**kit.environment(), "CUDA_VISIBLE_DEVICES": ""}
    with WarmParent(environment, warm_imports(lessons), out / "runs" / "warm.log") as warm:
        session = Session(lessons, None, kit, warm, "fork", commission.tier, commission.secret, hidden, shared=True)
        options = argparse.Namespace(jobs=None, gpu_memory=commission.gpu_memory)
        with open_places(session, options, gpus) as places:
            yield places
