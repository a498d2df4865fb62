"""Text conditioning and guidance: each place of the picture asks the words, and what they answer is amplified."""

import torch

from assay import Failure
from assay.claims import (
    attention_slips,
    attention_weights,
    guidance_forms,
    output_and_weights,
    require_attention,
    require_distributions,
    require_guided,
    shows_lengths,
    slipped_weights,
)

# Exercises 1 and 2: attention -----------------------------------------------------------------------------------------


def check_self_attention_is_scaled_dot_product_attention(replays):
    """Self-attention weighs the input's own values by softmax(Q K^T / sqrt(d_k))."""
    for given, answer in _calls(replays["hidden_self_attention"]):
        require_attention(answer, given["x"], given["x"], _layers(given))


def check_cross_attention_reads_keys_and_values_from_the_text(replays):
    """Cross-attention takes queries from the picture, keys and values from the text, and weighs them likewise."""
    for given, answer in _calls(replays["hidden_cross_attention"]):
        require_attention(answer, given["x_spatial"], given["x_text"], _layers(given))


def check_each_place_has_a_distribution_over_the_words(replays):
    """The attention weights are one row per place and one column per word, and each row sums to 1."""
    for given, answer in _calls(replays["hidden_cross_attention"]):
        places, words = len(given["x_spatial"]), len(given["x_text"])
        require_distributions(output_and_weights(answer, words)[1], places, words)


def check_the_weights_kept_are_those_of_the_notebooks_own_tensors(work, replays):
    """ca_weights is what the notebook's own function makes of its picture features and word embeddings."""
    names = ("x_spatial", "x_text", "W_Q.weight", "W_K.weight")
    picture, text, to_query, to_key = (work.value(name) for name in names)
    if any(tensor is None for tensor in (picture, text, to_query, to_key)):
        raise LookupError("the exercise's tensors were not found under the names that it gives them")
    layers = {letter: _with_bias(work, letter, weight) for letter, weight in (("Q", to_query), ("K", to_key))}
    kept, own = _kept_weights(work), (*(torch.cat([x, torch.ones(len(x), 1)], dim=1) for x in (picture, text)), layers)
    # a slip inside the function has a criterion of its own and is not held against its use
    slips = [_slips(given, answer) for given, answer in _calls(replays["hidden_cross_attention"])]
    followed = [slipped_weights(slip, *own) for slip in set.intersection(*slips)]
    if not any(kept.shape == w.shape and _near(kept, w) for w in (attention_weights(*own), *followed)):
        raise Failure(
            f"ca_weights, {list(kept.shape)}, is not what {len(picture)} places make of {len(text)} words",
            misconception="queries come from the picture, keys from the text; weights of anything else mean something "
            "else",
            help="In which order are the inputs and the layers handed to cross_attention?",
        )


def check_the_heatmap_shows_the_attention_weights(work):
    """A heatmap shows the attention weights: places one way, words the other."""
    kept = _kept_weights(work)
    drawn = [image for image in work.images if image.dim() == 2]
    if not any(_looks_like(image, kept) or _looks_like(image.T, kept) for image in drawn):
        raise Failure(
            f"none of {len(drawn)} pictures shows the {kept.shape[0]}x{kept.shape[1]} attention weights",
            misconception="scores before the softmax look much like weights; but only the weights of one place add up "
            "to 1",
            help="Draw ca_weights as they are, a row for each place.",
        )


def check_places_attend_to_the_words_differently(work):
    """Each place has a distribution of its own over the words."""
    kept = _kept_weights(work)
    require_distributions(kept, *kept.shape)
    if bool((kept == kept[:1]).all()):
        raise Failure(
            f"all {len(kept)} places attend to the words alike",
            misconception="a mean over the places would tell the whole picture the same, as the timestep does; text is "
            "read by every place for itself",
            help="Keep one row of weights for each place.",
        )


def check_each_word_has_a_map_of_its_attention(work):
    """For each word a map shows its weights where the places lie in the picture."""
    kept = _kept_weights(work)
    maps = [image.flatten() for image in work.images if image.dim() == 2 and image.numel() == len(kept)]
    missing = [word for word, column in enumerate(kept.T) if not any(_looks_like(m, column) for m in maps)]
    if missing:
        raise Failure(
            f"of {kept.shape[1]} words, {len(missing)} have no map of their weights; the first is word {missing[0]} "
            f"({len(maps)} pictures of {len(kept)} places were drawn)",
            misconception="a row of the weights is one place's view of all words; where in the picture one word is "
            "looked for stands in a column",
            help="A column of the weights, put back into rows and columns as the places lie, is the map of one word.",
        )


def _calls(replay):
    return zip(replay.inputs, replay.outputs, strict=True)


def _layers(given):
    return {letter: given[f"W_{letter}"]["weight"] for letter in "QKV"}


def _slips(given, answer):
    weights = output_and_weights(answer, len(given["x_text"]))[1]
    return attention_slips(weights, given["x_spatial"], given["x_text"], _layers(given))


def _with_bias(work, letter, weight):
    """The layer's weights, (d, d + 1), as they are for an input with a 1 behind it: then a bias is a column."""
    bias = work.value(f"W_{letter}.bias")
    return torch.cat([weight, (torch.zeros(len(weight)) if bias is None else bias)[:, None]], dim=1)


def _near(found, value):
    return bool((found.double() - value.double()).abs().max() <= 1e-4)


def _kept_weights(work):
    kept = work.value("ca_weights")
    if kept is None or kept.dim() != 2 or kept.numel() < 2 or not bool(torch.isfinite(kept).all()):
        raise Failure("there is no table of weights under the name ca_weights", help="Exercise 1 computes it.")
    return kept.double()


