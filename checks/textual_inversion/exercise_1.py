"""Declares the mistakes and variants of exercise 1: reading the embedding table and adding a row."""

from assay.proof import Edit, Mistake, Variant

READ = "the-embedding-table-was-read"
COSINES = "similarities-are-cosines-of-rows"
GREW = "the-table-grew-by-the-new-tokens"
INITIALISED = "the-new-row-is-initialised"
UNCHANGED = "existing-rows-and-transformer-are-unchanged"

COSINE = "F.cosine_similarity(vectors[first], vectors[second], dim=0).item()"
GET_TABLE = "table = text_encoder.get_input_embeddings().weight.detach()"
RESIZE = "text_encoder.resize_token_embeddings(len(tokenizer))"
INITIALISE = "table[new_id] = table[start_id].clone()"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 1, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 1, edits)


MISTAKES = (
    _wrong(
        "a random table in place of CLIP's",
        Edit(GET_TABLE, "table = torch.randn(len(tokenizer), 768)"),
        Edit("rows_before = len(table)", "rows_before = len(tokenizer)"),
        caught_by={COSINES},
        undetermined={READ},
    ),
    _wrong(
        "the text encoder is never loaded",
        Edit('text_encoder = load(CLIPTextModel, "text_encoder")\n', "text_encoder = None\n"),
        caught_by={READ, COSINES, GREW, INITIALISED, UNCHANGED},
    ),
    _wrong("dot products, not cosines", Edit(COSINE, "(vectors[first] @ vectors[second]).item()"), caught_by={COSINES}),
    _wrong(
        "distances, not cosines", Edit(COSINE, "(vectors[first] - vectors[second]).norm().item()"), caught_by={COSINES}
    ),
    _wrong(
        "rows normalised in place inside the model",
        Edit(GET_TABLE, GET_TABLE + "\ntable /= table.norm(dim=1, keepdim=True)"),
        caught_by={UNCHANGED},
        undetermined={COSINES},
    ),
    _wrong(
        "the table is never resized",
        Edit(RESIZE + "\n", ""),
        caught_by={GREW, INITIALISED},
        undetermined={UNCHANGED},
    ),
    _wrong(
        "the token is never added",
        Edit('num_added = tokenizer.add_tokens(["<my-word>"])', "num_added = 0"),
        caught_by={GREW, INITIALISED, UNCHANGED},
    ),
    _wrong(
        "the new row is not a number",
        Edit(INITIALISE, "table[new_id] = table[start_id].sqrt()"),
        caught_by={INITIALISED},
    ),
    _wrong(
        "the old word is overwritten with the new row",
        Edit(INITIALISE, "table[start_id] = table[new_id].clone()"),
        caught_by={UNCHANGED},
        undetermined={INITIALISED},
    ),
)

VARIANTS = (
    _right(
        "cosines as a product of normalised rows",
        Edit(COSINE, "(F.normalize(vectors[first], dim=0) @ F.normalize(vectors[second], dim=0)).item()"),
    ),
    _right(
        "cosines by hand",
        Edit(COSINE, "(vectors[first] @ vectors[second] / (vectors[first].norm() * vectors[second].norm())).item()"),
    ),
    _right(
        "rows looked up through the layer",
        Edit(
            "= {word: table[word_id(tokenizer, word)] for word",
            "= {word: text_encoder.get_input_embeddings()(to_ids(tokenizer, word)[0, 1]).detach() for word",
        ),
    ),
    _right("the table is resized without the mean", Edit("(len(tokenizer))", "(len(tokenizer), mean_resizing=False)")),
    _right(
        "the table is padded to a multiple of 64", Edit("(len(tokenizer))", "(len(tokenizer), pad_to_multiple_of=64)")
    ),
    _right(
        "the new row is the mean of two words",
        Edit(INITIALISE, 'table[new_id] = (table[start_id] + table[word_id(tokenizer, "kitten")]) / 2'),
    ),
    _right("the new row stays as the resize made it", Edit(INITIALISE, "pass")),
    _right(
        "the word-internal piece as the start",
        Edit('start_id = word_id(tokenizer, "cat")', 'start_id = tokenizer.convert_tokens_to_ids("cat")'),
    ),
    _right("two new words", Edit('add_tokens(["<my-word>"])', 'add_tokens(["<my-word>", "<my-other-word>"])')),
)
