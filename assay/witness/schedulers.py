"""Decides which schedulers are listened to: every class of the library's kind, whenever it is defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def listen_to_schedulers(after: Callable[[Any, str, Callable[..., None]], None]) -> None:
    """`after(owner, name, note)` wraps a method; here it wraps `set_timesteps` and `step` of each scheduler.

    The library defines a scheduler when it is first asked for, and importing all of them would take a second.
    """
    from diffusers import SchedulerMixin

    def listen(owner: type) -> None:
        for name, note in (("set_timesteps", _told), ("step", _stepped)):
            if name in owner.__dict__:
                after(owner, name, note)

    def defined(cls: type, /, **kwargs: Any) -> None:
        super(SchedulerMixin, cls).__init_subclass__(**kwargs)
        listen(cls)

    SchedulerMixin.__init_subclass__ = classmethod(defined)
    for owner in SchedulerMixin.__subclasses__():
        listen(owner)


def _told(witness: Any, result: Any, scheduler: Any, *_: Any, **__: Any) -> None:
    witness.calls.denoising.schedule(scheduler)


def _stepped(witness: Any, result: Any, scheduler: Any, model_output: Any, timestep: Any, *_: Any, **__: Any) -> None:
    witness.calls.stepped(result, model_output, timestep)
