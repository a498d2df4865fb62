"""The warm parent: imports the libraries once, then forks a child for each order that comes through its socket.

It never runs a cell itself and knows nothing secret, so every child starts from the same clean memory. A child may make
something ready once and serve in its turn (`standby.py`): what it knows, no notebook's process can find in its memory.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.failure import Fault

ORDER_BYTES = 65536  # an order is a file name


def main() -> None:
    """`python -m assay.execution.warm SOCKET_FD IMPORTS_JSON`."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    from assay.execution.forking import packing
    from assay.execution.surroundings.libraries import warm_up
    from assay.sandbox.limits import adopt_orphans, die_with_parent

    die_with_parent()
    adopt_orphans()
    gc.disable()  # what is imported stays: a tenth of the time would go into looking for garbage in it
    with packing(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own notices are not the notebook's
        shell, facts = warm_up(json.loads(sys.argv[2]))
    _settle()
    listening.sendall(json.dumps({"ready": True, **facts}).encode() + b"\n")
    serve(listening, lambda order, channel: _obey(order, channel, shell))


def _settle() -> None:
    """Make what is in memory now cheap to share with children: never looked through for garbage, in large pages."""
    from assay.execution.forking import pack_memory

    gc.freeze()
    pack_memory()


def serve(listening: socket.socket, obey: Callable[[dict[str, Any], int], None]) -> None:
    """Fork a child for each order (a JSON object and a descriptor to answer through) until the other side hangs up."""
    from assay.execution.forking import fork_as_is

    children: dict[int, int] = {}  # pid -> a descriptor that becomes readable when the child ends, or -1
    while True:
        waiting = [descriptor for descriptor in children.values() if descriptor >= 0]
        ready, _, _ = select.select(
            [listening.fileno(), *waiting], [], [], 0.05 if len(waiting) < len(children) else 1.0
        )
        _bury(children)
        if listening.fileno() not in ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(listening, ORDER_BYTES, 1)
        if not data:
            return
        child = fork_as_is()
        if child == 0:
            _carry_out(obey, json.loads(data), descriptors[0])
        os.close(descriptors[0])
        children[child] = _ending_of(child)
        listening.sendall(json.dumps({"pid": child}).encode() + b"\n")


def _ending_of(child: int) -> int:
    try:
        return os.pidfd_open(child)
    except (AttributeError, OSError):  # not Linux: looked at now and then
        return -1


def _bury(children: dict[int, int]) -> None:
    """Bury dead children, but first kill what they left behind: orphans are adopted, so they are ours to see. Who finds
    that a child is buried knows that nothing of it is alive."""
    for child in [child for child in children if _is_dead(child)]:
        _kill_orphans(children)
        os.waitpid(child, 0)
        if (descriptor := children.pop(child)) >= 0:
            os.close(descriptor)


def _is_dead(child: int) -> bool:
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except AttributeError:  # macOS
        import psutil

        return bool(psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def _kill_orphans(children: dict[int, int]) -> None:
    """Until there is none: one that forks faster than it can be killed once is killed later."""
    quiet = 0
    while quiet < 2:  # the kernel's list may skip a process while another one is dying
        orphans = _own_children() - children.keys()
        quiet = 0 if orphans else quiet + 1
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)  # nobody but us buries it, so the number is still its own
            os.waitpid(orphan, 0)


def _own_children() -> set[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:  # not Linux, or a kernel without this list: nothing is adopted there
        return set()


def _carry_out(obey: Callable[[dict[str, Any], int], None], order: dict[str, Any], channel: int) -> None:
    """In the child: carry out one order and end, whatever happens."""
    status = 1
    try:
        os.set_inheritable(channel, False)
        obey(order, channel)
        status = 0
    except BaseException as error:
        _complain(channel, error)
    finally:
        os._exit(status)


def _obey(order: dict[str, Any], channel: int, shell: Any) -> None:
    if order["do"] == "run":
        from assay.execution.line import hear
        from assay.execution.plan import Plan
        from assay.execution.runner import Runner

        Runner(Plan.read(Path(hear(channel))), shell, channel).run()
    elif order["do"] == "share":
        from assay.execution.prefix import hold

        hold(Path(order["part"]), shell, channel, serve)
    elif order["do"] == "stand by":
        _stand_by(order, channel)
    else:
        _answer(channel, _named(order["call"]), order["arguments"])


def _stand_by(order: dict[str, Any], channel: int) -> None:
    """Call `module:function` with a function that serves: it makes ready what it likes, then calls that with what
    answers each later order's arguments, in a child."""
    from assay.sandbox.limits import close_inherited, die_with_parent

    die_with_parent()
    close_inherited({channel})
    listening = socket.socket(fileno=channel)

    def serve_answers(answer: Callable[..., Any]) -> None:
        # Not packed: that would copy all that is shared with the warm parent, 230 MB, to save 5 ms of each fork.
        gc.collect()
        gc.freeze()
        listening.sendall(b'{"ready": true}\n')
        serve(listening, lambda later, to: _answer(to, answer, later["arguments"]))

    _named(order["call"])(serve_answers, **order["arguments"])


def _answer(channel: int, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """What the function says to the arguments goes back as JSON."""
    from assay.execution import events

    gc.disable()  # this child ends with its answer; looking for garbage among the libraries' objects only takes time
    events.send(channel, {"answer": function(**arguments)})


def _named(function: str) -> Callable[..., Any]:
    """The function that `module:name` stands for."""
    from importlib import import_module

    module, name = function.split(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def _complain(channel: int, error: BaseException) -> None:
    import traceback

    from assay.execution import events

    reason = str(error) if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))[-4000:]
    try:
        events.send(channel, {"e": "fault", "reason": reason[:600], "trace": trace})
    except OSError:
        return


if __name__ == "__main__":
    main()
