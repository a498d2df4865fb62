"""What must hold of pictures drawn with LoRA adapters: that an adapter took part, and took part by its weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.failure import Failure
from assay.judging.observations import Work
from assay.judging.observations.blends import Blend

PART = 1e-2  # of an adapter's change that may be left unexplained: averaging the factors of two leaves half of it
ROUNDINGS = 2  # of each base weight on its way through a merge or a layer's answer; 0.4 was seen
SHARE = 0.02  # a merge by hand adds the adapter once; forgetting alpha / r or merging twice gives 0.5 or 2


def require_adapter_draws(blends: Sequence[Blend]) -> None:
    """Fail unless a picture was drawn with a trained adapter, merged or beside the weights, and as it was trained."""
    active = [blend for blend in blends if blend.adapters]
    if not active:
        raise Failure(
            f"{len(blends)} pictures were drawn after the training, none of them with what the adapter had learned",
            misconception="an adapter acts only where it is active or merged into the weights",
            help="Which U-Net does the pipeline draw with, and is the adapter still in it?",
        )
    require_sum_of_weights(active)
    for blend in active:
        share = max(blend.shares.values(), key=abs)
        if share < 0 or (blend.stored and not blend.merged and abs(share - 1) > SHARE):
            raise Failure(
                f"a picture was drawn with {share:.2f} times what the adapter had learned",
                misconception="merged weights give what base and adapter give side by side: W + B A alpha / r, once",
                help="Compare one layer's output before and after merging.",
            )


def require_sum_of_weights(blends: Sequence[Blend]) -> None:
    """Fail when a picture's weights are not the base plus a multiple of each adapter's B A (Hu et al. 2021)."""
    for blend in blends:
        if not _is_sum(blend):
            raise Failure(
                f"a picture's weights lie {blend.residual:.1e} (relative to the base) away from base plus adapters; "
                f"the whole change is {blend.delta:.1e}",
                misconception="adapters add up as weights, W + w1 B1 A1 + w2 B2 A2; their factors and their outputs "
                "do not",
                help="Compute what each adapter adds to one layer's weight, and compare it with the blend.",
            )


def require_loaded_adapters(work: Work, blends: Sequence[Blend]) -> None:
    """Fail unless two trained adapters took part in pictures; a load that brought nothing is named."""
    empty = [fact for fact in work.facts("lora_load") if fact["layers"] == 0]
    if empty:
        raise Failure(
            f"loading {empty[0]['source']!r} gave no layer of the pipeline an adapter",
            misconception="a loader that finds no key it knows loads nothing and only logs it; silence is no success",
            help="Ask the pipeline for its list of adapters, and compare the names in the saved file with the names "
            "that it looks for.",
        )
    active = {name for blend in blends for name in blend.adapters if _is_sum(blend)}
    if len(active) < 2:
        raise Failure(
            f"{len(active)} of the trained adapters took part in the pictures of this exercise",
            help="Train a second adapter, load both into one pipeline and look at its list of adapters.",
        )


def own_blends(work: Work, blends: Iterable[Blend]) -> list[Blend]:
    """Those of the exercise's own pictures."""
    return [blend for blend in blends if blend.picture.exercise == work.number]


def require_with_and_without_adapter(blends: Sequence[Blend]) -> None:
    """Fail unless a picture with an adapter and one without began from the same noise, with the same prompt."""
    with_adapter, without = [b for b in blends if b.adapters], [b for b in blends if not b.adapters]
    if not any(_comparable(one, other) for one in with_adapter for other in without):
        raise Failure(
            f"{len(with_adapter)} pictures with the adapter, {len(without)} without; no two of them share noise and "
            "prompt",
            misconception="two pictures from different noise differ anyway; the comparison then shows nothing",
            help="Same prompt, same seed, once with the adapter and once without.",
        )


def require_each_and_together(blends: Sequence[Blend]) -> None:
    """Fail unless two adapters drew together, and each of them alone."""
    kinds = _by_adapters(blends)
    both, alone = max(kinds, key=len, default=frozenset()), {next(iter(k)) for k in kinds if len(k) == 1}
    if len(both) < 2 or not both <= alone:
        raise Failure(
            f"{len(both) if len(both) > 1 else 0} adapters drew together, {len(alone)} drew alone",
            misconception="without each adapter alone there is nothing to hold the blend against",
            help="Draw with the first, with the second, then with both.",
        )


def require_shared_by_all(blends: Sequence[Blend]) -> None:
    """Fail unless every kind of blend, and the base model where it drew too, drew the same prompt from the same noise.

    A base picture need not be among them: an earlier exercise may have drawn it.
    """
    kinds = _by_adapters(blends)
    pictures = [picture for kind in kinds.values() for picture in kind]
    if len(kinds) < 2 or not any(_everywhere(picture, kinds.values()) for picture in pictures):
        raise Failure(
            f"no noise and prompt were used for all of {len(kinds)} kinds of picture",
            misconception="with different noise nobody can tell the adapter's effect from chance",
            help="Give every generation a generator with the same seed, and the same prompt.",
        )


def _by_adapters(blends: Sequence[Blend]) -> dict[frozenset[str], list[Blend]]:
    """The pictures' blends by the set of adapters that took part."""
    kinds: dict[frozenset[str], list[Blend]] = {}
    for blend in blends:
        kinds.setdefault(blend.adapters, []).append(blend)
    return kinds


def _everywhere(one: Blend, kinds: Iterable[list[Blend]]) -> bool:
    return all(any(_comparable(one, other) for other in blends) for blends in kinds)


def _comparable(one: Blend, other: Blend) -> bool:
    return one.picture.same_start(other.picture) and one.picture.prompt_ids == other.picture.prompt_ids


def _is_sum(blend: Blend) -> bool:
    return blend.residual <= PART * blend.delta + ROUNDINGS * blend.rounding
