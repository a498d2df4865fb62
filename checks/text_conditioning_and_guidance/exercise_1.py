"""Declares the mistakes and variants of exercise 1: from self-attention to cross-attention."""

from assay.proof import Edit, Mistake, Variant

SELF = "self-attention-is-scaled-dot-product-attention"
CROSS = "cross-attention-reads-keys-and-values-from-the-text"
SHARES = "each-place-has-a-distribution-over-the-words"
KEPT = "the-weights-kept-are-those-of-the-notebooks-own-tensors"

SELF_LAYERS = "queries, keys, values = W_Q(x), W_K(x), W_V(x)"
SELF_SCORES = "scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5"
SELF_SOFTMAX = "weights = scores.softmax(dim=-1)"
SELF_CALL = "sa_output, sa_weights = self_attention(x_spatial, W_Q, W_K, W_V)"
QUERIES = "queries = W_Q(x_spatial)\n"
KEYS_AND_VALUES = "keys, values = W_K(x_text), W_V(x_text)"
SOFTMAX = "weights = (similarity / queries.shape[-1] ** 0.5).softmax(dim=-1)"
RETURN = SOFTMAX + "\n    return weights @ values, weights"
CALL = "ca_output, ca_weights = cross_attention(x_spatial, x_text, W_Q, W_K, W_V)"
HEAD = "def cross_attention(x_spatial, x_text, W_Q, W_K, W_V):"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


MISTAKES = (
    _wrong("scores as they are", Edit(SOFTMAX, "weights = similarity.softmax(dim=-1)"), caught_by={CROSS}),
    _wrong("scores divided by the width", Edit(SOFTMAX, SOFTMAX.replace(" ** 0.5", "")), caught_by={CROSS}),
    _wrong("the softmax runs over the places", Edit(SOFTMAX, SOFTMAX.replace("-1)", "0)")), caught_by={CROSS, SHARES}),
    _wrong("no softmax", Edit(SOFTMAX, "weights = similarity / queries.shape[-1] ** 0.5"), caught_by={CROSS, SHARES}),
    _wrong(
        "the largest score takes all",
        Edit(SOFTMAX, "weights = nn.functional.one_hot(similarity.argmax(dim=-1), similarity.shape[-1]).float()"),
        caught_by={CROSS, KEPT},
    ),
    _wrong(
        "keys and values from the picture",
        Edit(KEYS_AND_VALUES, "keys, values = W_K(x_spatial), W_V(x_spatial)"),
        caught_by={CROSS, SHARES},
    ),
    _wrong(
        "only the values from the picture",
        Edit(KEYS_AND_VALUES, "keys, values = W_K(x_text), W_V(x_spatial)"),
        caught_by={CROSS, SHARES, KEPT},
    ),
    _wrong(
        "keys by the queries' layer",
        Edit(KEYS_AND_VALUES, KEYS_AND_VALUES.replace("W_K(", "W_Q(")),
        caught_by={CROSS},
    ),
    _wrong(
        "values by the keys' layer", Edit(KEYS_AND_VALUES, KEYS_AND_VALUES.replace("W_V(", "W_K(")), caught_by={CROSS}
    ),
    _wrong(
        "the words ask the places",
        Edit(QUERIES, "queries = W_Q(x_text)\n"),
        Edit(KEYS_AND_VALUES, KEYS_AND_VALUES.replace("x_text", "x_spatial")),
        caught_by={CROSS, SHARES},
    ),
    _wrong(
        "the scores' sign turned",
        Edit(SOFTMAX, SOFTMAX.replace("(similarity", "(-similarity")),
        caught_by={CROSS, KEPT},
    ),
    _wrong(
        "only the output is returned",
        Edit(RETURN, SOFTMAX + "\n    return weights @ values"),
        Edit(CALL, CALL.replace("ca_output, ca_weights", "ca_output")),
        Edit("tuple(ca_weights.shape)", "tuple(ca_output.shape)"),
        Edit("row_sums = ca_weights.sum(dim=1)", "row_sums = ca_output.sum(dim=1)"),
        caught_by={CROSS, SHARES, KEPT},
    ),
    _wrong(
        "the values are not weighed",
        Edit(RETURN, SOFTMAX + "\n    return weights @ x_text, weights"),
        caught_by={CROSS},
    ),
    _wrong(
        "cross-attention is not defined under its name",
        Edit(HEAD, HEAD.replace("cross_attention", "attend")),
        Edit(CALL, CALL.replace("cross_attention", "attend")),
        caught_by={CROSS, SHARES, KEPT},
    ),
    _wrong(
        "the layers are handed over in another order",
        Edit(CALL, CALL.replace("W_K, W_V", "W_V, W_K")),
        caught_by={KEPT},
    ),
    _wrong(
        "the inputs are handed over swapped",
        Edit(CALL, CALL.replace("x_spatial, x_text", "x_text, x_spatial")),
        caught_by={KEPT},
    ),
    _wrong("self-attention's weights are kept", Edit(CALL, CALL + "\n    ca_weights = sa_weights"), caught_by={KEPT}),
    _wrong(
        "self-attention without a division",
        Edit(SELF_SCORES, "scores = queries @ keys.transpose(-2, -1)"),
        caught_by={SELF},
    ),
    _wrong(
        "self-attention with a softmax over columns",
        Edit(SELF_SOFTMAX, SELF_SOFTMAX.replace("-1", "0")),
        caught_by={SELF},
    ),
    _wrong(
        "self-attention weighs the input itself",
        Edit(SELF_LAYERS, SELF_LAYERS.replace("W_V(x)", "x")),
        caught_by={SELF},
    ),
    _wrong(
        "self-attention with one layer for queries and keys",
        Edit(SELF_LAYERS, SELF_LAYERS.replace("W_K(x)", "W_Q(x)")),
        caught_by={SELF},
    ),
)

