"""What a trip through the VAE must keep to: the picture's range, the scaling factor, and a straight way in between."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import combinations
from typing import NoReturn

import torch

from assay.failure import Failure
from assay.judging.observations.latents import Encoded, Latents, rms
from assay.tensors import is_constant

RANGE = 0.01  # beyond -1 and 1: what resizing and half precision add
BETWEEN = 0.02  # a share closer to 0 or 1 than this is one of the two pictures themselves
SPAN = 0.65  # of several pictures together: one that is whole reaches from black to white, 0.59 is a wrong deviation
SEVERAL = 6  # pictures; one alone may be all dark, or a made-up one anything between -1 and 1
APART = 0.5  # dB; a range of 1 instead of 2 is 6.02 dB away, rounding to bytes less than this
HALF_RANGE = 20 * math.log10(2)  # dB: what a range of 1 in place of 2 takes away
_DECIBELS = re.compile(r"\bPSNR[^\d\n-]{0,20}(-?\d+(?:\.\d+)?)|(-?\d+(?:\.\d+)?)\s*dB\b", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
COLOURS = 0.02  # of white, in any of 8 x 8 cells: rounding to whole grey levels leaves 0.002
SCALE = "the latents are multiplied by the scaling factor after encoding and divided by it before decoding: the U-Net "
SCALE += "knows latents of unit size, the decoder those that the encoder gave"


def require_encoded(latents: Latents, different: int = 1) -> list[Encoded]:
    """The pictures that were encoded; fails unless there are so many different ones, each with values from -1 to 1."""
    found = [one for one in latents.encoded if _is_picture(one)]
    pictures = {one.picture for one in found}
    if len(pictures) < different:
        raise Failure(
            f"{len(pictures)} different pictures went through the encoder", help="The VAE's encode takes a picture."
        )
    for one in found:
        if not (-1 - RANGE <= one.low < 0 and one.high <= 1 + RANGE):
            _fail_range("a picture", one.low, one.high)
    return found


def require_pixel_range(latents: Latents) -> None:
    """Fail unless pictures were encoded, now or in an earlier exercise, whose values lie between -1 and 1; several of
    them together come near both ends."""
    found = [one for one in latents.encoded or latents.encoded_so_far if _is_picture(one)]
    if not found:
        raise Failure("no picture went through the encoder", help="The VAE's encode takes a picture.")
    low, high = min(one.low for one in found), max(one.high for one in found)
    count = len({one.picture for one in found})
    name = "a picture" if count == 1 else f"{count} pictures"
    inside = low >= -1 - RANGE and high <= 1 + RANGE and low < 0  # NaN is not
    if not inside or (count >= SEVERAL and not (low <= -SPAN and high >= SPAN)):
        _fail_range(name, low, high)


def _fail_range(name: str, low: float, high: float) -> NoReturn:
    raise Failure(
        f"{name} went into the encoder with values from {low:.2f} to {high:.2f}",
        misconception="the VAE was trained on pictures between -1 and 1; others are encoded without an error, but "
        "wrongly",
        help="Print the smallest and the largest value of what you encode.",
    )


def _is_picture(one: Encoded) -> bool:
    """Whether something was encoded that differs from place to place."""
    return bool(torch.isfinite(one.mean).all()) and not is_constant(one.mean)


def require_compression(latents: Latents, factor: float) -> None:
    """Fail unless every picture (3, H, W) became latents (4, H/8, W/8), which are `factor` times fewer numbers."""
    for one in require_encoded(latents):
        _, *size = one.shape
        found = math.prod(size) / max(1, one.mean.numel())
        if found != factor or list(one.mean.shape) != [4, size[1] // 8, size[2] // 8]:
            raise Failure(f"a picture of shape {size} became latents of shape {list(one.mean.shape)}, {found:g} to 1")


def require_decoder_scale(latents: Latents) -> None:
    """Fail unless a picture's latents were decoded, and none of them on the wrong scale."""
    if not latents.decoded:
        raise Failure("nothing was decoded", help="The latent is no picture; which half of the VAE makes one of it?")
    encoded = [one for one in latents.encoded_so_far if _is_picture(one)]
    for decoded in latents.decoded:
        for one in encoded:
            wrong = _wrong_scale(one, decoded)
            if wrong is not None:
                raise Failure(
                    f"the decoder got latents {wrong:.3g} times as large as the encoder gave",
                    misconception=SCALE,
                    help="Follow the scaling factor through your lines: how often is it applied, and which way?",
                )
    if not any(one.is_near(decoded) for decoded in latents.decoded for one in encoded):
        raise Failure(
            f"none of {len(latents.decoded)} decoded latents came from a picture that was encoded",
            help="Decode the very latent that the encoder gave.",
        )


