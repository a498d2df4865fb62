"""What must hold of timestep embeddings: sines and cosines of the right frequencies, in any order, then two layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations

import torch

from assay.claims.networks import require_start_values
from assay.failure import Failure
from assay.tensors import relative_error

COLUMN = 1e-4  # absolute, of numbers up to 1; float32 gives 4e-5 at timestep 999, the nearest wrong frequency 0.1
EXACT = 1e-5  # of a table of cosines; float32 gives 4e-7
LAYERS = 1e-4  # relative; frequencies in float32 give 1e-5 behind two layers near timestep 999, quick GELU 0.01
LENGTH = 1e-3  # relative, of a squared length; float32 gives 1e-6
NEXT = 0.97  # cosine of neighbouring timesteps: 0.972 by the formula, at every timestep
FAR = 0.6  # cosine of timesteps 500 and 50: 0.27 by the formula
FALLS = 0.1  # how far neighbours, ten timesteps apart, are from the mean towards 1: sinusoids 0.49, unrelated rows 0.01

Frequencies = Callable[[int], torch.Tensor]
Activation = Callable[[torch.Tensor], torch.Tensor]


def _powers(rate: float, count: int) -> torch.Tensor:
    """exp(-rate i) for i = 0 ... count - 1, float64."""
    return torch.exp(-rate * torch.arange(count, dtype=torch.float64))


_RATE = math.log(10000)
# Well-known wrong frequencies for d columns, in the words that follow "they are as they would be".
_SLIPS: dict[str, Frequencies] = {
    "with d/2 - 1 in place of d/2": lambda d: _powers(_RATE / max(d / 2 - 1, 1), d // 2),
    "with an exponent of i/d in place of 2i/d": lambda d: _powers(_RATE / d, d // 2),
    "with 1000 in place of 10000": lambda d: _powers(math.log(1000) / (d / 2), d // 2),
    "with timesteps divided by 1000 first": lambda d: _powers(_RATE / (d / 2), d // 2) / 1000,
    "without the logarithm of 10000": lambda d: _powers(10000 / (d / 2), d // 2),
    "with frequencies that grow": lambda d: _powers(-_RATE / (d / 2), d // 2),
}


def sinusoids(t: torch.Tensor, d: int, frequencies: torch.Tensor | None = None) -> torch.Tensor:
    """(n, d) float64: sines of t / 10000^(2i/d), then cosines (Vaswani et al. 2017, section 3.5)."""
    rates = _powers(_RATE / (d / 2), d // 2) if frequencies is None else frequencies
    angles = t.double().reshape(-1, 1) * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def require_sinusoids(t: torch.Tensor, d: int, found: torch.Tensor) -> None:
    """Fail unless the columns of `found`, (n, d), are the sinusoids of `t`, (n,), each of them once, in any order."""
    _require_shape(found, (t.numel(), d))
    if not bool(torch.isfinite(found).all()):
        raise Failure("the embedding holds NaN or infinity")
    distance, nearest = _columns(found, sinusoids(t, d))
    wrong, repeated = int((distance > COLUMN).sum()), d - len(set(nearest.tolist()))
    if wrong or repeated:
        slip = next((slip for slip, make in _SLIPS.items() if _matches(found, sinusoids(t, d, make(d)))), None)
        several = f"{wrong} of {d} columns are no sine or cosine of t / 10000^(2i/d)"
        raise Failure(
            (several if wrong else f"{repeated} of {d} columns are there twice and as many are missing")
            + (f"; they are as they would be {slip}" if slip else ""),
            misconception="a clock with many hands: half of the columns are sines, half cosines, each pair turning "
            "more slowly than the one before, down to nearly 1/10000",
            help="Print the first and the last frequency, and compare sines with cosines.",
        )


def _require_shape(found: torch.Tensor, wanted: tuple[int, int]) -> None:
    if tuple(found.shape) != wanted:
        raise Failure(f"the embedding of {wanted[0]} timesteps has shape {list(found.shape)}, not {list(wanted)}")


def _columns(found: torch.Tensor, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """For each column its largest distance from the nearest wanted column, and which that is."""
    distances = (found.double()[:, :, None] - wanted[:, None, :]).abs().amax(dim=0)
    nearest = distances.min(dim=1)
    return nearest.values, nearest.indices


def require_equal_lengths(t: torch.Tensor, d: int, found: torch.Tensor) -> None:
    """Fail unless each embedding in `found`, (n, ...), of `t`, (n,), has the squared length d / 2."""
    count = t.numel()
    if found.dim() == 0 or len(found) != count:
        raise Failure(f"{count} timesteps gave embeddings of shape {list(found.shape)}")
    lengths = found.double().square().reshape(count, -1).sum(dim=1) if found.numel() else torch.zeros(count)
    if not float((lengths / (d / 2) - 1).abs().max()) <= LENGTH:
        raise Failure(
            f"the squared lengths lie between {float(lengths.min()):.1f} and {float(lengths.max()):.1f}, not at "
            f"{d // 2}",
            misconception="a sine alone says where a hand stands only up to its mirror image; the cosine beside it "
            "says the rest",
            help="For each frequency there is a sine and a cosine of the same angle.",
        )


def require_neighbourhood(here: torch.Tensor, beyond: torch.Tensor, far: torch.Tensor) -> None:
    """Fail unless the embeddings of timesteps 500 and 501 are alike and those of 500 and 50 are not."""
    close, distant = _cosine(here, beyond), _cosine(here, far)
    if not (close >= NEXT and distant <= FAR):
        raise Failure(
            f"the cosine of the embeddings is {close:.2f} for timesteps 500 and 501, and {distant:.2f} for 500 and 50",
            misconception="a table with a row for each timestep knows no neighbours; sinusoids make near timesteps "
            "alike and distant ones different, without learning anything",
            help="Compare the slowest and the fastest frequency with what the exercise's picture shows.",
        )


def _cosine(left: torch.Tensor, right: torch.Tensor) -> float:
    left, right = left.double().flatten(), right.double().flatten()
    return float(torch.nn.functional.cosine_similarity(left, right, dim=0)) if left.shape == right.shape else math.nan


def shows_neighbourhood(image: torch.Tensor) -> bool:
    """Whether a picture, (n, m), is a table of cosines that fall off from the diagonal."""
    if image.shape[0] != image.shape[1] or not bool(torch.isfinite(image).all()):
        return False
    even = float((image - image.T).abs().max()) <= EXACT and float((image.diagonal() - 1).abs().max()) <= EXACT
    mean, neighbours = float(image.mean()), float(image.diagonal(1).mean())
    return even and neighbours - mean > FALLS * (1 - mean) and float(image.min()) >= -1 - EXACT


def _matches(found: torch.Tensor, wanted: torch.Tensor) -> bool:
    return bool((_columns(found, wanted)[0] <= COLUMN).all())


_ACTIVATIONS: dict[str, Activation] = {
    "": torch.nn.functional.gelu,
    " ": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),  # the same curve, approximated
    "ReLU": torch.relu,
    "SiLU": torch.nn.functional.silu,
    "tanh": torch.tanh,
    "nothing": lambda x: x,
}


def require_two_layers(
    t: torch.Tensor, found: torch.Tensor, parameters: Mapping[str, torch.Tensor], inner: int, outer: int
) -> None:
    """Fail unless `found`, (n, outer), is Linear, GELU, Linear of the sinusoids of `t`, by the module's own layers."""
    _require_shape(found, (t.numel(), outer))
    require_start_values(parameters)
    layers = list(_layers(parameters, inner, outer))
    if not layers:
        raise Failure(
            f"the module has no layer from {inner} to {outer} followed by one from {outer} to {outer}",
            help="The embedding of the timestep passes two linear layers.",
        )
    errors = {name: min(_error(found, clocks, layer, activation) for clocks in _orders(t, inner) for layer in layers)
              for name, activation in _ACTIVATIONS.items()}  # fmt: skip
    if min(errors[""], errors[" "]) > LAYERS:
        slip = next((name for name in errors if name.strip() and errors[name] <= LAYERS), None)
        raise Failure(
            f"the output is {errors['']:.1e} (relative) off what the module's own two layers make of the sinusoids"
            + (f"; it is as with {slip} in place of GELU" if slip else ""),
            misconception="the layers refine the sinusoidal embedding of the timestep; the bare number carries too "
            "little for them",
            help="What goes into the first layer, what stands between the two, and what behind the second?",
        )


