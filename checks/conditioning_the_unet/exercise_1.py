"""Declares the mistakes and variants of exercise 1: the sinusoidal embedding."""

from assay.proof import Edit, Mistake, Variant

COLUMNS = "columns-are-sines-and-cosines-of-the-timesteps"
LENGTH = "every-embedding-has-the-same-length"
SMOOTH = "neighbouring-timesteps-are-alike-and-distant-ones-are-not"
SINGLE = "a-single-timestep-is-embedded-too"

TO_TENSOR = "t = torch.as_tensor(t, dtype=torch.float32).reshape(-1, 1)"
INDICES = "i = torch.arange(d_emb // 2, device=t.device)"
ANGLES = "angles = t / 10000 ** (2 * i / d_emb)"
PAIRS = "return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


def _angles(text: str) -> Edit:
    return Edit(ANGLES, f"angles = {text}")


MISTAKES = (
    _wrong("one frequency less in the exponent", _angles("t / 10000 ** (i / (d_emb // 2 - 1))"), caught_by={COLUMNS}),
    _wrong("an exponent of half the size", _angles("t / 10000 ** (i / d_emb)"), caught_by={COLUMNS, SMOOTH}),
    _wrong("an exponent of twice the size", _angles("t / 10000 ** (4 * i / d_emb)"), caught_by={COLUMNS, SMOOTH}),
    _wrong("timesteps between 0 and 1", _angles("t / 1000 / 10000 ** (2 * i / d_emb)"), caught_by={COLUMNS, SMOOTH}),
    _wrong("no logarithm", _angles("t * torch.exp(-i * (10000 / (d_emb // 2)))"), caught_by={COLUMNS, SMOOTH}),
    _wrong("growing frequencies", _angles("t * 10000 ** (2 * i / d_emb)"), caught_by={COLUMNS, SMOOTH}),
    _wrong("a base of 1000", _angles("t / 1000 ** (2 * i / d_emb)"), caught_by={COLUMNS, SMOOTH}),
    _wrong("full turns", _angles("2 * torch.pi * t / 10000 ** (2 * i / d_emb)"), caught_by={COLUMNS, SMOOTH}),
    _wrong("degrees", _angles("torch.deg2rad(t / 10000 ** (2 * i / d_emb))"), caught_by={COLUMNS, SMOOTH}),
    _wrong(
        "every other frequency",
        _angles("t / 10000 ** (2 * i / d_emb)\n    angles[:, 1::2] = angles[:, ::2]"),
        caught_by={COLUMNS},
    ),
    _wrong("the first frequency is left out", _angles("t / 10000 ** (2 * (i + 1) / d_emb)"), caught_by={COLUMNS}),
    _wrong(
        "frequencies in half precision",
        _angles("t * (10000.0 ** (-2 * i / d_emb)).half().float()"),
        caught_by={COLUMNS},
    ),
    _wrong(
        "sines twice", Edit(PAIRS, PAIRS.replace("cos()", "sin()")), caught_by={COLUMNS, LENGTH}, undetermined={SMOOTH}
    ),
    _wrong(
        "cosines twice",
        Edit(PAIRS, PAIRS.replace("sin()", "cos()")),
        caught_by={COLUMNS, LENGTH},
        undetermined={SMOOTH},
    ),
    _wrong(
        "half of the columns empty",
        Edit(PAIRS, PAIRS.replace("angles.cos()", "torch.zeros_like(angles)")),
        caught_by={COLUMNS, LENGTH},
        undetermined={SMOOTH},
    ),
    _wrong(
        "the bare angles",
        Edit(PAIRS, PAIRS.replace("angles.sin(), angles.cos()", "angles, angles")),
        caught_by={COLUMNS, LENGTH, SMOOTH},
    ),
    _wrong(
        "sines only", Edit(PAIRS, "return angles.sin()"), caught_by={COLUMNS, LENGTH, SINGLE}, undetermined={SMOOTH}
    ),
    _wrong(
        "unit length",
        Edit(PAIRS, "return F.normalize(torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1), dim=1)"),
        caught_by={COLUMNS, LENGTH},
    ),
    _wrong("shifted to lie between 0 and 1", Edit(PAIRS, PAIRS + " / 2 + 0.5"), caught_by={COLUMNS, LENGTH, SMOOTH}),
    _wrong("the size is built in", Edit(INDICES, "d_emb = 256\n    " + INDICES), caught_by={COLUMNS, LENGTH, SINGLE}),
    _wrong(
        "a table of random rows",
        Edit(
            PAIRS,
            "table = torch.randn(1000, d_emb, generator=torch.Generator().manual_seed(1))\n"
            "    return table[t.flatten().long()]",
        ),
        caught_by={COLUMNS, LENGTH, SMOOTH},
    ),
    _wrong("random numbers", Edit(PAIRS, "return torch.randn(len(t), d_emb)"), caught_by={COLUMNS, LENGTH, SMOOTH}),
    _wrong(
        "one embedding for all timesteps", _angles("t[:1].expand_as(t) / 10000 ** (2 * i / d_emb)"), caught_by={COLUMNS}
    ),
    _wrong(
        "columns and rows swapped",
        Edit(PAIRS, PAIRS + ".T"),
        Edit('print("all timesteps:", tuple(every_timestep.shape))', "every_timestep = every_timestep.T"),
        caught_by={COLUMNS},
        undetermined={LENGTH, SINGLE},
    ),
    _wrong(
        "whole timesteps only",
        Edit(TO_TENSOR, "t = torch.as_tensor(t).long().float().reshape(-1, 1)"),
        caught_by={COLUMNS},
    ),
    _wrong("tensors only", Edit(TO_TENSOR, "t = t.float().reshape(-1, 1)"), caught_by={SINGLE}),
    _wrong(
        "batches only", Edit(TO_TENSOR, "t = torch.as_tensor(t).float()\n    t = t.unsqueeze(1)"), caught_by={SINGLE}
    ),
    _wrong(
        "the function has another name",
        Edit("def sinusoidal_embedding(t, d_emb=256):", "def embed(t, d_emb=256):"),
        Edit("every_timestep = sinusoidal_embedding(", "every_timestep = embed("),
        caught_by={COLUMNS, LENGTH, SMOOTH, SINGLE},
    ),
)

