"""Declares the mistakes and variants of exercise 1: a table of cosines and its loss."""

from assay.proof import Edit, Mistake, Variant

COSINES = "the-similarity-matrix-holds-cosines"
ROW = "a-row-became-probabilities-and-cross-entropy"
LOSS = "the-loss-is-symmetric-cross-entropy"

IMAGES = "image_units = F.normalize(image_embeddings, dim=1)"
TEXTS = "text_units = F.normalize(text_embeddings, dim=1)"
TABLE = "similarity_matrix = text_units @ image_units.T"
LOGITS = "logits = similarity_matrix / temperature"
LABELS = "labels = torch.arange(len(similarity_matrix))"
CHANCES = "chances = F.softmax(logits[0], dim=0)"
SURPRISE = "surprise = -torch.log(chances[labels[0]])"
COLUMNS = "loss_columns = F.cross_entropy(logits.T, labels)"
BOTH = "loss_clip = (loss_rows + loss_columns) / 2"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


MISTAKES = (
    _wrong(
        "nothing is normalised",
        Edit(IMAGES, "image_units = image_embeddings"),
        Edit(TEXTS, "text_units = text_embeddings"),
        caught_by={COSINES, ROW, LOSS},
    ),
    _wrong(
        "only the texts are normalised", Edit(IMAGES, "image_units = image_embeddings"), caught_by={COSINES, ROW, LOSS}
    ),
    _wrong(
        "normalised over the wrong axis",
        Edit(TEXTS, "text_units = F.normalize(text_embeddings, dim=0)"),
        caught_by={COSINES, ROW, LOSS},
    ),
    _wrong(
        "texts compared with texts",
        Edit(TABLE, "similarity_matrix = text_units @ text_units.T"),
        caught_by={COSINES, ROW, LOSS},
    ),
    _wrong("the loss by rows only", Edit(BOTH, "loss_clip = loss_rows"), caught_by={LOSS}),
    _wrong("the same direction twice", Edit(COLUMNS, COLUMNS.replace(".T", "")), caught_by={LOSS}),
    _wrong("both directions added, not averaged", Edit(BOTH, "loss_clip = loss_rows + loss_columns"), caught_by={LOSS}),
    _wrong("all labels are 0", Edit(LABELS, "labels = torch.zeros(4, dtype=torch.long)"), caught_by={LOSS}),
    _wrong("labels count backwards", Edit(LABELS, "labels = torch.arange(3, -1, -1)"), caught_by={LOSS, ROW}),
    _wrong(
        "the temperature multiplies", Edit(LOGITS, "logits = similarity_matrix * temperature"), caught_by={LOSS, ROW}
    ),
    _wrong("the temperature is left out", Edit(LOGITS, "logits = similarity_matrix"), caught_by={LOSS, ROW}),
    _wrong(
        "probabilities where logits belong",
        Edit(LOGITS, "logits = F.softmax(similarity_matrix / temperature, dim=1)"),
        caught_by={LOSS, ROW},
    ),
    _wrong("the sign is forgotten", Edit(SURPRISE, "surprise = torch.log(chances[labels[0]])"), caught_by={ROW}),
    _wrong("shares without an exponential", Edit(CHANCES, "chances = logits[0] / logits[0].sum()"), caught_by={ROW}),
)

VARIANTS = (
    _right("pictures by rows", Edit(TABLE, "similarity_matrix = image_units @ text_units.T")),
    _right(
        "the library's cosines",
        Edit(
            TABLE, "similarity_matrix = F.cosine_similarity(text_embeddings[:, None], image_embeddings[None], dim=-1)"
        ),
    ),
    _right(
        "divided by the lengths afterwards",
        Edit(
            TABLE,
            "lengths = text_embeddings.norm(dim=1)[:, None] * image_embeddings.norm(dim=1)[None]\n"
            "similarity_matrix = text_embeddings @ image_embeddings.T / lengths",
        ),
    ),
    _right("einsum", Edit(TABLE, 'similarity_matrix = torch.einsum("td,id->ti", text_units, image_units)')),
    _right(
        "the loss by hand",
        Edit(
            BOTH,
            "one = -F.log_softmax(logits, dim=1).diagonal().mean()\n"
            "other = -F.log_softmax(logits, dim=0).diagonal().mean()\nloss_clip = (one + other) / 2",
        ),
    ),
    _right(
        "in functions",
        Edit(
            TABLE,
            "def table_of(texts, pictures):\n    return F.normalize(texts) @ F.normalize(pictures).T\n\n\n"
            "similarity_matrix = table_of(text_embeddings, image_embeddings)",
        ),
    ),
)
