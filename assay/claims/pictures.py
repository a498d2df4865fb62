"""What pictures that are held against each other must share: the noise that they began from, and what they show."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assay.failure import Failure
from assay.judging.observations.pictures import Picture

Ids = frozenset[int]


def require_with_and_without_token(pictures: Sequence[Picture], pseudo_ids: Collection[int]) -> None:
    """Fail unless a picture with a pseudo-token in its prompt began from the same noise as one without."""
    with_token = [p for p in pictures if p.prompt_ids & set(pseudo_ids)]
    without = [p for p in pictures if p.prompt_ids and not p.prompt_ids & set(pseudo_ids)]
    if not with_token or not without:
        raise Failure(
            f"{len(with_token)} pictures with the pseudo-token in the prompt, {len(without)} without",
            help="Generate at least one of each.",
        )
    if not any(a.same_start(b) for a in with_token for b in without):
        raise Failure(
            "no picture with the token began from the same noise as one without",
            misconception="two pictures from different noise differ anyway; the comparison then shows nothing",
            help="Give every generation a generator with the same seed.",
        )


def require_same_subjects(lora: Sequence[Picture], token: Sequence[Picture]) -> None:
    """Fail unless a picture of an adapter and one of a learned token began from the same noise and show the same."""
    if not lora or not token:
        raise Failure(
            f"{len(lora)} pictures with the adapter, {len(token)} with the learned token",
            help="Generate from both methods before you compare them.",
        )
    pairs = [(a, b) for a in lora for b in token if a.same_start(b)]
    if not pairs:
        raise Failure(
            "no picture of one method began from the same noise as one of the other",
            misconception="with different seeds the noise decides what differs, not the method",
            help="Give both methods a generator with the same seed.",
        )
    style = _in_all(lora), _in_all(token)
    if not any(_same_subject(a.prompt_ids, b.prompt_ids, *style) for a, b in pairs):
        raise Failure(
            "no two pictures from the same noise were asked for the same subject",
            misconception="two different subjects look different under any method",
            help="Give both methods the same prompts, but for the words that name the style.",
        )


def _in_all(pictures: Sequence[Picture]) -> Ids:
    """Ids that all prompts of one method share: its words for the style, and the words of any sentence."""
    return frozenset.intersection(*(picture.prompt_ids for picture in pictures))


def _same_subject(one: Ids, other: Ids, style_of_one: Ids, style_of_other: Ids) -> bool:
    """Whether two prompts share half of the subject; half of all words if there is but one."""
    subject, counterpart = one - style_of_one, other - style_of_other
    if subject and counterpart:
        return 2 * len(subject & counterpart) >= min(len(subject), len(counterpart))
    return 2 * len(one & other) >= len(one | other)
