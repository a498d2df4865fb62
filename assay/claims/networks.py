"""What must hold of two networks that are compared: the same convolutions, and steps of an optimizer for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import torch

from assay.failure import Failure
from assay.judging.observations import Work
from assay.tensors import is_constant

Parameters = Mapping[str, torch.Tensor]


def require_start_values(parameters: Parameters) -> None:
    """Fail unless the weights are numbers, and not the same one everywhere: such a network is none that was built."""
    broken = [name for name, tensor in parameters.items() if not bool(torch.isfinite(tensor).all())]
    if broken:
        raise Failure(f"{broken[0]} holds NaN or infinity")
    weights = [tensor for tensor in parameters.values() if tensor.dim() >= 2]
    if all(is_constant(tensor) for tensor in weights):
        raise Failure(f"each of {len(weights)} layers holds the same number everywhere")


def require_same_convolutions(given: Parameters, own: Parameters) -> None:
    """Fail unless `own` has the convolutions of `given`, by the shapes of their weights; a 1x1 convolution in addition
    is a linear layer written otherwise."""
    for parameters in (given, own):
        require_start_values(parameters)
    wanted, found = _shapes(given, 4), _shapes(own, 4)
    missing = list((wanted - found).elements())
    added = [shape for shape in (found - wanted).elements() if shape[2:] != (1, 1)]
    if missing or added:
        raise Failure(
            f"{len(missing)} convolutions of the network to compare with are missing and {len(added)} are new; the "
            f"first has weights of shape {list((missing or added)[0])}",
            misconception="a comparison of two conditionings needs the same network twice",
            help="Change the embedding of the timestep and how it is injected, nothing else.",
        )


def steps_with(work: Work, parameters: Parameters) -> int:
    """Optimizer steps of this exercise by an optimizer that held a network with weights of these shapes."""
    weights = _shapes(parameters, 2) | _shapes(parameters, 4)
    held = {f["optimizer"]: _listed(f["parameters"]) for f in work.facts_so_far("optimizer")}
    return sum(bool(weights) and weights <= held.get(step["optimizer"], Counter()) for step in work.training.steps)


def _shapes(parameters: Parameters, dimensions: int) -> Counter[tuple[int, ...]]:
    return Counter(tuple(tensor.shape) for tensor in parameters.values() if tensor.dim() == dimensions)


def _listed(parameters: list[Mapping[str, list[int]]]) -> Counter[tuple[int, ...]]:
    return Counter(tuple(parameter["shape"]) for parameter in parameters)
