"""A process that makes itself cheap to copy can still be copied, and what it does meanwhile is done."""

from __future__ import annotations

import threading
import time

import pytest

from assay.execution import forking
from assay.execution.forking import packing


def test_memory_is_packed_beside_what_is_done_and_the_thread_has_ended_afterwards(monkeypatch):
    packed, before = [], threading.active_count()
    monkeypatch.setattr(forking, "pack_memory", lambda: packed.append(threading.active_count()))
    monkeypatch.setattr(forking, "_EVERY_S", 0.01)
    with packing():
        time.sleep(0.2)
    assert packed[0] == before + 1
    assert threading.active_count() == before
    done = len(packed)
    time.sleep(0.05)
    assert len(packed) == done > 1


def test_a_failure_inside_is_told_and_ends_the_thread_too():
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), packing():
        1 / 0  # noqa: B018 - it raises
    assert threading.active_count() == before


def test_packed_memory_holds_what_it_held(monkeypatch):
    monkeypatch.setattr(forking, "_EVERY_S", 0.01)
    with packing():
        kept = [bytes([n % 251]) * (1 << 16) for n in range(500)]
        time.sleep(0.2)
    assert all(block == bytes([n % 251]) * (1 << 16) for n, block in enumerate(kept))
