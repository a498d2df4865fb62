"""The witness keeps what the names of a lesson stand for, and what figures draw, whoever asked for the figure."""

from __future__ import annotations

import pytest
import torch
from watched import watch

from assay.judging.observations import Work


@pytest.fixture(scope="module")
def asked(warm, kit, tmp_path_factory):
    """Names bound to values of every kind, a cell for each change."""
    return watch(
        warm, kit.folder, tmp_path_factory.mktemp("asked"),
        "import numpy as np\nkept = torch.arange(6.).view(2, 3); norms = []; layer = torch.nn.Linear(2, 1)",
        "norms = [1, 2.5, torch.tensor(4.)]; other = torch.ones(2)",
        "kept += 1; norms = np.array([3, 4])",
        "kept = torch.nn.Parameter(torch.zeros(2)); norms = 'no number'",
        "class Liar(torch.Tensor): pass\nkept = Liar(); layer = lambda x: x",
        "kept = torch.zeros(2**11, 2**11)",
        values=("kept", "norms", "layer", "never"),
    )  # fmt: skip


@pytest.fixture
def work(asked):
    return Work(asked.evidence, 1)


def test_each_change_of_a_name_is_kept_once(asked, work):
    assert [(f["cell"], f["name"]) for f in asked.facts("value")] == [
        (1, "kept"), (1, "layer.weight"), (1, "layer.bias"), (2, "norms"), (3, "kept"), (3, "norms"), (4, "kept"),
    ]  # fmt: skip
    assert [v.tolist() for v in work.values("kept")] == [[[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [4, 5, 6]], [0, 0]]


def test_lists_arrays_and_modules_are_tensors(work):
    assert [v.tolist() for v in work.values("norms")] == [[1, 2.5, 4], [3, 4]]
    assert work.value("norms").dtype == torch.int64
    assert work.value("layer.weight").shape == (1, 2)


def test_a_name_that_nobody_asked_for_is_not_kept(work):
    assert work.value("other") is None
    assert work.value("never") is None


def test_nothing_stumbled(asked):
    assert asked.facts("stumble") == []


@pytest.fixture(scope="module")
def drawn(warm, kit, tmp_path_factory):
    """Figures drawn in several ways."""
    return watch(
        warm, kit.folder, tmp_path_factory.mktemp("drawn"),
        "import numpy as np\nimport matplotlib.pyplot as plt\n"
        "plt.imshow(torch.eye(3)); fig, ax = plt.subplots(); ax.pcolormesh(np.full((2, 3), 7)); plt.matshow([[1, 2]])",
        "plt.plot([1, 2], [3, 4], 'o-'); plt.plot(torch.tensor([5., 6.])); plt.scatter([0, 1], [1, 2])",
        "ax.plot([1, 2], [[1, 10], [2, 20]]); ax.semilogx([1, 10], [0, 1]); ax.plot()",
        "plt.imshow(np.zeros((300, 300))); plt.imshow(np.zeros((4, 4, 3), np.uint8))",
        "for i in range(300): ax.plot([i], [i])",
    )  # fmt: skip


def test_pictures_are_kept_as_they_were_drawn(drawn):
    images = Work(drawn.evidence, 1).images
    assert [tuple(image.shape) for image in images] == [(3, 3), (2, 3), (1, 2), (4, 4, 3)]
    assert torch.equal(images[0], torch.eye(3).double())
    assert bool((images[1] == 7).all())


def test_curves_are_kept_point_by_point(drawn):
    curves = [(x.tolist(), y.tolist()) for x, y in Work(drawn.evidence, 1).curves]
    assert curves[:3] == [([1, 2], [3, 4]), ([0, 1], [5, 6]), ([0, 1], [1, 2])]
    assert curves[3:6] == [([1, 2], [1, 2]), ([1, 2], [10, 20]), ([1, 10], [0, 1])]


def test_of_many_drawings_a_budget_is_kept(drawn):
    work = Work(drawn.evidence, 1)
    assert len(work.images) + len(work.curves) + 1 == 256  # 1: the large picture counts and is not kept


def test_a_figure_does_not_stumble(drawn):
    assert drawn.facts("stumble") == []
