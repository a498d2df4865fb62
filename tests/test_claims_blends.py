"""Pictures drawn with adapters: the claims accept every way of adding weights and nothing that is no sum."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from assay.claims import require_adapter_draws, require_loaded_adapters, require_sum_of_weights
from assay.failure import Failure
from assay.judging.observations.blends import Blend

ONE, TWO = "3:unet3:default", "4:unet5:default"


def blend(one=0.0, two=0.0, residual=3e-8, delta=1e-4, merged=False, stored=False):
    return Blend(None, {ONE: one, TWO: two}, residual, delta, 6e-8, merged, stored)  # type: ignore[arg-type]


def loads(*layers):
    facts = [{"source": "/tmp/adapter", "name": "a", "layers": count} for count in layers]
    return SimpleNamespace(facts=lambda kind: facts if kind == "lora_load" else [])


@pytest.mark.parametrize(
    "drawn",
    [
        blend(one=1),
        blend(one=1, merged=True, stored=True),
        blend(one=0.7, merged=True, stored=True),
        blend(one=1, stored=True),
        blend(one=1.3),
    ],
    ids=["beside", "merged", "merged with a weight", "added by hand", "stronger"],
)
def test_an_adapter_that_draws_is_accepted(drawn):
    require_adapter_draws([blend(), drawn])


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (blend(one=0.001), "none of them"),
        (blend(one=2, stored=True), "2.00 times"),
        (blend(one=0.5, stored=True), "0.50 times"),
        (blend(one=-1), "-1.00 times"),
        (blend(one=1, residual=5e-5), "away from base plus adapters"),
    ],
    ids=["asleep", "twice", "half", "taken away", "something else"],
)
def test_an_adapter_that_does_not_draw_as_it_learned_fails(drawn, said):
    with pytest.raises(Failure, match=said):
        require_adapter_draws([drawn])


def test_without_pictures_nothing_was_drawn():
    with pytest.raises(Failure, match="0 pictures"):
        require_adapter_draws([])


def test_averaged_factors_are_no_sum():
    require_sum_of_weights([blend(0.5, 0.5)])
    with pytest.raises(Failure, match="away from base"):
        require_sum_of_weights([blend(0.25, 0.25, residual=5e-5)])


def test_two_trained_adapters_must_take_part():
    require_loaded_adapters(loads(16, 16), [blend(1, 0), blend(0, 1)])
    with pytest.raises(Failure, match="1 of the trained adapters"):
        require_loaded_adapters(loads(16, 16), [blend(1, 0)])
    with pytest.raises(Failure, match="1 of the trained adapters"):
        require_loaded_adapters(loads(16), [blend(1, 0), blend(30, 30, residual=7e-5)])


def test_a_fit_by_chance_is_no_part():
    assert blend(0.5, 0.5, residual=9.8e-5).adapters == frozenset()
    assert blend(0.5, 0.5, residual=7e-5).adapters == {ONE, TWO}


def test_a_load_of_nothing_is_named():
    with pytest.raises(Failure, match="gave no layer of the pipeline an adapter"):
        require_loaded_adapters(loads(16, 0), [blend(1, 0), blend(0, 1)])
