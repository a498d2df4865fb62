"""Sinusoids are known in any order of their columns, and from wrong frequencies; two layers by their own parameters."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.embeddings import get_timestep_embedding

from assay.claims import require_sinusoids, require_two_layers
from assay.failure import Failure

T = torch.tensor([0, 1, 37, 50, 500, 501, 950, 999])


@pytest.mark.parametrize("d", [64, 256])
def test_the_librarys_embedding_passes_in_any_order(d):
    found = get_timestep_embedding(T, d, downscale_freq_shift=0)
    require_sinusoids(T, d, found)
    require_sinusoids(T, d, found[:, torch.randperm(d, generator=torch.Generator().manual_seed(2))])
    require_sinusoids(T, d, get_timestep_embedding(T, d, flip_sin_to_cos=True, downscale_freq_shift=0))


def test_the_librarys_default_shift_is_named():
    with pytest.raises(Failure, match=r"d/2 - 1"):
        require_sinusoids(T, 256, get_timestep_embedding(T, 256, downscale_freq_shift=1))


def test_sines_twice_are_named():
    found = get_timestep_embedding(T, 64, downscale_freq_shift=0)
    with pytest.raises(Failure, match="32 of 64 columns are there twice"):
        require_sinusoids(T, 64, torch.cat([found[:, :32], found[:, :32]], dim=1))


@pytest.mark.parametrize(
    ("frequencies", "named"),
    [
        (lambda i, d: 10000 ** -(i / d), "i/d in place"),
        (lambda i, d: 1000 ** -(2 * i / d), "1000 in place"),
        (lambda i, d: 10000 ** -(2 * i / d) / 1000, "divided by 1000"),
        (lambda i, d: 10000 ** (2 * i / d), "grow"),
    ],
)
def test_wrong_frequencies_are_named(frequencies, named):
    angles = T[:, None].double() * frequencies(torch.arange(32).double(), 64)
    with pytest.raises(Failure, match=named):
        require_sinusoids(T, 64, torch.cat([angles.sin(), angles.cos()], dim=1))


@pytest.mark.parametrize("null", [0.0, 1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("shape", [(8, 64), (0, 64), (8,), ()])
def test_nulls_are_no_sinusoids(null, shape):
    with pytest.raises(Failure):
        require_sinusoids(T, 64, torch.full(shape, null))


class Layers(torch.nn.Module):
    """Two layers behind the sinusoids; `between` stands between them."""

    def __init__(self, between=torch.nn.functional.gelu, flip=False) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.one, self.two = torch.nn.Linear(32, 48), torch.nn.Linear(48, 48)
        self.between, self.flip = between, flip

    def answer(self) -> torch.Tensor:
        clocks = get_timestep_embedding(T, 32, flip_sin_to_cos=self.flip, downscale_freq_shift=0)
        return self.two(self.between(self.one(clocks))).detach()

    def require(self, answer: torch.Tensor) -> None:
        require_two_layers(T, answer, {n: p.detach() for n, p in self.named_parameters()}, 32, 48)


@pytest.mark.parametrize("flip", [False, True])
def test_two_layers_with_gelu_pass(flip):
    layers = Layers(flip=flip)
    layers.require(layers.answer())


@pytest.mark.parametrize(("between", "named"), [(torch.relu, "ReLU"), (torch.nn.functional.silu, "SiLU")])
def test_another_activation_is_named(between, named):
    layers = Layers(between)
    with pytest.raises(Failure, match=named):
        layers.require(layers.answer())


def test_a_small_error_and_nulls_fail():
    layers = Layers()
    for answer in (layers.answer() * (1 + 1e-4), *(torch.full((8, 48), null) for null in (0.0, 1.0, float("nan")))):
        with pytest.raises(Failure):
            layers.require(answer)


def test_a_module_without_the_two_layers_fails():
    with pytest.raises(Failure, match="no layer"):
        require_two_layers(T, torch.zeros(8, 48), {"weight": torch.eye(48, 32)}, 32, 48)
