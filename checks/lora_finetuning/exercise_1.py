"""Declares the mistakes and variants of exercise 1: which layers an adapter goes on, and how large it is."""

from assay.proof import Edit, Mistake, Variant

FOUND = "the-cross-attention-projections-were-found"
SIZES = "lora-sizes-follow-the-formula"
SHARE = "the-share-of-the-unet-was-stated"

ATTENTION = '.partition(".attn2.")'
LEAVES = '("to_q.weight", "to_k.weight", "to_v.weight", "to_out.0.weight")'
LISTED = '    print(f"{name:<90}{outputs:>6} x {inputs}")\n'
RANKS = "ranks = [4, 8, 16]"
SIZE = "sum(rank * (outputs + inputs) for outputs, inputs in projections.values())"
QUOTIENT = "share = size / unet_size"
WALK = """for name, weight in unet.named_parameters():
    block, _, leaf = name.partition(".attn2.")
    if leaf in ("to_q.weight", "to_k.weight", "to_v.weight", "to_out.0.weight"):
        projections[name] = tuple(weight.shape)
"""
REPORT = """    print(f"rank {rank:>2}: {size:>10,} numbers, {100 * share:.4f} % of the U-Net's {unet_size:,}")"""


def _wrong(name: str, *edits: Edit, caught_by: set[str]) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


MISTAKES = (
    _wrong("self-attention is taken for it", Edit(ATTENTION, '.partition(".attn1.")'), caught_by={FOUND, SIZES, SHARE}),
    _wrong(
        "the output projection is forgotten",
        Edit(LEAVES, '("to_q.weight", "to_k.weight", "to_v.weight")'),
        caught_by={FOUND, SIZES, SHARE},
    ),
    _wrong(
        "a whole matrix for each rank",
        Edit(SIZE, "sum(rank * outputs * inputs for outputs, inputs in projections.values())"),
        caught_by={SIZES, SHARE},
    ),
    _wrong(
        "only one of the two factors",
        Edit(SIZE, "sum(rank * inputs for outputs, inputs in projections.values())"),
        caught_by={SIZES, SHARE},
    ),
    _wrong("a single rank", Edit(RANKS, "ranks = [4]"), caught_by={SIZES}),
    _wrong(
        "a share of the projections only",
        Edit(QUOTIENT, "share = size / sum(outputs * inputs for outputs, inputs in projections.values())"),
        caught_by={SHARE},
    ),
)

VARIANTS = (
    _right(
        "layers instead of parameters",
        Edit(
            WALK,
            "for name, layer in unet.named_modules():\n"
            "    if isinstance(layer, torch.nn.Linear) and '.attn2.' in name:\n"
            "        projections[name] = (layer.out_features, layer.in_features)\n",
        ),
        Edit("del unet, weight", "del unet, layer"),
    ),
    _right("the names are counted, not shown", Edit(LISTED, "    pass\n")),
    _right("other ranks", Edit(RANKS, "ranks = [2, 32]")),
    _right("the share as a fraction", Edit(REPORT, '    print(rank, f"{size:,}", f"{share:.6f}", f"{unet_size:,}")')),
    _right("the numbers stay in variables", Edit(REPORT, "    pass")),
)
