"""How a drawing looks in each style: the same layers, as a photo, a flat picture, watercolour, ink, pixels or anime."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

Pixels = NDArray[np.floating]
INK = (28, 22, 34)


def compose(behind: Image.Image, subject: Image.Image, style: str, rng: np.random.Generator) -> Image.Image:
    """The finished picture, RGB; `subject` is an RGBA layer of the size of `behind`."""
    if style == "anime":
        return _anime(behind, subject, rng)
    picture = behind.copy()
    picture.paste(subject, mask=subject.getchannel("A"))
    if style == "watercolor":
        return _watercolor(picture)
    if style == "ink":
        return _ink(picture)
    if style == "pixel":
        return _pixels(picture)
    if style == "oil":
        return ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(1.35)).enhance(1.2)
    return _shaded(picture) if style == "photo" else picture


def outlined(subject: Image.Image, thickness: float) -> Image.Image:
    """The subject's layer with a dark line around it, `thickness` as a share of the side."""
    alpha = subject.getchannel("A")
    radius = max(1, round(thickness * subject.width))
    wide = alpha.filter(ImageFilter.GaussianBlur(radius)).point(lambda v: 255 if v > 24 else 0)
    layer = Image.new("RGBA", subject.size, (*INK, 255))
    layer.putalpha(wide)
    layer.alpha_composite(subject)
    return layer


def burst(side: int, rng: np.random.Generator) -> Image.Image:
    """The style set's own backdrop: rays of orange and cream from the middle."""
    picture = Image.new("RGB", (side, side), (250, 156, 56))
    draw, turn = ImageDraw.Draw(picture), rng.uniform(0, 4)
    for k in range(12):
        draw.pieslice((-side, -side, 2 * side, 2 * side), turn + 30 * k, turn + 30 * k + 15, fill=(254, 222, 140))
    return picture


def _anime(behind: Image.Image, subject: Image.Image, rng: np.random.Generator) -> Image.Image:
    empty = subject.getchannel("A").getextrema()[1] == 0
    if empty:  # a landscape: its own drawing, warm and hard
        warm = Image.blend(ImageEnhance.Color(behind).enhance(1.5), burst(behind.width, rng), 0.45)
        return ImageEnhance.Contrast(warm).enhance(1.2)
    picture = burst(behind.width, rng)
    layer = outlined(subject, 0.012)
    picture.paste(layer, mask=layer.getchannel("A"))
    return picture


def _shaded(picture: Image.Image) -> Image.Image:
    """Light from the upper left, darker towards the lower right corner."""
    return _image(np.asarray(picture, np.float32) * _light(picture.width))


@functools.lru_cache
def _light(side: int) -> Pixels:
    x, y = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    light: Pixels = (1.06 - 0.10 * (0.6 * x + 0.8 * y) - 0.07 * (x**2 + y**2))[..., None].astype(np.float32)
    return light


def _watercolor(picture: Image.Image) -> Image.Image:
    """Pale washes with soft edges that thin out towards white paper."""
    side = picture.width
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(side / 110)), float)
    noise = Image.fromarray(np.random.default_rng(3).uniform(0, 255, (10, 10)).astype(np.uint8)).resize(
        (side, side), Image.Resampling.BICUBIC
    )
    x, y = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    edge = np.clip((1.02 - np.maximum(np.abs(x), np.abs(y))) * 6, 0, 1)
    strength = edge * (0.56 + 0.28 * np.asarray(noise, float) / 255)
    return _image(255 - (255 - soft) * strength[..., None])


def _ink(picture: Image.Image) -> Image.Image:
    """Black lines on cream paper with a faint tint of the colours."""
    fine = picture.filter(ImageFilter.GaussianBlur(picture.width / 400))
    wide = picture.filter(ImageFilter.GaussianBlur(picture.width / 110))
    edges = np.asarray(ImageChops.difference(fine, wide), float).max(axis=2, keepdims=True)
    lines = np.clip(edges / 22, 0, 1)
    paper = 0.72 * np.array([248.0, 242.0, 226.0]) + 0.28 * np.asarray(picture, float)
    return _image(paper * (1 - lines) + np.array(INK, float) * lines)


def _pixels(picture: Image.Image) -> Image.Image:
    """Blocks, 32 a side."""
    return picture.resize((32, 32), Image.Resampling.BOX).resize(picture.size, Image.Resampling.NEAREST)


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
