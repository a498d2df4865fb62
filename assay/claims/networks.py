"""What must hold of networks that are built, trained and compared: layers that learn, and equal chances."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from assay.claims.training import require_fresh_steps
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


def require_loss_falls(losses: Sequence[float], share: float) -> None:
    """Fail unless the last loss is less than a `share` of the first, and all of them are numbers."""
    if not losses or not all(map(math.isfinite, losses)) or not losses[-1] < losses[0] * share:
        shown = f"{losses[0]:.3f} to {losses[-1]:.3f}" if losses else "nothing"
        raise Failure(
            f"in {len(losses)} steps on one batch the loss went from {shown}",
            misconception="noise lies on both sides of zero: a last activation that cuts one side off leaves half of "
            "the error, however long the training is",
            help="Do gradients reach the convolutions, and is the prediction free to be negative?",
        )


def require_moved(before: Parameters, after: Parameters) -> None:
    """Fail unless training moved a parameter at least."""
    require_start_values(after)
    if all(torch.equal(tensor, after[name]) for name, tensor in before.items()):
        raise Failure("none of its parameters moved", help="Do gradients reach the parameters?")


def require_layers_learned(before: Parameters, after: Parameters) -> None:
    """Fail unless there are two linear layers at least and training moved each of them."""
    require_start_values(after)
    layers = {name: tensor for name, tensor in before.items() if tensor.dim() == 2}
    still = [name for name, tensor in layers.items() if torch.equal(tensor, after[name])]
    if still or len(layers) < 2:
        raise Failure(
            f"{len(still)} of {len(layers)} linear layers stayed as they were"
            + (f"; the first is {still[0]}" * bool(still)),
            misconception="the sinusoids are fixed, the layers behind them are not: they learn what of the timestep "
            "matters",
            help="Is the embedding computed inside no_grad, detached, or left out of the sum?",
        )


def require_trained_alike(work: Work, networks: Mapping[str, Parameters]) -> None:
    """Fail unless two networks, by name, were trained with as many steps, by optimizers of one kind and one setting."""
    own = {name: _steps_with(work, parameters) for name, parameters in networks.items()}
    counts = {name: len(steps) for name, steps in own.items()}
    if min(counts.values()) == 0 or len(set(counts.values())) > 1:
        raise Failure(
            " and ".join(f"{count} steps were made with {name}" for name, count in counts.items()),
            misconception="two networks compare only after the same training",
            help="Each network needs an optimizer that holds its own parameters.",
        )
    settings = [[_setting(work.training.optimizer(step)) for step in steps] for steps in own.values()]
    if any(one != settings[0] for one in settings):
        raise Failure(
            "the optimizers of the two networks are set differently",
            misconception="when two things change at once, a difference does not tell which of them made it",
            help="Compare the learning rates and the kinds of the optimizers.",
        )
    require_fresh_steps(work.training)


def _setting(optimizer: Mapping[str, Any]) -> tuple[object, object]:
    return optimizer["cls"], optimizer.get("settings")


def _steps_with(work: Work, parameters: Parameters) -> list[dict[str, Any]]:
    """Optimizer steps of this exercise by an optimizer that held a network with weights of these shapes."""
    weights = _shapes(parameters, 2) | _shapes(parameters, 4)
    held = {f["optimizer"]: _listed(f["parameters"]) for f in work.facts_so_far("optimizer")}
    return [step for step in work.training.steps if weights and weights <= held.get(step["optimizer"], Counter())]


def _shapes(parameters: Parameters, dimensions: int) -> Counter[tuple[int, ...]]:
    return Counter(tuple(tensor.shape) for tensor in parameters.values() if tensor.dim() == dimensions)


def _listed(parameters: list[Mapping[str, list[int]]]) -> Counter[tuple[int, ...]]:
    return Counter(tuple(parameter["shape"]) for parameter in parameters)