def _orders(t: torch.Tensor, d: int) -> Iterator[torch.Tensor]:
    """The sinusoids in the orders in use: sines first, cosines first, and each in turn."""
    sines, cosines = sinusoids(t, d).chunk(2, dim=1)
    for pair in ((sines, cosines), (cosines, sines)):
        yield torch.cat(pair, dim=1)
        yield torch.stack(pair, dim=-1).flatten(1)


def _layers(parameters: Mapping[str, torch.Tensor], inner: int, outer: int) -> Iterator[tuple[torch.Tensor, ...]]:
    """Every way to read two weights, (inner, outer) and (outer, outer), and two biases out of the parameters."""
    weights = [p.double().reshape(p.shape[0], -1) for p in parameters.values() if p.dim() >= 2]
    biases = [p.double() for p in parameters.values() if p.shape == (outer,)] + [torch.zeros(outer).double()] * 2
    firsts = [way for w in weights for way in (w.T, w) if way.shape == (inner, outer)]
    seconds = [way for w in weights for way in (w.T, w) if way.shape == (outer, outer)]
    pairs = list(permutations(biases[: max(2, len(biases) - 2)], 2))
    yield from ((f, s, *pair) for f in firsts for s in seconds if f is not s for pair in pairs)


def _error(found: torch.Tensor, clocks: torch.Tensor, layer: tuple[torch.Tensor, ...], activation: Activation) -> float:
    first, second, bias, other = layer
    wanted = activation(clocks @ first + bias) @ second + other
    return relative_error(found.double(), wanted, "the timestep embedding")
