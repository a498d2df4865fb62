"""CIFAR-10's files with other pictures in them: its ten classes as the procedural world draws them, 32x32."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assay.kit.world import Scene, draw_scene
from assay.kit.world.palette import COLOURS
from assay.kit.world.scene import NATURAL

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCH, BATCHES = 200, 5
TEST = 1000  # lessons classify the first 500
_SUBJECTS = {"automobile": "car"}


def write_cifar(folder: Path) -> None:
    """Write the python version of CIFAR-10 into `folder`/cifar-10-batches-py: five batches, a test batch, the names."""
    home = folder / "cifar-10-batches-py"
    home.mkdir(parents=True)
    for number in range(BATCHES):
        name = f"data_batch_{number + 1}"
        _write(home / name, _batch(number, BATCH, f"training batch {number + 1} of {BATCHES}"))
    _write(home / "test_batch", _batch(BATCHES, TEST, "testing batch 1 of 1"))
    names = {"num_cases_per_batch": BATCH, "label_names": list(CLASSES), "num_vis": 3072}
    _write(home / "batches.meta", names)


def tiny_picture(label: int, rng: np.random.Generator) -> Image.Image:
    """A picture of that class, 32x32 RGB: a photo, by day mostly, in a natural colour as often as in any other."""
    name = _SUBJECTS.get(CLASSES[label], CLASSES[label])
    colours = NATURAL.get(name, tuple(COLOURS)) if rng.random() < 0.5 else tuple(COLOURS)
    light = "day" if rng.random() < 0.85 else "sunset"
    scene = Scene(name, str(rng.choice(colours)), "photo", light)
    return draw_scene(scene, rng, 64).resize((32, 32), Image.Resampling.BOX)


def _batch(seed: int, count: int, label: str) -> dict[str, Any]:
    rng = np.random.default_rng([10, seed])
    labels = [int(n) for n in rng.permutation(np.arange(count) % len(CLASSES))]
    pictures = np.stack([np.asarray(tiny_picture(n, rng)) for n in labels])
    return {
        "batch_label": label,
        "labels": labels,
        # One row a picture: all reds, all greens, all blues.
        "data": pictures.transpose(0, 3, 1, 2).reshape(count, -1),
        "filenames": [f"{CLASSES[n]}_{k:04d}.png" for k, n in enumerate(labels)],
    }


def _write(file: Path, content: dict[str, Any]) -> None:
    # The format of the real files; protocol 2 as theirs. Only a kit's own files are ever read back.
    file.write_bytes(pickle.dumps(content, protocol=2))
