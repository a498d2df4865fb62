"""The cost model: workers share the submissions, until the one that writes decides."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.cost import cost_hours


def test_one_worker_takes_all_the_time_and_eight_an_eighth_of_it():
    assert cost_hours(3600, 1, 0.0, 10.0, 0.1) == pytest.approx(10.0)
    assert cost_hours(3600, 8, 0.0, 10.0, 0.1) == pytest.approx(1.25)
    assert cost_hours(3600, 8, 36.0, 10.0, 0.1) == pytest.approx(1.26)


def test_more_workers_than_the_writer_can_serve_gain_nothing():
    assert cost_hours(3600, 100, 0.0, 10.0, 0.1) == pytest.approx(0.1)
    assert cost_hours(3600, 1000, 0.0, 10.0, 0.1) == pytest.approx(0.1)
