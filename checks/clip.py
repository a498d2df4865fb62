"""CLIP: two encoders, one space, and similarities that are cosines."""

import math
import re

import torch
import torch.nn.functional as F

from assay import Failure
from assay.claims import (
    compared_groups,
    holds_all,
    require_argmax,
    require_cosine_table,
    require_encoder_features,
    require_successes_by_class,
    require_unchanged,
    require_unit_features,
)

# Exercise 1: similarities and loss by hand ----------------------------------------------------------------------------


def check_the_similarity_matrix_holds_cosines(replays):
    """The similarity matrix holds the cosine of every text with every picture, whatever their lengths."""
    given, numbers = _asked(replays)
    texts, pictures = given["text_embeddings"], given["image_embeddings"]
    cosines = F.normalize(texts, dim=1) @ F.normalize(pictures, dim=1).T
    if holds_all(numbers, cosines):
        return
    if holds_all(numbers, texts @ pictures.T):
        raise Failure(
            "the table holds dot products of vectors of different lengths",
            misconception="a dot product is the cosine only between unit vectors; otherwise long vectors look similar",
            help="What must be done to each vector before the tables are multiplied?",
        )
    raise Failure(
        f"of {cosines.numel()} cosines of other vectors, some are missing among the exercise's results",
        help="Each text with each picture: the table has as many rows as there are texts.",
    )


def check_a_row_became_probabilities_and_cross_entropy(replays):
    """The similarities of one text, or picture, became probabilities, and that of its partner a cross-entropy."""
    given, numbers = _asked(replays)
    logits = _logits(given)
    for table in (logits, logits.T):
        for row, line in enumerate(table):
            chances = line.softmax(dim=0)
            if holds_all(numbers, chances) and holds_all(numbers, -chances[row].log().reshape(1)):
                return
    raise Failure(
        f"none of {2 * len(logits)} rows and columns became probabilities and their cross-entropy",
        misconception="every row is a classification: which of the pictures belongs to this text? The right answer is "
        "on the diagonal",
        help="Softmax over one row, then minus the logarithm of the entry that belongs to it.",
    )


def check_the_loss_is_symmetric_cross_entropy(replays):
    """The loss is the mean of the cross-entropies by rows and by columns, with the diagonal as labels."""
    given, numbers = _asked(replays)
    logits = _logits(given)
    labels = torch.arange(len(logits))
    rows, columns = F.cross_entropy(logits, labels), F.cross_entropy(logits.T, labels)
    if holds_all(numbers, ((rows + columns) / 2).reshape(1)):
        return
    if holds_all(numbers, rows.reshape(1)) or holds_all(numbers, columns.reshape(1)):
        raise Failure(
            f"the cross-entropy was taken one way only: {float(rows):.5f} by rows, {float(columns):.5f} by columns",
            misconception="asked only for the picture of a text, the texts of a picture may end up anywhere",
            help="The table read by columns is a second classification.",
        )
    raise Failure(
        f"on other vectors the loss {float(rows + columns) / 2:.5f} was not found among the exercise's results",
        misconception="text i belongs to picture i: no labels are needed but the diagonal, and a temperature divides "
        "the similarities before the softmax",
        help="Which label has row 0, and what is the loss of a table whose diagonal is largest?",
    )


def _asked(replays):
    """The vectors that took the place of the exercise's own, and the numbers that it made of them."""
    replay = replays["other_vectors"]
    given = {name.removeprefix("names.").partition("|")[0]: value for name, value in replay.inputs[0].items()}
    return given, replay.work.numbers


def _logits(given):
    units = [F.normalize(given[name].double(), dim=1) for name in ("text_embeddings", "image_embeddings")]
    return units[0] @ units[1].T / given["temperature"]


# Exercises 2, 3 and 4: a pretrained pair ------------------------------------------------------------------------------


def check_both_encoders_gave_features(contrast):
    """Pictures and texts went through the pretrained model's two encoders."""
    require_encoder_features(contrast)


def check_the_table_compares_texts_with_pictures(work, contrast):
    """The table holds the cosine of every text with every picture."""
    require_cosine_table(contrast, work.numbers)


def check_the_model_is_unchanged(work):
    """CLIP has the bits that it was loaded with."""
    if any(model.source is None for model in work.used("clip")):
        raise Failure("the model was made without pretrained weights", help="What does `pretrained` ask for?")
    require_unchanged(work, "clip")


TEMPLATE = "a photo of a"  # "an airplane" begins so as well
CLASSES = 10


def check_each_class_has_a_prompt(contrast):
    """Ten different prompts that begin with "a photo of a" were encoded, one for each class."""
    prompts = _class_prompts(contrast)
    if len(prompts) < CLASSES:
        raise Failure(
            f"{len(prompts)} different prompts of the form 'a photo of a ...' were encoded",
            misconception="CLIP learned from captions; a sentence is nearer to what it has read than a bare word",
            help="One sentence for each class, in the template of the exercise.",
        )