def _wrong_scale(one: Encoded, decoded: torch.Tensor) -> float | None:
    """By which power of the scaling factor `decoded` is too large; None when it is right or something else."""
    if one.is_near(decoded):
        return None
    factor = one.scaling_factor
    for wrong in (factor, 1 / factor, factor**2, factor**-2):
        if one.is_near(decoded / wrong):
            return wrong
    return None


def require_measured_loss(latents: Latents, numbers: Iterable[float], text: str) -> None:
    """Fail unless `numbers` hold the mean squared error of a decoded picture or its PSNR over a range of 2, and a
    PSNR that the `text` gives is one."""
    numbers = [number for number in numbers if math.isfinite(number)]
    errors = [error for error in latents.errors if 0 < error < math.inf]
    if not errors:
        raise Failure("no picture was decoded that could be compared with an encoded one")
    right = [10 * math.log10(4 / error) for error in errors]
    said = [float(one or other) for one, other in _DECIBELS.findall(text)]
    for found in (said, numbers):
        if any(_is_near(found, psnr - HALF_RANGE) for psnr in right) and not any(_is_near(found, p) for p in right):
            raise Failure(
                f"the PSNR is {HALF_RANGE:.1f} dB below that of a mean squared error of {min(errors):.2g}",
                misconception="the peak of a picture between -1 and 1 is 2, so its square is 4",
                help="How far apart are the smallest and the largest value that a pixel can have?",
            )
    given = [float(number) for number in _NUMBER.findall(text)]
    if said and not any(_is_near(given, psnr) for psnr in right):
        raise Failure(
            f"a PSNR of {said[0]:.1f} dB was given; a mean squared error of {min(errors):.2g} is {max(right):.1f} dB",
            help="The PSNR is ten times the logarithm of the squared range by the error.",
        )
    if any(_is_near(numbers, psnr) for psnr in right):
        return
    # pictures as bytes or between 0 and 1 are the same pictures on another scale
    scales = (1.0, 1 / 4, 255**2 / 4)
    if not any(math.isclose(number, error * s, rel_tol=0.1) for number in numbers for error in errors for s in scales):
        raise Failure(
            f"none of {len(numbers)} numbers is the mean squared error of the round trip or its PSNR",
            help="Compare the decoded picture with the one that was encoded, pixel by pixel.",
        )


def _is_near(numbers: list[float], psnr: float) -> bool:
    return any(abs(number - psnr) <= APART for number in numbers)


def require_scaled_latents(latents: Latents) -> None:
    """Fail when latents were kept as the encoder gave them and nowhere on the scale of diffusion; where none were kept
    at all, what was decoded must be right."""
    encoded = [one for one in latents.encoded_so_far if _is_picture(one)]
    if any(one.is_near(kept) for one in encoded for kept in latents.kept):
        return
    if any(one.is_near(kept, scaled=False) for one in encoded for kept in latents.kept):
        raise Failure(
            f"the latents are kept as the encoder gave them, {1 / encoded[0].scaling_factor:.2f} times too large",
            misconception=SCALE,
            help="What is the standard deviation of your latents? Those that a U-Net denoises have about 1.",
        )
    require_decoder_scale(latents)


def require_straight_line(latents: Latents, least: int) -> None:
    """Fail unless `least` latents or more between those of two pictures were decoded, one after the other on the
    straight line (1 - a) z_a + a z_b."""
    encoded = list({one.picture: one for one in latents.encoded_so_far if _is_picture(one)}.values())
    best: list[float] = []
    for one, other in combinations(encoded, 2):
        shares = [share for decoded in latents.decoded if (share := _share(decoded, one, other)) is not None]
        best = max(best, [s for s in shares if BETWEEN < s < 1 - BETWEEN], key=len)
    if len(set(best)) < least:
        raise Failure(
            f"of {len(latents.decoded)} decoded latents, {len(set(best))} lie on the straight line between the latents "
            "of two pictures",
            misconception="a walk through latent space mixes latents with weights that add up to 1, and decodes each "
            "mixture; mixing pixels lays one picture over the other",
            help="At a share of 0 the mixture must be the one latent, at 1 the other. What is it at one half?",
        )
    if best != sorted(best) and best != sorted(best, reverse=True):
        raise Failure("the latents between two pictures were not decoded in order, from the one to the other")


def _share(decoded: torch.Tensor, one: Encoded, other: Encoded) -> float | None:
    """How far along the line from `one` to `other` a latent lies; None when it lies beside it."""
    way = other.latents - one.latents
    if decoded.shape != way.shape or one.latents.shape != way.shape or not float(way.norm()) > 0:
        return None
    share = float(((decoded - one.latents) * way).sum() / way.square().sum())
    beside = rms(decoded - one.latents - share * way)
    allowed = 6 * max(one.deviation, other.deviation) * one.scaling_factor + 1e-3 * rms(one.latents)
    return round(share, 4) if beside <= allowed else None
