"""MNIST's four files with other digits in them: scikit-learn's handwritten ones, enlarged to MNIST's size."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Four batches of 128; what is left is the test set.
TRAINING = 512
_SIDE, _DIGIT = 28, 20  # MNIST's digits fill 20x20 pixels in the middle of 28x28
Bytes = NDArray[np.uint8]


def write_digits(folder: Path) -> None:
    """Write MNIST's idx files (images and labels, training and test) into `folder`/MNIST/raw, uncompressed."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.stack([_enlarged(image) for image in digits.images])
    labels = digits.target.astype(np.uint8)
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, part in (("train", slice(TRAINING)), ("t10k", slice(TRAINING, None))):
        (raw / f"{name}-images-idx3-ubyte").write_bytes(_idx(images[part]))
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(_idx(labels[part]))


def _enlarged(image: NDArray[np.float64]) -> Bytes:
    """An 8x8 digit of values 0 to 16 as MNIST shows it: bright on black, 28x28."""
    small = Image.fromarray((image * (255 / 16)).astype(np.uint8))
    framed = np.zeros((_SIDE, _SIDE), np.uint8)
    edge = (_SIDE - _DIGIT) // 2
    framed[edge:-edge, edge:-edge] = np.asarray(small.resize((_DIGIT, _DIGIT), Image.Resampling.BICUBIC))
    return framed


def _idx(values: Bytes) -> bytes:
    """The idx format: two zeros, 8 for bytes, the number of axes, each axis as a big-endian integer, the values."""
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()
