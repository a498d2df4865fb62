"""The witness keeps latents that names stand for, tables of similarities however they are made, and labels of items."""

from __future__ import annotations

import pytest
import torch
from watched import watch

from assay.judging.observations import Work

ENCODE = """
vae = load(AutoencoderKL, 'vae'); scale = vae.config.scaling_factor
pixels = torch.rand(1, 3, 64, 64) * 2 - 1
with torch.no_grad():
    raw = vae.encode(pixels).latent_dist.mean
    kept = {'one': raw * scale}
    picture = vae.decode(raw).sample
"""
MULTIPLY = """
a, b = torch.randn(3, 5), torch.randn(2, 5)
ways = [a @ b.T, a.matmul(b.T), torch.mm(a, b.T), torch.matmul(a, b.T), torch.einsum('nd,md->nm', a, b),
        torch.einsum('nd,dm->mn', a, b.T).T, F.cosine_similarity(a[:, None], b[None], dim=-1)]
dot = a[0] @ b[1]
large = torch.randn(200, 4) @ torch.randn(4, 200); batch = torch.randn(2, 3, 4) @ torch.randn(2, 4, 3)
"""


@pytest.fixture(scope="module")
def seen(warm, kit, tmp_path_factory):
    """A picture there and back, and products of two tables."""
    return watch(warm, kit.folder, tmp_path_factory.mktemp("latents"), ENCODE, MULTIPLY)


@pytest.fixture
def work(seen):
    return Work(seen.evidence, 1)


def test_what_was_encoded_kept_and_decoded_is_known(work):
    (encoded,) = work.latents.encoded
    assert encoded.shape == (1, 3, 64, 64)
    assert -1 <= encoded.low < 0 < encoded.high <= 1
    assert [encoded.is_near(latents) for latents in work.latents.decoded] == [True]
    assert sorted(encoded.is_near(latents) for latents in work.latents.kept) == [False, True]
    assert sum(encoded.is_near(latents, scaled=False) for latents in work.latents.kept) == 1


def test_decoding_is_measured_against_the_encoded_picture(work):
    (error,) = work.latents.errors
    assert 0 < error < 4


def test_every_way_to_multiply_two_tables_is_seen(work):
    tables = [table for table in work.contrast.tables if table.left is not None]
    assert [list(table.values.shape) for table in tables] == [[3, 2]] * 5 + [[2, 3], [3, 2], [1, 1]]
    for table in tables:
        if not table.straight:
            assert torch.allclose(table.left @ table.right.T, table.values, atol=1e-5)
    assert [table.straight for table in tables] == [False] * 6 + [True, False]
    assert tables[6].holds_cosines(tables[0].left, tables[0].right)


def test_nothing_stumbled(seen):
    assert seen.facts("stumble") == []
