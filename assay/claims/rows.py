"""What must hold of an embedding table: new tokens have rows, they learned, and no other row moved."""

from __future__ import annotations

from typing import Any

import torch

from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.table import EmbeddingTable
from assay.judging.observations.training import Training
from assay.tensors import is_constant

# Of a plain prompt's embedding: one object answers bit for bit in one precision; rounding the weights to half moves the
# answer by up to 3e-2.
PLAIN = {torch.float64: 1e-5, torch.float32: 0.0, torch.float16: 5e-3, torch.bfloat16: 3e-2}


def require_new_tokens(table: EmbeddingTable) -> None:
    """Fail unless a token was added and each added token has a row behind the loaded ones."""
    tokens = table.added_tokens
    if not tokens:
        raise Failure(
            f"no token was added to the tokenizer; the table has {table.rows:,} rows",
            misconception="a word that the vocabulary lacks gets no id of its own: CLIP's tokenizer gives an unknown "
            "token the id of <|endoftext|>, and training then changes that row for every prompt",
            help="Add the new word to the tokenizer before you ask for its id.",
        )
    homeless = {token: row for token, row in tokens.items() if row not in table.pseudo_ids}
    if homeless:
        token, row = next(iter(homeless.items()))
        raise Failure(
            f"{token!r} has id {row}, but the table has {table.rows:,} rows",
            help="Resize the text encoder's embedding table to the tokenizer's new length.",
        )


def require_unchanged_rows(table: EmbeddingTable) -> None:
    """Fail when a loaded row has other bits than the original, whatever moved it."""
    if table.changed_count:
        first = table.changed_rows[0]
        raise Failure(
            f"{table.changed_count:,} other row{'s' * (table.changed_count > 1)} changed too; "
            f"the first is {table.token(first)!r} (row {first})",
            misconception="every row that takes part in the prompt receives a gradient, and AdamW's weight decay "
            "moves even rows without one",
            help="Compare the other rows with their saved values right after optimizer.step().",
        )


def require_learned(table: EmbeddingTable) -> None:
    """Fail unless every pseudo-token's row is finite, has moved, and is no existing row."""
    require_new_tokens(table)
    for row in sorted(table.final):
        _require_learned_row(table, row)
    if not table.initial.keys() & table.final.keys():
        raise Failure(
            "the pseudo-token's row never took part in a forward pass",
            help="Is the pseudo-token in the training prompt, and does its text go through the text encoder?",
        )


def _require_learned_row(table: EmbeddingTable, row: int) -> None:
    """One row of `require_learned`."""
    values, name = table.final[row], f"the row of {table.token(row)!r}"
    if not bool(torch.isfinite(values).all()):
        raise Failure(
            f"{name} holds NaN or infinity",
            misconception="float16 has too little range for Adam's second moments: 1e-8 rounds to zero",
            help="Keep what the optimizer updates in float32.",
        )
    if is_constant(values):
        raise Failure(
            f"{name} holds the same number everywhere",
            help="What writes to the row after the optimizer's last step?",
        )
    if row in table.initial and torch.equal(values, table.initial[row].to(values.dtype)):
        raise Failure(
            f"{name} is bit for bit what it was before the first step",
            misconception="a copy of a row, or a row put back together with all others, is not what the model reads",
            help="Print the row before and after a step. Which tensor does the optimizer hold, and what is restored?",
        )
    if table.is_vocabulary_row(values):
        raise Failure(
            f"{name} equals an existing word's row",
            misconception="textual inversion does not look for the nearest word; it finds a new point between words",
            help="Keep the row where the optimizer left it.",
        )


def require_row_gradients(table: EmbeddingTable, training: Training) -> None:
    """Fail unless the pseudo-token's row, or what stands for it, had a gradient at every step."""
    without = [n for n, step in enumerate(training.steps, 1) if not _has_row_gradient(table, training, step)]
    if without or not training.steps:
        raise Failure(
            f"{len(without)} of {len(training.steps)} steps came without a gradient for it; the first is step "
            f"{without[0] if without else 0}",
            misconception="a row that is not in the prompt still moves by weight decay, but it learns nothing",
            help="Is the pseudo-token in the prompt of every step, and does the U-Net see that prompt?",
        )


ROUNDED = 3e-2  # weights rounded to half precision, and back, move the answer by up to that


def require_original_answer(table: EmbeddingTable) -> None:
    """Return when the text encoder answered a plain prompt as the judge's own does: then what the notebook's process
    said about its weights is not all there is.

    Raises:
        LookupError: it did not, or the answer was not kept; a person must decide.
    """
    error = table.plain_answer_error
    if not error <= ROUNDED:
        raise LookupError(f"the text encoder answered a plain prompt {error:.1e} away (relative) from the kit's own")


def _has_row_gradient(table: EmbeddingTable, training: Training, step: dict[str, Any]) -> bool:
    for entry in step["tables"]:
        if entry["label"] == table.model.label and table.pseudo_ids & set(entry["rows"]):
            return True
    parameters = training.optimizer(step)["parameters"]
    return bool(table.pseudo_ids) and any(
        norm not in (None, 0.0) and _stands_for_rows(parameter)
        for parameter, norm in zip(parameters, step["norms"], strict=False)
    )


def _stands_for_rows(parameter: dict[str, Any]) -> bool:
    """A parameter outside the models, or torch's parametrization of the table: the row is trained by way of it."""
    return parameter["name"] is None or "parametrizations" in parameter["name"]


def require_prompt_gradients(work: Work, table: EmbeddingTable) -> None:
    """Fail unless the rows with a gradient are ids of the training prompts, the pseudo-token's among them."""
    require_new_tokens(table)
    prompts = {i for f in work.facts("text") if f["training"] for row in f["ids"] or () for i in row}
    rows = {row for f in work.facts("gradient") if f["label"] == table.model.label for row in f.get("rows", ())}
    if not rows & table.pseudo_ids:
        raise Failure(
            f"{len(rows)} rows had a gradient, the pseudo-token's was not among them",
            misconception="frozen does not mean cut off: gradients pass through frozen layers to reach the table",
            help="Does the table require a gradient, and is the text encoder called outside no_grad?",
        )
    if rows - prompts:
        stray = min(rows - prompts)
        raise Failure(f"row {stray} ({table.token(stray)!r}) had a gradient but is in no prompt")


def require_plain_prompt(table: EmbeddingTable) -> None:
    """Fail unless a prompt without the new tokens is encoded as it was when the model was loaded."""
    error, precision = table.plain_prompt_change
    if not error <= PLAIN[precision]:
        raise Failure(
            f"the text encoder's answer to a prompt without the token changed by {error:.1e} (relative)",
            misconception="the model is only unchanged for other prompts when every other row is back in its place",
            help="Which rows of the table does an ordinary prompt use?",
        )
