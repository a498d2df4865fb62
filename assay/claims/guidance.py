"""What must hold of classifier-free guidance: u + w (c - u), for a prediction u without text and c with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

import torch

from assay.failure import Failure
from assay.tensors import relative_error

EXACT = 1e-5  # relative; float32 gives 1e-7, the nearest wrong formula 0.1
NEAR = 1e-4  # absolute, of numbers around 1: enough to tell which wrong formula was used
LENGTH = 1e-4  # relative; lengths are computed in float32 and may be rounded for display

Call = tuple[torch.Tensor, torch.Tensor, float, torch.Tensor]  # u, c, w and the answer, of one shape
RIGHT = ""

# Ho and Salimans 2022, equation 6, with w as Stable Diffusion counts it; then well-known slips.
_FORMS: dict[str, Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]] = {
    RIGHT: lambda u, c, w: u + w * (c - u),
    "the prediction with text as the start": lambda u, c, w: c + w * (c - u),
    "the two predictions swapped": lambda u, c, w: c + w * (u - c),
    "the difference alone": lambda u, c, w: w * (c - u),
    "the scale cut off at 1": lambda u, c, w: u + min(w, 1) * (c - u),
    "the text added whole": lambda u, c, w: u + w * c,
}


def require_guided(u: torch.Tensor, c: torch.Tensor, w: float, answer: torch.Tensor) -> None:
    """Fail unless `answer` is the guided prediction."""
    error = relative_error(answer, _guided(RIGHT, u, c, w), f"the answer at scale {w:g}")
    if not error <= EXACT:
        slips = guidance_forms([(u, c, w, answer)]) - {RIGHT}
        raise Failure(
            f"at scale {w:g} the guided prediction is {error:.1e} off" + "".join(f"; it is as with {s}" for s in slips),
            misconception="guidance extrapolates from the prediction without text, past the one with text: scale 0 is "
            "no text, 1 is the text as the model knows it, more than 1 goes beyond",
            help="Where does the step start, in which direction does it go, and how far at scales 0 and 1?",
        )


def guidance_forms(calls: Iterable[Call]) -> set[str]:
    """The formulas, right or not, that give every one of these answers."""
    forms = set(_FORMS)
    for u, c, w, answer in calls:
        forms &= {form for form in _FORMS if answer.shape == u.shape and _near(answer, _guided(form, u, c, w))}
    return forms


def shows_lengths(x: torch.Tensor, y: torch.Tensor, form: str, u: torch.Tensor, c: torch.Tensor) -> bool:
    """Whether the curve through `x` and `y`, (n,), is the L2 norm of the guided prediction at the scales `x`."""
    lengths = [float(_guided(form, u, c, float(w)).double().norm()) for w in x]
    # asked so that infinity, which is within any share of itself, is wrong
    return all(abs(found - length) <= LENGTH * length < inf for found, length in zip(y.tolist(), lengths, strict=True))


def _guided(form: str, u: torch.Tensor, c: torch.Tensor, w: float) -> torch.Tensor:
    return _FORMS[form](u.double(), c.double(), w).float()


def _near(found: torch.Tensor, value: torch.Tensor) -> bool:
    return bool((found.double() - value.double()).abs().max() <= NEAR)
