"""Decides how submissions are spread over Dask workers, and that each comes back once, whatever dies on the way.

The command keeps what comes back, and it alone writes. As few tasks as keep the workers busy are handed out at a time:
Dask holds what was handed out and what comes back in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assay.command.commission import Commission
from assay.command.work import Work
from assay.failure import Fault, Misuse

if TYPE_CHECKING:
    from distributed import Client

    from assay.command.dask_worker import Answer

ENGINE = "dask"
AHEAD = 2  # tasks for each thread of the workers: one that runs, and one that waits for it
FAILURES = 3  # so many workers may die of one submission before it is left to the next command
WAIT_S = 600.0  # for a first worker; a queue of Slurm may take its time


def require_dask(address: str, device: str) -> None:
    """See that Dask is there, and fits what is asked for, before anything else is done.

    Raises:
        Misuse: it does not.
    """
    if not address and device == "cuda":
        raise Misuse("the workers of --engine dask would all take the same GPUs here: use --engine local for them")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise Misuse("--engine dask needs Dask: pip install 'assay[dask]'") from None


@contextmanager
def connected(address: str, workers: int) -> Iterator[Client]:
    """A client of the scheduler at `address`; without one, of a cluster of so many worker processes on this machine.

    Raises:
        Fault: nobody answers there, or there is no worker.
    """
    import dask
    from distributed import Client, LocalCluster

    with dask.config.set({"distributed.scheduler.allowed-failures": FAILURES}):
        try:
            if address:
                client = Client(address, set_as_default=False)
            else:
                cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0",
                                       silence_logs=logging.ERROR)  # fmt: skip
                client = Client(cluster, set_as_default=False)
        except (OSError, ValueError) as error:
            raise Fault(f"no Dask scheduler answers at {address} ({error}): start one, or use --engine local") from None
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
            yield client
        except TimeoutError:
            raise Fault(f"the Dask scheduler at {address} has no workers: `dask worker {address}` starts one") from None
        finally:
            client.close()
            if not address:
                cluster.close()


def answers(client: Client, commission: Commission, work: Iterable[Work]) -> Iterator[tuple[Work, Answer | str]]:
    """What comes of each, as soon as it has come; where no worker lived to tell, a sentence.

    Raises:
        Misuse, Fault: a worker cannot grade as commissioned.
    """
    from distributed import KilledWorker, as_completed

    from assay.command.dask_worker import Grader, grade

    client.register_plugin(Grader(commission))
    try:
        to_do = iter(work)
        handed_out: dict[str, Work] = {}
        coming = as_completed(loop=client.loop)

        def hand_out() -> None:
            """The longest come first, and stay first."""
            while len(handed_out) < AHEAD * max(1, sum(client.nthreads().values())):
                if (one := next(to_do, None)) is None:
                    return
                future = client.submit(grade, _task(commission, one), key=f"{commission.name}-{one.content.key}",
                                       priority=one.expected, pure=False)  # fmt: skip
                handed_out[future.key] = one
                coming.add(future)

        hand_out()
        for future in coming:
            one = handed_out.pop(future.key)
            hand_out()
            try:
                answer: Any = future.result()
            except KilledWorker:
                answer = f"{FAILURES + 1} Dask workers died while they graded this"
            future.release()  # it is ours now, and needs no room there any more
            yield one, answer
    finally:
        client.unregister_worker_plugin(commission.name)


def _task(commission: Commission, one: Work) -> Any:
    from assay.command.dask_worker import Task
    from assay.command.reading import Reading

    found = one.reading.notebook if isinstance(one.reading, Reading) else one.reading
    return Task(commission.name, found, one.lesson)
