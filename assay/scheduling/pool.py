"""Decides how work is spread over threads: executed in its order, so many at once, and judged beside that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

Task = TypeVar("Task")
Half = TypeVar("Half")
Done = TypeVar("Done")


def work_off(
    tasks: Iterable[Task],
    execute: Callable[[Task], Half],
    judge: Callable[[Task, Half], Done],
    at_once: int,
    stop: Callable[[], None],
) -> list[Done]:
    """What comes of each task, in their order: it is executed, and judged while the next one is executed. So many are
    executed `at_once`, begun in their order. What cannot go on, such as a full disk, ends them all; then `stop` ends
    what still runs, so that nothing is left to wait for."""
    executing, judging = ThreadPoolExecutor(at_once), ThreadPoolExecutor(at_once)
    ended: list[Future[Done]] = []

    def begin(task: Task, future: Future[Done]) -> None:
        with _told_to(future):
            judging.submit(finish, task, execute(task), future)

    def finish(task: Task, half: Half, future: Future[Done]) -> None:
        with _told_to(future):
            future.set_result(judge(task, half))

    try:
        for task in tasks:
            ended.append(Future())
            executing.submit(begin, task, ended[-1])
        wait(ended, return_when=FIRST_EXCEPTION)
        for future in ended:
            if future.done():
                future.result()  # the first that failed is raised, whatever has not come to an end yet
        return [future.result() for future in ended]
    except BaseException:
        stop()
        raise
    finally:
        executing.shutdown(cancel_futures=True)
        judging.shutdown(cancel_futures=True)


@contextmanager
def _told_to(future: Future[Done]) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        future.set_exception(error)
