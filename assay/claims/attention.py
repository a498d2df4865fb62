"""What must hold of attention: softmax(Q K^T / sqrt(d_k)) V, where each asking row has a distribution over the asked.

Everywhere, `asking` is (n, d), `asked` (T, d), and `layers` holds the weights, (d, d), of the layers "Q", "K" and "V".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from assay.failure import Failure
from assay.tensors import relative_error

EXACT = 1e-5  # relative; float32 gives 3e-7, the nearest wrong formula 0.28
NEAR = 1e-4  # absolute, of numbers around 1: enough to tell which wrong formula was used

Layers = Mapping[str, torch.Tensor]
Form = Callable[[torch.Tensor, torch.Tensor, Layers], torch.Tensor]


def attention_weights(asking: torch.Tensor, asked: torch.Tensor, layers: Layers) -> torch.Tensor:
    """softmax(Q K^T / sqrt(d_k)), (n, T) float32 (Vaswani et al. 2017, equation 1), computed in float64."""
    scores = _scores(asking, asked, layers)
    weights: torch.Tensor = (scores / layers["Q"].shape[0] ** 0.5).softmax(dim=-1).float()
    return weights


def _scores(asking: torch.Tensor, asked: torch.Tensor, layers: Layers, key: str = "K") -> torch.Tensor:
    queries, keys = asking.double() @ layers["Q"].double().T, asked.double() @ layers[key].double().T
    return queries @ keys.T


# Well-known wrong formulas, in the words that follow "as they would be".
_SLIPS: dict[str, Form] = {
    "without a division of the scores": lambda x, y, w: _scores(x, y, w).softmax(dim=-1),
    "with the scores divided by d_k instead of its root": lambda x, y, w: (_scores(x, y, w) / w["Q"].shape[0]).softmax(
        dim=-1
    ),
    "with a softmax over the asking rows": lambda x, y, w: (_scores(x, y, w) / w["Q"].shape[0] ** 0.5).softmax(dim=0),
    "without a softmax": lambda x, y, w: _scores(x, y, w) / w["Q"].shape[0] ** 0.5,
    "with keys from the queries' layer": lambda x, y, w: (_scores(x, y, w, "Q") / w["Q"].shape[0] ** 0.5).softmax(
        dim=-1
    ),
    "with keys from the asking rows": lambda x, y, w: attention_weights(x, x, w),
    "with the two inputs in each other's place": lambda x, y, w: attention_weights(y, x, w),
}


def attention_slips(weights: torch.Tensor, asking: torch.Tensor, asked: torch.Tensor, layers: Layers) -> set[str]:
    """The well-known wrong formulas that give `weights` from these inputs."""
    values = {slip: form(asking, asked, layers).double() for slip, form in _SLIPS.items()}
    return {s for s, v in values.items() if v.shape == weights.shape and float((weights - v).abs().max()) <= NEAR}


def slipped_weights(slip: str, asking: torch.Tensor, asked: torch.Tensor, layers: Layers) -> torch.Tensor:
    """What the wrong formula `slip` gives, float32."""
    return _SLIPS[slip](asking, asked, layers).float()


def output_and_weights(answer: object, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The two tensors that an attention function returned, in either order: the weights are `width` wide."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        count = len(answer) if isinstance(answer, tuple) else 1
        raise Failure(f"the function returned {count} tensor{'s' * (count > 1)}, not the output and the weights")
    first, second = answer
    return (second, first) if first.shape[-1:] == (width,) != second.shape[-1:] else (first, second)


def require_attention(answer: object, asking: torch.Tensor, asked: torch.Tensor, layers: Layers) -> None:
    """Fail unless `answer`, (n, d) and (n, T), is attention of `asking` over `asked`."""
    expected = attention_weights(asking, asked, layers)
    value = expected.double() @ (asked.double() @ layers["V"].double().T)
    output, weights = output_and_weights(answer, len(asked))
    slips = sorted(attention_slips(weights, asking, asked, layers))
    _require_close(weights, expected, "the attention weights", slips)
    _require_close(output, value.float(), "the output", slips)


def _require_close(found: torch.Tensor, wanted: torch.Tensor, name: str, slips: list[str]) -> None:
    if found.shape == wanted.shape and (error := relative_error(found, wanted, name)) <= EXACT:
        return
    off = f"have shape {list(found.shape)}, not {list(wanted.shape)}"
    if found.shape == wanted.shape:
        off = f"differ by {error:.1e} (relative) from softmax(Q K^T / sqrt(d_k)) V"
    raise Failure(
        f"{name} {off}" + (f"; they are as they would be {slips[0]}" if slips else ""),
        misconception="the formula is the same in self- and cross-attention; only what makes keys and values changes",
        help="Which input does each of the three layers get, and along which axis do the weights sum to 1?",
    )


def require_distributions(weights: torch.Tensor, asking: int, asked: int) -> None:
    """Fail unless `weights` are (asking, asked), none below 0, and each row sums to 1."""
    if tuple(weights.shape) != (asking, asked):
        raise Failure(
            f"the weights have shape {list(weights.shape)}, where {asking} rows ask {asked}",
            misconception="the number of queries is the number of rows: each place asks, the words are asked",
            help="Which input makes the queries, which one the keys?",
        )
    off = float((weights.double().sum(dim=-1) - 1).abs().max())
    if not off <= EXACT or float(weights.min()) < 0:
        raise Failure(
            f"a row of weights sums to 1 only within {off:.2g}; the smallest weight is {float(weights.min()):.2g}",
            misconception="each place shares its attention out among the words; words do not share theirs among places",
            help="Along which axis does the softmax run?",
        )