def check_text_features_have_unit_length(contrast):
    """The texts' features were compared at unit length."""
    require_unit_features(contrast, "texts")


def check_image_features_have_unit_length(contrast):
    """The pictures' features were compared at unit length."""
    require_unit_features(contrast, "pictures")


def check_predictions_are_the_most_similar_prompts(work, contrast):
    """Each picture was given the class whose prompt has the largest cosine with it."""
    _predictions(work, contrast)


def check_the_accuracy_counts_right_predictions(work, contrast):
    """The accuracy is the share of pictures whose prediction is their label, over all classes and class by class."""
    place, guesses = _predictions(work, contrast)
    labels = torch.tensor(contrast.labels[place : place + len(guesses)])
    if len(labels) != len(guesses):
        raise LookupError("the labels of the classified pictures were not seen")
    share = float((guesses == labels).double().mean())
    named = work.value("overall_accuracy")
    numbers = [*work.numbers, *([] if named is None else named.flatten().tolist())]
    wanted = (share, 100 * share)
    given = any(math.isclose(number, right, rel_tol=1e-6, abs_tol=1e-9) for number in numbers for right in wanted)
    printed = named is None and any(one.says(right) for one in work.stated for right in wanted)
    if not given and not printed:
        seen = "no such number was found" if named is None else f"the accuracy given is {float(named):g}"
        raise Failure(
            f"{int((guesses == labels).sum())} of {len(guesses)} predictions are right; {seen}",
            misconception="a prediction is right when it is the picture's own label, not when it is sure",
            help="How many pictures are there, and for how many do the two lists agree?",
        )
    names = [re.sub(f"^{TEMPLATE}n? *", "", prompt) for prompt in _class_prompts(contrast)][:CLASSES]
    require_successes_by_class(work.printed, names, guesses, labels)


def _class_prompts(contrast):
    """Each different prompt of the template, with its features, in the order in which they were encoded."""
    found = {}
    for prompt, features in zip(contrast.prompts, contrast.read, strict=True):
        if prompt.startswith(TEMPLATE):
            found.setdefault(prompt, features)
    return found


def _predictions(work, contrast):
    prompts = list(_class_prompts(contrast).values())[:CLASSES]
    if len(prompts) < CLASSES:
        raise Failure(f"{len(prompts)} classes have a prompt", help="Encode a sentence for each class first.")
    named = work.value("all_predictions")
    if named is not None and named.numel() < CLASSES:  # so few agree with anything by chance
        raise Failure(f"{named.numel()} predictions were made for {len(contrast.seen)} pictures")
    return require_argmax(
        contrast, torch.stack(prompts), _lists(work, len(contrast.seen)) if named is None else [named]
    )


def _lists(work, count):
    """Runs of so many whole numbers among the exercise's results: lists under other names."""
    numbers = torch.tensor(work.numbers, dtype=torch.float64)
    if len(numbers) < count:
        return []
    runs = numbers.unfold(0, count, 1)
    return list(runs[((runs >= 0) & (runs < CLASSES) & (runs == runs.round())).all(dim=1)])


# Exercise 4: what CLIP does not understand ----------------------------------------------------------------------------

PROBES = 3  # that the exercise asks for
PROMPTS = 4  # that three groups of two have at least, if they share one


def check_texts_went_through_the_text_encoder(contrast):
    """The probing sentences went through the pretrained text encoder."""
    require_encoder_features(contrast, pictures=False)


def check_three_limitations_were_probed(work, contrast):
    """At least three groups of two or more different sentences were compared."""
    _require_probes(compared_groups(contrast, work.stated, straight=False), contrast)


def check_the_sentences_were_compared_by_cosines(work, contrast):
    """The comparisons are cosines: symmetric, and 1 for a sentence with itself."""
    groups = compared_groups(contrast, work.stated, straight=True)
    if not _is_enough(groups) and _is_enough(compared_groups(contrast, work.stated, straight=False)):
        raise Failure(
            f"{len(groups)} groups of sentences were compared by cosines",
            misconception="a similarity above 1 is none: the vectors still have their lengths",
            help="What is the similarity of a sentence with itself?",
        )
    _require_probes(groups, contrast)


def _require_probes(groups, contrast):
    if not _is_enough(groups):
        raise Failure(
            f"{len(groups)} groups of two or more sentences were compared, {len(set(contrast.prompts))} sentences were "
            "encoded",
            misconception="one sentence shows nothing by itself; the pair that should differ, and does not, does",
            help="For each limitation, write sentences that differ in just that.",
        )


def _is_enough(groups):
    everything = frozenset().union(*groups)
    apart = len(groups) >= PROBES and len(everything) >= PROMPTS
    return apart or any(len(group) >= 2 * PROBES for group in groups)  # one table may hold all of them
