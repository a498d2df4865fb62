"""Decides where a submission runs: on the CPU, as many at once as cores and memory allow, or alone on a GPU."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version

from assay.command.session import Result, Session
from assay.execution.gpu import GpuShare
from assay.execution.parent import WarmParent
from assay.failure import Fault, Misuse
from assay.scheduling.admission import Admission, Needs
from assay.scheduling.devices import Devices, Gpu, NoDevices, devices_here
from assay.scheduling.machine import cores
from assay.scheduling.slots import Slot, Slots


@dataclass(frozen=True)
class Places:
    """What all submissions of a command share, judging included, and how many of them run at once. On GPUs each runs
    in a child of the warm parent of its own GPU; the judge computes on the CPU all the same."""

    session: Session
    at_once: int
    admission: Admission
    slots: Slots | None = None
    by_gpu: dict[str, Session] = field(default_factory=dict)

    @contextmanager
    def taken(self, lesson: str | None) -> Iterator[Session]:
        """Wait for a place for a submission of that lesson; None is for a file that will not be run."""
        if lesson is None:
            yield self.session
        elif self.slots is None:
            with self.admission.admitted(lesson):
                yield self.session
        else:
            with self.slots.taken() as slot, self.admission.admitted(lesson):
                yield self.by_gpu[slot.gpu.uuid]

    def learn(self, result: Result) -> None:
        """What this one took decides how many of its lesson run at once from now on."""
        self.admission.needs.learn(result["lesson"], result.get("peak_memory"))

    def close(self) -> None:
        """End whatever runs."""
        for session in (self.session, *self.by_gpu.values()):
            session.warm.close()


@contextmanager
def open_places(
    session: Session,
    options: argparse.Namespace,
    gpus: tuple[Gpu, ...],
    peaks: Mapping[str, int] | None = None,
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr),
) -> Iterator[Places]:
    """Places of this machine for the notebooks of `session`; `peaks` are the bytes that earlier ones took, by lesson,
    and `say` is told when a GPU is given up."""
    with ExitStack() as stack:
        if not gpus:
            at_once = options.jobs or cores()
            yield Places(session, at_once, Admission(Needs(peaks)))
            return
        slots = Slots(find_devices(), gpus, say)
        by_gpu = {}
        for slot in slots.all:
            warm = stack.enter_context(_warm_on(slot, session, options.gpu_memory))
            by_gpu[slot.gpu.uuid] = replace(session, warm=warm)
        at_once = min(options.jobs or len(gpus), len(gpus))
        yield Places(session, at_once, Admission(Needs(peaks)), slots, by_gpu)


def choose_gpus(device: str) -> tuple[Gpu, ...]:
    """The GPUs for `--device`: none for cpu, all for cuda, and for auto all if there are any that torch can use.

    Raises:
        Misuse: cuda was asked for, and there is none.
    """
    if device == "cpu":
        return ()
    if device == "auto" and version("torch").endswith("+cpu"):
        return ()
    devices = find_devices()
    gpus = tuple(devices.gpus())
    if not gpus and device == "cuda":
        why = devices.why if isinstance(devices, NoDevices) else "CUDA_VISIBLE_DEVICES leaves none of them"
        raise Misuse(f"--device cuda needs an NVIDIA GPU, and none was found: {why}; or use --device cpu")
    return gpus


def require_cpu(device: str, command: str) -> None:
    """See that nobody asks for a GPU from a command that does without.

    Raises:
        Misuse: somebody does.
    """
    if device == "cuda":
        raise Misuse(f"`{command}` runs notebooks on the CPU only: leave --device cuda out")


def find_devices() -> Devices:
    """This machine's GPUs; tests put others here."""
    return devices_here()


@contextmanager
def _warm_on(slot: Slot, session: Session, limit: int | None) -> Iterator[WarmParent]:
    """A warm parent whose children find this GPU and no other.

    Raises:
        Fault: they would find none, or could not use it.
    """
    share = GpuShare(slot.used, limit or slot.gpu.total, min(1.0, limit / slot.gpu.total) if limit else 1.0)
    environment = {**session.warm.kit, "CUDA_VISIBLE_DEVICES": slot.gpu.uuid}
    log = session.warm.log.with_name(f"warm-{slot.gpu.uuid}.log")
    with WarmParent(environment, session.warm.imports, log, gpu=share) as warm:
        if warm.device != "cuda":
            raise Fault(f"torch does not find {slot.gpu.name}: install a torch that is built for CUDA, or --device cpu")
        yield warm
