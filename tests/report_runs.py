"""Run folders of graded submissions, made by hand: an executed notebook with its outputs, and exhibits."""

from __future__ import annotations

import base64
import json
import math
from io import BytesIO
from pathlib import Path
from typing import Any

Object = dict[str, Any]


def picture(size: tuple[int, int] = (640, 240), kind: str = "PNG", mode: str = "RGB", **save: Any) -> str:
    """A base64 picture of plain colour bands."""
    from PIL import Image

    image = Image.new(mode, size, "steelblue")
    image.paste("orange", (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    out = BytesIO()
    image.save(out, kind, **save)
    return base64.b64encode(out.getvalue()).decode("ascii")


def figure() -> str:
    """A figure as a notebook shows it, with a transparent ground."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(7, 2.6))
    axes = drawing.add_subplot()
    axes.plot([math.sin(i / 7) * math.exp(-i / 60) for i in range(120)])
    axes.set_title("Cosine similarity to the initial row")
    drawing.patch.set_alpha(0)
    out = BytesIO()
    FigureCanvasAgg(drawing).print_png(out)
    return base64.b64encode(out.getvalue()).decode("ascii")


def stream(text: str, name: str = "stdout") -> Object:
    return {"output_type": "stream", "name": name, "text": text}


def display(**bundle: Any) -> Object:
    """A display output; `image_png=` stands for `image/png`."""
    data = {key.replace("_", "/", 1): value for key, value in bundle.items()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def error(name: str, value: str, *traceback: str) -> Object:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": list(traceback)}


def code(source: str, *outputs: Object) -> Object:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}, "execution_count": 1}


def markdown(source: str) -> Object:
    return {"cell_type": "markdown", "source": source.splitlines(keepends=True), "metadata": {}}


def notebook(*cells: Object) -> Object:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


def full_notebook() -> Object:
    """Four exercises with printed text, a progress bar, figures, a table, an error and a written answer."""
    progress = "".join(f"\rtraining {i}/12 loss {0.2 - i / 100:.3f}" for i in range(13)) + "\n"
    printed = "".join(f"step {i}: the row moved by {0.31 - i / 400:.4f}\n" for i in range(100))
    frames = [f"\x1b[0;31m---> {i}\x1b[0m value = model(value)" for i in range(30)]
    raised = error("RuntimeError", "element 0 of tensors does not require grad", *frames, "RuntimeError: element 0")
    return notebook(
        markdown("# Textual Inversion\n"),
        code("import torch", stream("torch 2.9.1 on cpu\n")),
        markdown("## Exercise 1: Inspect the CLIP Embedding Space [Guided]\n"),
        code("table.shape", stream("49,408 rows of 768 values\n"), display(image_png=figure(), text_plain="<Figure>")),
        markdown("## Exercise 2: One Step by Hand [Guided]\n"),
        code("loss.backward()", raised),
        markdown("## Exercise 3: Train [Supported]\n\nFill in the loop.\n"),
        code("for step in range(12):\n    train()", stream(progress), stream(printed)),
        code("frame", display(text_html="<table><tr><td>1</td></tr></table>", text_plain="   a\n0  1")),
        code("show()", display(image_jpeg=picture(kind="JPEG"))),
        markdown("My loss goes down only a little, because every step\ndraws another timestep and other noise.\n"),
        markdown("## Exercise 4: Compare [Independent]\n"),
        markdown("LoRA changes 1.2 million numbers and textual inversion 768.\n"),
        markdown("## Key Takeaways\n"),
    )


def exhibits() -> list[Object]:
    """What the judge draws for the exercises 2 and 3."""
    losses = [0.18 + 0.07 * math.sin(i * 1.7) * math.exp(-i / 30) for i in range(12)]
    others = [("a</w>", 320), ("photo</w>", 1125), ("of</w>", 539), (",</w>", 267), ("style</w>", 1844)]
    moved = [{"id": 49408, "token": "<naruto-style>", "distance": 0.31, "allowed": True}]
    moved += [{"id": i, "token": t, "distance": 0.05 / (n + 1), "allowed": False} for n, (t, i) in enumerate(others)]
    names = ("VAE", 248, False, 0), ("U-Net", 686, False, 0), ("CLIP transformer", 195, False, 0)
    parts = [{"name": n, "tensors": t, "with_gradient": 0, "moved": m, "trainable": r} for n, t, r, m in names]
    new, rest = "embedding table: new rows", "embedding table: other rows"
    parts.append({"name": new, "tensors": 1, "with_gradient": 1, "moved": 1, "trainable": True})
    parts.append({"name": rest, "tensors": 49408, "with_gradient": 8, "moved": 5, "trainable": False})
    return [
        {"kind": "loss_curve", "exercise": 3, "losses": losses},
        {"kind": "moved_rows", "exercise": 3, "total": 6, "table_rows": 49409, "rows": moved},
        {"kind": "gradient_flow", "exercise": 3, "parts": parts},
    ]


def run_folder(folder: Path, executed: Object | None = None, shown: Any = None) -> Path:
    """A run's folder with an executed notebook and exhibits."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "executed.ipynb").write_text(json.dumps(executed or full_notebook()), encoding="utf-8")
    (folder / "exhibits.json").write_text(json.dumps(exhibits() if shown is None else shown), encoding="utf-8")
    return folder
