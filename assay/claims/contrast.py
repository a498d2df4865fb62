"""What work with a pair of encoders must keep to: features of the encoders themselves, compared by their cosines."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import torch

from assay.failure import Failure
from assay.judging.observations.contrast import (
    COSINE,
    PARALLEL,
    Contrast,
    Table,
    cosines,
    have_unit_length,
    places,
)
from assay.judging.observations.printed import Stated
from assay.tensors import is_constant

FEATURES = 1e-4  # relative; the same network in another process answers within 1e-5
TIED = 1e-6  # two cosines closer than float32 tells apart
LENGTH = "a dot product grows with the length of the vectors; only between unit vectors is it the cosine of their angle"


def require_encoder_features(contrast: Contrast, pictures: bool = True) -> None:
    """Fail unless texts, and pictures where wanted, were encoded, and the features are those of the loaded encoders."""
    counts = {"texts": len(contrast.read)} | ({"pictures": len(contrast.seen)} if pictures else {})
    for what, count in counts.items():
        if count < 2:
            raise Failure(
                f"{count} {what} were encoded",
                misconception="there are two encoders that share no weights, one for pictures and one for texts",
                help=f"Which of the model's methods encodes {what}?",
            )
    unlike = contrast.unlike()
    if not unlike <= FEATURES:
        raise Failure(
            f"the features are {unlike:.2g} away (relative) from what the pretrained encoders give",
            misconception="zero-shot means that nothing is trained: the encoders stay as they were loaded",
            help="Are the pretrained weights loaded, and is the model left as it is?",
        )


def require_cosine_table(contrast: Contrast, numbers: Iterable[float]) -> None:
    """Fail unless the cosines of the texts with the pictures were computed."""
    wanted = cosines(contrast.read, contrast.seen) if contrast.read.shape[1:] == contrast.seen.shape[1:] else None
    if wanted is None or not _tell_apart(wanted):
        raise Failure("no texts and pictures were encoded to be compared")
    across = [table for table in contrast.tables if _sides(table, contrast.read, contrast.seen)]
    if any(table.holds_cosines(contrast.read, contrast.seen) for table in contrast.tables):
        return
    if any(table.holds_cosines(table.left, table.right) for table in across) or holds_all(numbers, wanted):  # type: ignore[arg-type]
        return
    raise Failure(
        f"none of {len(contrast.tables)} tables holds the cosines of {len(contrast.read)} texts with "
        f"{len(contrast.seen)} pictures",
        misconception=LENGTH,
        help="Give every feature vector the length 1 before you multiply.",
    )


def _tell_apart(table: torch.Tensor) -> bool:
    """Whether the cosines differ by more than rounding, which depends on the processor, makes of one number."""
    return bool(torch.isfinite(table).all()) and table.numel() > 0 and float(table.max() - table.min()) > TIED


def require_unit_features(contrast: Contrast, what: str) -> None:
    """Fail when similarities were made of the features of `what` ("pictures" or "texts") at another length than 1."""
    own = contrast.seen if what == "pictures" else contrast.read
    if not len(own):
        raise Failure(f"no {what} were encoded")
    sides = [
        (side, other, table)
        for table in contrast.tables
        for side, other in ((table.left, table.right), (table.right, table.left))
        if side is not None and other is not None
    ]
    met = [(side, other, table) for side, other, table in sides if places(side, own) is not None and _points(side)]
    used = [(side, table) for side, other, table in met if _points(other)]
    if met and not used:
        raise Failure(
            f"the features of the {what} were compared with vectors that point nowhere",
            help="Print one row of each table that you multiply.",
        )
    if not met and any(side.shape[1:] == own.shape[1:] for side, _, _ in sides):
        raise Failure(
            f"the vectors that were compared are not the features of the {what}, at any length",
            misconception="each row is one feature vector, and it is the rows that get the length 1",
            help="Over which axis do you normalise?",
        )
    if not used:
        raise LookupError(f"no similarities with the features of {what} were seen")
    wrong = [side for side, table in used if not table.straight and not have_unit_length(side)]
    if wrong:
        lengths = wrong[0].norm(dim=1)
        raise Failure(
            f"the features of {what} were compared at lengths from {float(lengths.min()):.3g} to "
            f"{float(lengths.max()):.3g}",
            misconception=LENGTH,
            help="Where in your lines do the features get the length 1?",
        )


def _points(vectors: torch.Tensor) -> bool:
    """Whether every vector has a direction of its own: zeros have none, and lie along any feature as little as along
    another; a table of one number everywhere is no features."""
    return bool(vectors.any(dim=1).all()) and not is_constant(vectors)


def require_argmax(
    contrast: Contrast, classes: torch.Tensor, predictions: list[torch.Tensor]
) -> tuple[int, torch.Tensor]:
    """(place of the first picture, predictions): fails unless one of the lists `predictions` (n,) names for each
    picture the most similar of `classes` (k, d), ties aside."""
    if classes.shape[1:] != contrast.seen.shape[1:] or not len(contrast.seen):
        raise Failure("no pictures were encoded to be classified")
    table = cosines(contrast.seen, classes)
    best = table >= table.max(dim=1, keepdim=True).values - TIED
    if bool(best.all(dim=1).any()):
        raise Failure("to some pictures all classes are equally similar: their features say nothing")
    lists = [guesses for guesses in predictions if _are_classes(guesses, *best.shape)]
    if not lists:
        raise Failure(
            f"no list with a class for each of {len(contrast.seen)} pictures was found",
            help="Keep the predictions of all batches.",
        )
    (place, wrong), guesses = min(((_best_place(best, each), each) for each in lists), key=lambda found: found[0][1])
    if not wrong:
        return place, guesses
    raise Failure(
        f"{wrong:.0%} of {len(guesses)} predictions are not the class of the most similar text",
        misconception="the prediction is the text with the largest cosine: along which axis, and of which vectors?",
        help="Take one picture, print its similarities to all classes, and compare with its prediction.",
    )


def _are_classes(guesses: torch.Tensor, pictures: int, classes: int) -> bool:
    """Whether these are numbers of classes, for all the pictures or for some in a row."""
    return guesses.dim() == 1 and 0 < len(guesses) <= pictures and bool(((guesses >= 0) & (guesses < classes)).all())


def _best_place(best: torch.Tensor, guesses: torch.Tensor) -> tuple[int, float]:
    """Where the guesses (m,) fit best, and the share that is wrong there. `best`: (n, k) booleans."""
    numbers = guesses.long()[:, None]
    shares = [
        1 - float(best[place : place + len(guesses)].gather(1, numbers).double().mean())
        for place in range(len(best) - len(guesses) + 1)
    ]
    return shares.index(min(shares)), min(shares)


# Digits by which a printed number is the cosine of two texts. Twenty other numbers of three digits between -1 and 1
# meet a cosine of one of a dozen neighbouring pairs 0.2 times by chance, but of any of their 66 pairs once and more.
NEIGHBOURS, STRANGERS = 5e-4, 5e-5


def compared_groups(contrast: Contrast, stated: Iterable[Stated], straight: bool) -> set[frozenset[str]]:
    """Groups of two different texts and more whose similarities were computed, with each other or with pictures;
    with `straight` only those whose similarities are cosines. A cosine that was stated shows that it was computed."""
    found = set()
    for table in contrast.tables:
        if table.left is None or table.right is None:
            continue
        rows, columns = places(table.left, contrast.read), places(table.right, contrast.read)
        told = frozenset(contrast.prompts[n] for side in (rows, columns) if side is not None for n in side)
        whole = all(p is not None or places(s, contrast.seen) is not None
                    for p, s in ((rows, table.left), (columns, table.right)))  # fmt: skip
        if whole and len(told) > 1 and (not straight or table.holds_cosines(table.left, table.right)):
            found.add(told)
    return _largest(_joined(found | _by_numbers(contrast, list(stated))))


def _joined(groups: set[frozenset[str]]) -> set[frozenset[str]]:
    """The groups, with pairs made one where every text of three or more was compared with every other."""
    pairs = {group for group in groups if len(group) == 2}
    texts, cliques = sorted(frozenset().union(*pairs)), set()
    while texts:
        one = {texts[0]}
        for text in texts[1:]:
            if all(frozenset((text, other)) in pairs for other in one):
                one.add(text)
        cliques.add(frozenset(one))
        texts = [text for text in texts if text not in one]
    return groups | {clique for clique in cliques if len(clique) > 2}


def _largest(groups: set[frozenset[str]]) -> set[frozenset[str]]:
    """Only those that are no part of another."""
    return {group for group in groups if not any(group < other for other in groups)}


def _by_numbers(contrast: Contrast, stated: list[Stated]) -> set[frozenset[str]]:
    """Each pair of texts whose cosine was stated: by three decimals if one was encoded right after the other, else
    by four."""
    table = cosines(contrast.read, contrast.read) if len(contrast.read) else torch.empty(0, 0)
    prompts, found = contrast.prompts, set()
    for one, other in itertools.combinations(range(len(prompts)), 2):
        cosine, digits = float(table[one, other]), NEIGHBOURS if other == one + 1 else STRANGERS
        apart = prompts[one] != prompts[other] and 0 < abs(cosine) < 1 - PARALLEL
        if apart and any(number.precision <= digits and _is(number, cosine) for number in stated):
            found.add(frozenset((prompts[one], prompts[other])))
    return found


def _is(number: Stated, cosine: float) -> bool:
    return abs(number.value - cosine) <= max(COSINE, number.precision * 1.001)


def holds_all(numbers: Iterable[float], wanted: torch.Tensor) -> bool:
    """Whether every number of `wanted` is among `numbers`."""
    kept = torch.tensor(list(numbers), dtype=torch.float64)
    if not len(kept):
        return False
    distance = (wanted.reshape(-1, 1).double() - kept).abs().nan_to_num(float("inf")).min(dim=1).values
    return bool((distance <= 1e-5).all())


def _sides(table: Table, one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether the table was made of directions of `one` and of `other`."""
    sides = (table.left, table.right)
    return any(places(a, one) is not None and places(b, other) is not None for a, b in (sides, sides[::-1]))
