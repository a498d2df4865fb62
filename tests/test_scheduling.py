"""How many run at once: as many as cores and memory allow, in the order of asking, and always one."""

from __future__ import annotations

import os
import threading
import time

import psutil
import pytest

from assay.failure import Fault
from assay.scheduling.admission import JUDGE, MARGIN, UNKNOWN, Admission, Needs
from assay.scheduling.machine import available_memory, cores
from assay.scheduling.pool import work_off

MB = 10**6


class Memory:
    """A machine with so many free bytes, of which what runs may take some."""

    def __init__(self, free):
        self.free = free

    def __call__(self):
        return self.free


class Crowd:
    """Threads that ask for a place, one after the other, and leave when they are told."""

    def __init__(self, admission):
        self.admission, self.inside, self._leave, self._threads = admission, [], {}, []
        self.most = 0

    def ask(self, name, lesson):
        self._leave[name] = threading.Event()
        waiting = len(self.admission._waiting)
        thread = threading.Thread(target=self._stay, args=(name, lesson))
        self._threads.append(thread)
        thread.start()
        self.settles(lambda: name in self.inside or len(self.admission._waiting) > waiting)
        time.sleep(0.02)

    def leave(self, name):
        self._leave[name].set()
        self.settles(lambda: name not in self.inside)

    def _stay(self, name, lesson):
        with self.admission.admitted(lesson):
            self.inside.append(name)
            self.most = max(self.most, len(self.inside))
            self._leave[name].wait(10)
            self.inside.remove(name)

    def settles(self, condition):
        until = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < until
            time.sleep(0.005)

    def end(self):
        for event in self._leave.values():
            event.set()
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def crowd():
    made = []

    def make(free, peaks=None):
        made.append(Crowd(Admission(Needs(peaks), Memory(free))))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_as_many_run_as_their_measured_memory_fits(crowd):
    room = crowd(JUDGE + 500 * MB, {"clip": 160 * MB})  # with the margin, 200 MB each
    for name in "abc":
        room.ask(name, "clip")
    assert room.inside == ["a", "b"]
    assert room.admission.held_back == 2
    room.leave("a")
    room.settles(lambda: "c" in room.inside)


def test_a_lesson_that_nobody_measured_gets_more_than_the_target(crowd):
    assert Needs().of("clip") == UNKNOWN >= 150 * MB
    room = crowd(JUDGE + 2 * UNKNOWN)
    for name in "abc":
        room.ask(name, "clip")
    assert room.inside == ["a", "b"]


def test_what_one_took_decides_over_the_next():
    needs = Needs({"clip": 100 * MB})
    needs.learn("clip", 400 * MB)
    needs.learn("clip", 50 * MB)  # the most that was seen counts
    needs.learn("clip", None)
    needs.learn(None, 10)
    assert needs.of("clip") == MARGIN * 400 * MB
    assert needs.of("lora-finetuning") == UNKNOWN


def test_one_may_always_run_however_little_memory_there_is(crowd):
    room = crowd(0)
    room.ask("a", "clip")
    room.ask("b", "clip")
    assert room.inside == ["a"]
    room.leave("a")
    room.settles(lambda: room.inside == ["b"])
    assert room.most == 1


def test_who_asked_first_is_not_passed_by_one_that_needs_less(crowd):
    room = crowd(JUDGE * 2 + 1000 * MB, {"big": 700 * MB, "small": 40 * MB})
    room.ask("first", "big")
    room.ask("second", "big")
    room.ask("third", "small")
    assert room.inside == ["first"]
    room.leave("first")
    room.settles(lambda: sorted(room.inside) == ["second", "third"])


def test_memory_that_others_take_meanwhile_is_not_given_away(crowd):
    room = crowd(JUDGE + 900 * MB, {"clip": 160 * MB})
    room.ask("a", "clip")
    room.admission._available.free = 150 * MB
    room.ask("b", "clip")
    assert room.inside == ["a"]
    room.admission._available.free = 250 * MB
    room.settles(lambda: "b" in room.inside)  # seen without anybody telling


def test_a_file_that_is_not_run_needs_no_memory(crowd):
    room = crowd(0)
    room.ask("a", "clip")
    room.ask("b", None)
    assert room.inside == ["a", "b"]


def test_a_place_is_free_again_after_an_error(crowd):
    admission = crowd(0).admission
    for _ in range(2):
        with pytest.raises(Fault), admission.admitted("clip"):
            raise Fault("the machine stumbled")


def test_so_many_are_executed_at_once_and_begun_in_their_order():
    begun, lock, inside, most = [], threading.Lock(), [], []

    def execute(task):
        with lock:
            begun.append(task)
            inside.append(task)
            most.append(len(inside))
        time.sleep(0.02)
        with lock:
            inside.remove(task)
        return -task

    assert work_off(range(9), execute, lambda task, half: (task, half), 3, list) == [(n, -n) for n in range(9)]
    assert max(most) == 3
    assert begun[0] == 0
    assert all(abs(place - task) < 3 for place, task in enumerate(begun))


def test_what_cannot_go_on_ends_all_and_is_told():
    stopped, begun = [], []

    def execute(task):
        begun.append(task)
        if task == 1:
            raise Fault("the disk is full")
        time.sleep(0.02)
        return task

    with pytest.raises(Fault, match="the disk is full"):
        work_off(range(100), execute, lambda *_: time.sleep(0.05), 1, lambda: stopped.append(True))
    assert stopped == [True]
    assert len(begun) < 100


def test_a_containers_limits_count(tmp_path):
    assert 1 <= cores(tmp_path) <= (os.cpu_count() or 1)
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    assert cores(tmp_path) == 1
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert cores(tmp_path) == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cores(tmp_path) == len(os.sched_getaffinity(0))
    free = psutil.virtual_memory().available
    assert available_memory(tmp_path) == pytest.approx(free, rel=0.3)
    (tmp_path / "memory.max").write_text(f"{700 * MB}\n")
    (tmp_path / "memory.current").write_text(f"{200 * MB}\n")
    assert available_memory(tmp_path) == 500 * MB
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(tmp_path) == pytest.approx(free, rel=0.3)