VARIANTS = (
    _right(
        "torch's own attention for the output",
        Edit(
            RETURN,
            SOFTMAX + "\n    output = nn.functional.scaled_dot_product_attention(queries, keys, values)"
            "\n    return output, weights",
        ),
    ),
    _right(
        "sums of products by einsum",
        Edit("similarity = queries @ keys.transpose(-2, -1)", 'similarity = torch.einsum("id,jd->ij", queries, keys)'),
        Edit(RETURN, SOFTMAX + '\n    return torch.einsum("ij,jd->id", weights, values), weights'),
    ),
    _right(
        "a softmax by hand",
        Edit(
            SOFTMAX,
            "raised = torch.exp(similarity / queries.shape[-1] ** 0.5)\n"
            "    weights = raised / raised.sum(dim=1, keepdim=True)",
        ),
    ),
    _right(
        "queries scaled before they ask",
        Edit(QUERIES, "queries = W_Q(x_spatial) * W_Q.out_features ** -0.5\n"),
        Edit(SOFTMAX, "weights = torch.softmax(similarity, dim=1)"),
    ),
    # right wherever the exercise asks for it: the probe keeps the exercise's width
    _right("the exercise's width by its name", Edit(SOFTMAX, SOFTMAX.replace("queries.shape[-1]", "d_model"))),
    _right(
        "the parameters have other names",
        Edit(HEAD, "def cross_attention(places, tokens, to_query, to_key, to_value):"),
        Edit(QUERIES, "queries = to_query(places)\n"),
        Edit(KEYS_AND_VALUES, "keys, values = to_key(tokens), to_value(tokens)"),
    ),
    _right(
        "the weights are returned first",
        Edit(RETURN, SOFTMAX + "\n    return weights, weights @ values"),
        Edit(CALL, CALL.replace("ca_output, ca_weights", "ca_weights, ca_output")),
    ),
    _right("a larger picture and more words", Edit("H, W = 4, 4", "H, W = 8, 8"), Edit("T = 6", "T = 9")),
    _right(
        "a mask that may be given",
        Edit(HEAD, HEAD.replace("W_V):", "W_V, mask=None):")),
        Edit(
            SOFTMAX,
            "if mask is not None:\n        similarity = similarity.masked_fill(mask, -torch.inf)\n    " + SOFTMAX,
        ),
    ),
    _right(
        "both are one function",
        Edit(SELF_LAYERS, "return cross_attention(x, x, W_Q, W_K, W_V)"),
        Edit(SELF_CALL, "pass"),
        Edit('print("self-attention:", tuple(sa_weights.shape), "->", tuple(sa_output.shape))', "pass"),
    ),
    _right("layers with biases", Edit("bias=False", "bias=True")),
    _right("an answer as a list", Edit(RETURN, SOFTMAX + "\n    return [weights @ values, weights]")),
)
