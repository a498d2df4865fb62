"""The exercises that attacks are played in: what an honest solution of each looks like, and a wrong one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from assay.course import lesson_files
from assay.proof import exercise_of_each_cell, source_of


@dataclass(frozen=True)
class Base:
    """One exercise of a lesson: its notebook's title, the cell before it, and its work done right and wrong."""

    slug: str
    title: str
    exercise: int
    setup: str
    honest: str
    wrong: str


COSINES = Base(
    "clip",
    "# CLIP",
    1,
    "import torch\nimport torch.nn.functional as F",
    """\
image_embeddings = torch.tensor([[0.9, 0.3], [-0.7, 0.6], [0.1, -0.95], [-0.8, -0.5]])
text_embeddings = torch.tensor([[0.85, 0.4], [-0.6, 0.7], [0.2, -0.9], [-0.75, -0.6]])
temperature = 1.0
similarity_matrix = F.normalize(text_embeddings, dim=1) @ F.normalize(image_embeddings, dim=1).T
logits = similarity_matrix / temperature
labels = torch.arange(4)
chances = F.softmax(logits[0], dim=0)
surprise = -torch.log(chances[0])
loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
""",
    """\
image_embeddings = torch.tensor([[0.9, 0.3], [-0.7, 0.6], [0.1, -0.95], [-0.8, -0.5]])
text_embeddings = torch.tensor([[0.85, 0.4], [-0.6, 0.7], [0.2, -0.9], [-0.75, -0.6]])
temperature = 1.0
similarity_matrix = torch.zeros(4, 4)
loss = torch.tensor(0.0)
""",
)
GUIDANCE = Base(
    "text-conditioning-and-guidance",
    "# Text Conditioning & Guidance",
    3,
    "import torch\nimport matplotlib.pyplot as plt",
    """\
def apply_cfg(noise_uncond, noise_cond, guidance_scale):
    return noise_uncond + guidance_scale * (noise_cond - noise_uncond)
torch.manual_seed(1)
noise_uncond, noise_cond = torch.randn(16), torch.randn(16)
scales = [0, 1, 3, 7.5]
plt.plot(scales, [float(apply_cfg(noise_uncond, noise_cond, s).norm()) for s in scales])
plt.show()
""",
    "def apply_cfg(noise_uncond, noise_cond, guidance_scale):\n    return torch.zeros_like(noise_cond)\n",
)


def _of_reference(slug: str, title: str, exercise: int, *shorter: tuple[str, str]) -> Base:
    """An exercise as the reference solves it, with what it takes from the set-up; the wrong work is none at all."""
    cells = json.loads(lesson_files(slug).reference.read_text(encoding="utf-8"))["cells"]
    numbers = exercise_of_each_cell(cells)

    def code(number: int | None) -> str:
        own = [
            source_of(cell)
            for cell, of in zip(cells, numbers, strict=True)
            if of == number and cell["cell_type"] == "code"
        ]
        text = "\n".join(own)
        for long, short in shorter:
            text = text.replace(long, short)
        return "\n".join(line for line in text.splitlines() if not line.startswith("!"))

    return Base(slug, title, exercise, code(None), code(exercise), "pass\n")


def bases() -> dict[str, Base]:
    """Every base by the name that the catalogue calls it."""
    small = (("512, 512", "256, 256"), ("Resize(512)", "Resize(256)"), ("CenterCrop(512)", "CenterCrop(256)"))
    return {
        "cosines": COSINES,
        "guidance": GUIDANCE,
        "pair": _of_reference("clip", "# CLIP", 2),
        "table": _of_reference("textual-inversion", "# Textual Inversion", 1),
        "step": _of_reference("textual-inversion", "# Textual Inversion", 2, *small),
    }
