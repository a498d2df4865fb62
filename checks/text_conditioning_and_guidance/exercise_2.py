"""Declares the mistakes and variants of exercise 2: the attention weights as pictures."""

from assay.proof import Edit, Mistake, Variant

HEATMAP = "the-heatmap-shows-the-attention-weights"
DIFFERENTLY = "places-attend-to-the-words-differently"
MAPS = "each-word-has-a-map-of-its-attention"

NEEDS = ("H, W = 4, 4", "T = 6")
SHARES = "shares = ca_weights.numpy()"
HEAT = 'axis.imshow(shares, cmap="magma", aspect="auto")'
MAP = 'axis.imshow(shares[:, j].reshape(H, W), cmap="magma", vmin=0, vmax=shares.max())'
AXES = "for j, axis in enumerate(axes):"


def _wrong(name: str, *edits: Edit, caught_by: set[str]) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by), frozenset(), NEEDS)


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits, NEEDS)


MISTAKES = (
    _wrong("self-attention is drawn", Edit(HEAT, HEAT.replace("shares", "sa_weights.numpy()")), caught_by={HEATMAP}),
    _wrong(
        "scores are drawn, before the softmax",
        Edit(
            HEAT,
            "with torch.no_grad():\n    scores = W_Q(x_spatial) @ W_K(x_text).T\n" + HEAT.replace("shares", "scores"),
        ),
        caught_by={HEATMAP},
    ),
    _wrong("nothing is drawn", Edit(HEAT, "print(shares)"), caught_by={HEATMAP}),
    _wrong(
        "each word's column is stretched to 1",
        Edit(HEAT, HEAT.replace("shares", "shares / shares.max(axis=0)")),
        caught_by={HEATMAP},
    ),
    _wrong("only the first places", Edit(HEAT, HEAT.replace("shares", "shares[:T]")), caught_by={HEATMAP}),
    _wrong(
        "the rows lose their order", Edit(HEAT, HEAT.replace("shares", "np.sort(shares, axis=0)")), caught_by={HEATMAP}
    ),
    _wrong(
        "the mean over the places in every row",
        Edit(HEAT, HEAT.replace("shares", "shares.mean(axis=0, keepdims=True).repeat(n_spatial, axis=0)")),
        caught_by={HEATMAP},
    ),
    _wrong(
        "one distribution for all places",
        Edit(SHARES, "ca_weights = ca_weights.mean(dim=0, keepdim=True).repeat(n_spatial, 1)\n" + SHARES),
        caught_by={DIFFERENTLY, MAPS},
    ),
    _wrong(
        "the weights are stretched to the largest",
        Edit(SHARES, "ca_weights = ca_weights / ca_weights.max()\n" + SHARES),
        caught_by={DIFFERENTLY},
    ),
    _wrong(
        "rows of the table as maps",
        Edit(MAP, MAP.replace("shares[:, j]", "shares.reshape(T, n_spatial)[j]")),
        caught_by={MAPS},
    ),
    _wrong("maps on their side", Edit(MAP, MAP.replace("reshape(H, W)", "reshape(H, W).T")), caught_by={MAPS}),
    _wrong("a map for the first words only", Edit(AXES, "for j, axis in enumerate(axes[:4]):"), caught_by={MAPS}),
    _wrong("the same map for every word", Edit(MAP, MAP.replace("[:, j]", "[:, 0]")), caught_by={MAPS}),
    _wrong("maps of the output", Edit(MAP, MAP.replace("shares[:, j]", "ca_output.numpy()[:, j]")), caught_by={MAPS}),
)

VARIANTS = (
    _right("the heatmap on its side", Edit(HEAT, HEAT.replace("shares", "shares.T"))),
    _right("the heatmap by pcolormesh", Edit(HEAT, "axis.pcolormesh(shares)")),
    _right("the heatmap by matshow, from a tensor", Edit(HEAT, "axis.matshow(ca_weights)")),
    _right(
        "maps stretched from black to white",
        Edit(MAP, "one = ca_weights[:, j].view(H, W)\n    axis.imshow((one - one.min()) / (one.max() - one.min()))"),
    ),
    _right(
        "maps by pyplot, in two rows",
        Edit(AXES, "for j in range(T):\n    axis = plt.subplot(2, 3, j + 1)"),
        Edit(MAP, 'plt.imshow(shares.T[j].reshape(H, W), cmap="gray")'),
    ),
    _right("percentages", Edit(HEAT, HEAT.replace("shares", "100 * shares"))),
)