def _looks_like(image, weights):
    """Whether the picture shows these weights, at any brightness and contrast; matplotlib stretches both anyway."""
    if image.shape != weights.shape:
        return False
    shown, wanted = image.double() - image.double().mean(), weights - weights.mean()
    # equal pictures give 1 within 1e-12; of the wrong ones measured, columns stretched one by one come nearest: 0.975
    return float((shown * wanted).sum()) >= (1 - 1e-6) * float(shown.norm() * wanted.norm()) > 0


# Exercise 3: classifier-free guidance ---------------------------------------------------------------------------------

SCALES = (1.0, 3.0, 7.5, 12.0, 20.0)


def check_guidance_amplifies_the_text_direction(replays):
    """apply_cfg starts at the prediction without text and goes guidance_scale times the way to the one with text."""
    for u, c, w, answer in _guided(replays):
        if w not in (0, 1):
            require_guided(u, c, w, answer)


def check_scale_0_ignores_the_text_and_scale_1_adds_nothing(replays):
    """apply_cfg returns the prediction without text at scale 0, and the one with text at scale 1."""
    for u, c, w, answer in _guided(replays):
        if w in (0, 1):
            require_guided(u, c, w, answer)


def check_the_curve_shows_the_length_of_the_guided_prediction(work, replays):
    """A curve over guidance scales from 0 to 20 shows the L2 norm of the guided prediction."""
    # as they were made: a function that changes them in place changes what it is asked about
    uncond, cond = (next(iter(work.values(name)), None) for name in ("noise_uncond", "noise_cond"))
    if uncond is None or cond is None:
        raise LookupError("noise_uncond and noise_cond were not found under the names that the exercise gives them")
    curves = [(x, y) for x, y in work.curves if len(x) >= 20 and x.min() <= 0.5 and x.max() >= 19.5]
    # a slip in apply_cfg has criteria of its own and is not held against the curve
    forms = guidance_forms(_guided(replays)) or {""}
    if not any(shows_lengths(x, y, form, uncond, cond) for x, y in curves for form in forms):
        raise Failure(
            f"none of {len(curves)} curves from 0 to 20 is the length of the guided prediction",
            misconception="the length is one number for a whole prediction: the root of the sum of squares",
            help="Apply guidance at each scale and take the L2 norm of what comes out, not of the difference.",
        )


def _guided(replays):
    for given, answer in _calls(replays["hidden_guidance"]):
        if isinstance(answer, tuple):
            raise Failure(f"apply_cfg returned {len(answer)} tensors, not one")
        yield given["noise_uncond"], given["noise_cond"], given["guidance_scale"], answer


# Exercise 4: guidance in a pipeline -----------------------------------------------------------------------------------


def check_a_picture_was_generated_at_each_scale(work, pictures):
    """A pipeline generated pictures at guidance scales 1, 3, 7.5, 12 and 20."""
    found = {_scale(picture) for picture in _own(work, pictures)}
    missing = [scale for scale in SCALES if scale not in found]
    if missing:
        raise Failure(
            f"{len(_own(work, pictures))} pictures, none of them at guidance scale "
            + ", ".join(f"{scale:g}" for scale in missing),
            misconception="setting a variable changes the guidance; a pipeline that is not told uses a scale of 7.5",
            help="Call the pipeline once for each scale, and hand the scale over.",
        )


def check_all_scales_share_the_prompt(work, pictures):
    """The same prompt was used at every guidance scale."""
    prompts = {picture.prompt for picture in _compared(work, pictures)}
    if len(prompts) > 1:
        raise Failure(
            f"{len(prompts)} different prompts were used",
            misconception="pictures of different prompts show what a scale does; what differs may then be the prompt's",
            help="One prompt, so that only the scale differs.",
        )


def check_all_scales_begin_from_the_same_noise(work, pictures):
    """Every guidance scale began from the same start noise, bit for bit."""
    first, *others = _compared(work, pictures)
    strangers = [picture for picture in others if not picture.same_start(first)]
    if strangers:
        raise Failure(
            f"{len(strangers)} of {len(others)} pictures began from other noise than the first; one of them at scale "
            f"{_scale(strangers[0]):g}",
            misconception="a generator goes on where it stopped: made once before the loop, it gives each call other "
            "noise, and the pictures then differ by chance",
            help="Make the generator anew, with the same seed, for every call.",
        )


def check_nothing_but_the_scale_differs(work, pictures):
    """The pictures were made with equal numbers of steps, sizes and negative prompts."""
    varied = ("guidance_scale", "generator", "prompt")
    settings = [{n: v for n, v in p.arguments.items() if n not in varied} for p in _compared(work, pictures)]
    differing = sorted({name for one in settings for name in one.keys() | settings[0].keys()
                        if one.get(name) != settings[0].get(name)})  # fmt: skip
    if differing:
        raise Failure(
            f"the calls differ in {', '.join(differing)} too",
            misconception="when two things change at once, a picture does not tell which of them made the difference",
            help="Keep every other argument the same for all scales.",
        )


def _own(work, pictures):
    """The pictures of this exercise's pipelines; a call without latents to begin from drew nothing."""
    own = [picture for picture in pictures if picture.exercise == work.number and picture.arguments]
    return [picture for picture in own if picture.same_start(picture)]


def _compared(work, pictures):
    """The pictures at the exercise's scales; fewer than two compare nothing."""
    compared = [picture for picture in _own(work, pictures) if _scale(picture) in SCALES]
    if len({_scale(picture) for picture in compared}) < 2:
        raise Failure(f"{len(compared)} pictures at the scales to compare", help="Generate at several scales first.")
    return compared


def _scale(picture):
    """The guidance scale of a pipeline's call; 7.5 is what the pipeline takes when none is given."""
    return float(picture.arguments.get("guidance_scale", 7.5))
