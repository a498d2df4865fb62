"""What must hold of adaptive normalisation: which normalisation and which use of scale and shift explains an output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import torch

from assay.failure import Failure
from assay.tensors import is_constant, relative_error

EXACT = 1e-5  # relative; float32 gives 2e-7, the nearest wrong formula 0.08
RIGHT = ""  # the name of what is asked for, among the ways below

Pair = tuple[torch.Tensor, torch.Tensor]
_WAYS: dict[str, Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]] = {
    RIGHT: lambda h, g, b: (1 + g) * h + b,
    "without the 1 beside the scale": lambda h, g, b: g * h + b,
    "with the shift added before the scale": lambda h, g, b: (1 + g) * (h + b),
    "without the shift": lambda h, g, b: (1 + g) * h,
    "without the scale": lambda h, g, b: h + b,
    "without scale and shift": lambda h, g, b: h,
    "with the features added once more": lambda h, g, b: (1 + g) * h + b + h,
}


@dataclass(frozen=True)
class Modulation:
    """One explanation of an output: the name of the normalisation ("8 groups"), of the way, and of the embedding."""

    norm: str
    way: str
    embedding: str


def groups(count: int) -> str:
    """The name of group normalisation with so many groups."""
    return f"{count} group{'s' * (count != 1)}"


def explain(
    x: torch.Tensor, embedding: torch.Tensor, found: torch.Tensor, parameters: Mapping[str, torch.Tensor], asked: int
) -> Modulation | None:
    """How `found` (n, c, h, w) comes from features `x`, modulated by `embedding` (n, d) with the module's projection,
    whichever half of it is the scale; what is asked for, with `asked` groups, is tried first. None if nothing fits.

    Raises:
        Failure: `found` has another shape or holds no numbers, or the module has no projection.
    """
    if found.shape != x.shape:
        raise Failure(f"features of shape {list(x.shape)} came back as {list(found.shape)}")
    if not bool(torch.isfinite(found).all()):
        raise Failure("the modulated features hold NaN or infinity")
    if is_constant(found):
        raise Failure("the modulated features are the same number everywhere")
    pairs = [(name, pair) for name, given in _embeddings(embedding).items() for pair in _pairs(given, parameters, x)]
    if not pairs:
        raise Failure(
            f"the module has no layer from an embedding of {embedding.shape[1]} numbers to two for each channel",
            help="One linear layer makes a scale and a shift for every channel.",
        )
    normalised = _normalised(x)
    for norm in sorted(normalised, key=lambda name: name != groups(asked)):
        for way, make in _WAYS.items():
            for name, (g, b) in pairs:
                if relative_error(found.double(), make(normalised[norm], g, b), "the features") <= EXACT:
                    return Modulation(norm, way, name)
    return None


def require_plain_norm(parameters: Mapping[str, torch.Tensor]) -> None:
    """Fail when there are more vectors of parameters than layers that may have one as their bias."""
    vectors = [name for name, tensor in parameters.items() if tensor.dim() == 1]
    layers = [name for name, tensor in parameters.items() if tensor.dim() >= 2]
    if len(vectors) > len(layers) or not layers:
        raise Failure(
            f"beside {len(layers)} layers there are {len(vectors)} vectors of parameters; the first is {vectors[0]}"
            if vectors
            else "the module has no layer",
            misconception="a normalisation with fixed parameters says the same at every timestep, and then says it "
            "twice",
            help="Group normalisation can be made without parameters.",
        )


def _embeddings(embedding: torch.Tensor) -> dict[str, torch.Tensor]:
    first, mean = embedding[:1].expand_as(embedding), embedding.mean(dim=0, keepdim=True).expand_as(embedding)
    return {RIGHT: embedding, "the first sample's": first, "the batch's mean": mean}


def _normalised(x: torch.Tensor) -> dict[str, torch.Tensor]:
    """`x` normalised in every way, float64; group normalisation for every divisor of the channels."""
    x, channels = x.double(), x.shape[1]
    divisors = [count for count in range(1, channels + 1) if channels % count == 0]
    made = {groups(count): torch.nn.functional.group_norm(x, count) for count in divisors}
    made["the batch"] = torch.nn.functional.batch_norm(x, None, None, training=True)
    # a fresh batch norm in eval mode divides by 1 and a hundred-thousandth, which is within the tolerance
    return made | {"nothing at all, or by the running statistics of a batch norm": x}


def _pairs(embedding: torch.Tensor, parameters: Mapping[str, torch.Tensor], x: torch.Tensor) -> Iterator[Pair]:
    """Every way to read (scale, shift), each (n, c, 1, 1), out of the module's layers: halves of one, or two."""
    for both in _projected(embedding, parameters, 2 * x.shape[1]):
        for one, other in (both.chunk(2, dim=1), (both[:, ::2], both[:, 1::2])):
            yield from ((one, other), (other, one))
    yield from permutations(_projected(embedding, parameters, x.shape[1]), 2)


def _projected(embedding: torch.Tensor, parameters: Mapping[str, torch.Tensor], size: int) -> Iterator[torch.Tensor]:
    """What each layer of `size` outputs makes of the embedding, with each bias that may be its own: (n, size, 1, 1)."""
    biases = [p.double() for p in parameters.values() if p.shape == (size,)] or [torch.zeros(size).double()]
    for weight in _weights(parameters, embedding.shape[1], size):
        for bias in biases:
            yield (embedding.double() @ weight + bias)[:, :, None, None]


def _weights(parameters: Mapping[str, torch.Tensor], width: int, size: int) -> list[torch.Tensor]:
    flat = [p.double().reshape(p.shape[0], -1) for p in parameters.values() if p.dim() >= 2]
    return [way for p in flat for way in (p.T, p) if way.shape == (width, size)]