VARIANTS = (
    _right("sines first, then cosines", Edit(PAIRS, "return torch.cat([angles.sin(), angles.cos()], dim=1)")),
    _right("cosines first", Edit(PAIRS, "return torch.cat([angles.cos(), angles.sin()], dim=1)")),
    _right(
        "by the exponential and a logarithm",
        _angles("t * torch.exp(-torch.log(torch.tensor(10000.0)) * 2 * i / d_emb)"),
    ),
    _right(
        "filled in place",
        Edit(
            PAIRS,
            "found = torch.empty(len(t), d_emb)\n"
            "    found[:, 0::2], found[:, 1::2] = angles.sin(), angles.cos()\n"
            "    return found",
        ),
    ),
    _right(
        "in double precision", Edit(TO_TENSOR, TO_TENSOR.replace("float32", "float64")), Edit(PAIRS, PAIRS + ".float()")
    ),
    _right(
        "with numpy",
        Edit(
            ANGLES,
            "import numpy\n"
            "    turns = t.numpy() / numpy.power(10000, 2 * i.numpy() / d_emb)\n"
            "    angles = torch.from_numpy(turns)",
        ),
    ),
    _right("slowest hand first", Edit(INDICES, "i = torch.arange(d_emb // 2 - 1, -1, -1, device=t.device)")),
    _right(
        "a sine with a shifted phase",
        Edit(PAIRS, PAIRS.replace("angles.cos()", "(angles.double() + torch.pi / 2).sin().float()")),
    ),
    _right(
        "the library's function",
        Edit(
            PAIRS,
            "from diffusers.models.embeddings import get_timestep_embedding\n"
            "    return get_timestep_embedding(t.flatten(), d_emb, downscale_freq_shift=0)",
        ),
    ),
    _right("one dimension for a single timestep", Edit(PAIRS, PAIRS + ".squeeze(0)")),
)
