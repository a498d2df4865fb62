"""Declares the mistakes and variants of exercise 3: a classifier made of ten sentences."""

from assay.proof import Edit, Mistake, Variant

PROMPT = "each-class-has-a-prompt"
FEATURES = "both-encoders-gave-features"
TEXT_LENGTH = "text-features-have-unit-length"
IMAGE_LENGTH = "image-features-have-unit-length"
ARGMAX = "predictions-are-the-most-similar-prompts"
ACCURACY = "the-accuracy-counts-right-predictions"
UNCHANGED = "the-model-is-unchanged"

MODEL = "model, _, preprocess = open_clip.create_model_and_transforms"  # the cell of exercise 2 that loads it
PROMPTS = 'text_prompts_cifar = [f"a photo of a {name}" for name in cifar10_classes]'
TEXTS = "text_features_cifar = F.normalize(text_features_cifar, dim=1)"
IMAGES = "image_feats = F.normalize(image_feats, dim=1)"
ENCODE = "image_feats = model.encode_image(image_batch)"
SIMILAR = "similarities = image_feats @ text_features_cifar.T"
GUESS = "predictions = similarities.argmax(dim=1).cpu()"
KEEP = "all_labels.extend(batch_labels)"
CORRECT = "correct = sum(guess == label for guess, label in zip(all_predictions, all_labels))"
OWN = "own = [guess for guess, label in zip(all_predictions, all_labels) if label == number]"
BY_CLASS = 'print(f"{name:>10}: {sum(guess == number for guess in own)} of {len(own)}")'
SHARE = "overall_accuracy = 100 * correct / len(all_labels)"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by), frozenset(undetermined or ()), (MODEL,))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits, (MODEL,))


MISTAKES = (
    _wrong("the texts are not normalised", Edit(TEXTS, ""), caught_by={TEXT_LENGTH}, undetermined={ARGMAX, ACCURACY}),
    _wrong("the pictures are not normalised", Edit(IMAGES, ""), caught_by={IMAGE_LENGTH}),
    _wrong(
        "the texts are normalised over the wrong axis",
        Edit(TEXTS, TEXTS.replace("dim=1", "dim=0")),
        caught_by={ARGMAX, ACCURACY, TEXT_LENGTH},
    ),
    _wrong(
        "the texts are compared with zeros",
        Edit(IMAGES, "image_feats = torch.zeros_like(image_feats)"),
        caught_by={IMAGE_LENGTH, TEXT_LENGTH, ARGMAX, ACCURACY},
    ),
    _wrong("the least similar sentence", Edit(GUESS, GUESS.replace("argmax", "argmin")), caught_by={ARGMAX, ACCURACY}),
    _wrong(
        "the largest over the pictures",
        Edit(GUESS, "predictions = similarities.argmax(dim=0).cpu()"),
        caught_by={ARGMAX, ACCURACY},
    ),
    _wrong(
        "bare words for prompts",
        Edit(PROMPTS, "text_prompts_cifar = list(cifar10_classes)"),
        caught_by={PROMPT, ARGMAX, ACCURACY},
    ),
    _wrong(
        "the same prompt ten times",
        Edit(PROMPTS, 'text_prompts_cifar = ["a photo of a thing"] * 10'),
        caught_by={PROMPT, ARGMAX, ACCURACY},
    ),
    _wrong(
        "nine classes",
        Edit(PROMPTS, PROMPTS.replace("in cifar10_classes", "in cifar10_classes[:9]")),
        caught_by={PROMPT, ARGMAX, ACCURACY},
    ),
    _wrong(
        "the first class for everything",
        Edit(GUESS, "predictions = torch.zeros(len(similarities), dtype=torch.long)"),
        caught_by={ARGMAX, ACCURACY},
    ),
    _wrong(
        "chance", Edit(GUESS, "predictions = torch.randint(0, 10, (len(similarities),))"), caught_by={ARGMAX, ACCURACY}
    ),
    _wrong(
        "the labels for predictions",
        Edit(GUESS, "predictions = torch.tensor(batch_labels)"),
        caught_by={ARGMAX, ACCURACY},
    ),
    _wrong("the predictions for labels", Edit(KEEP, "all_labels.extend(predictions.tolist())"), caught_by={ACCURACY}),
    _wrong(
        "the classes shifted by one",
        Edit(GUESS, "predictions = (similarities.argmax(dim=1).cpu() + 1) % 10"),
        caught_by={ARGMAX, ACCURACY},
    ),
    _wrong(
        "divided by something else and printed only",
        Edit(SHARE, ""),
        Edit("{overall_accuracy:.1f}", "{100 * correct / 1000:.1f}"),
        caught_by={ACCURACY},
    ),
    _wrong("divided by something else", Edit(SHARE, "overall_accuracy = 100 * correct / 1000"), caught_by={ACCURACY}),
    _wrong("wrong ones counted", Edit(CORRECT, CORRECT.replace("==", "!=")), caught_by={ACCURACY}),
    _wrong("successes of all other classes", Edit(OWN, OWN.replace("==", "!=")), caught_by={ACCURACY}),
    _wrong(
        "shares of all pictures, not of the class's own",
        Edit(BY_CLASS, 'print(f"{name}: {100 * sum(guess == number for guess in own) / len(all_labels):.2f} %")'),
        caught_by={ACCURACY},
    ),
    _wrong(
        "the model is fitted on the way",
        Edit(PROMPTS, PROMPTS + "\nwith torch.no_grad():\n    model.ln_final.bias.add_(0.01)"),
        caught_by={FEATURES, UNCHANGED},
    ),
)

VARIANTS = (
    _right("divided by the norm", Edit(IMAGES, "image_feats = image_feats / image_feats.norm(dim=-1, keepdim=True)")),
    _right(
        "an article that fits",
        Edit(
            PROMPTS,
            "text_prompts_cifar = [f\"a photo of a{'n' * (name[0] in 'aeiou')} {name}\" for name in cifar10_classes]",
        ),
    ),
    _right("unit length from the model", Edit(ENCODE, ENCODE[:-1] + ", normalize=True)"), Edit(IMAGES, "")),
    _right("topk", Edit(GUESS, "predictions = similarities.topk(1, dim=1).indices[:, 0].cpu()")),
    _right("softmax first", Edit(GUESS, "predictions = (100 * similarities).softmax(dim=-1).argmax(dim=-1).cpu()")),
    _right(
        "the temperature at the pictures", Edit(SIMILAR, "similarities = 100 * image_feats @ text_features_cifar.T")
    ),
    _right("texts by rows", Edit(SIMILAR, "similarities = (text_features_cifar @ image_feats.T).T")),
    _right(
        "the library's cosines",
        Edit(SIMILAR, "similarities = F.cosine_similarity(image_feats[:, None], text_features_cifar[None], dim=-1)"),
        Edit(IMAGES, ""),
    ),
    _right("other batches", Edit("batch_size = 50", "batch_size = 64")),
    _right(
        "the accuracy is printed and not kept",
        Edit(SHARE, ""),
        Edit("{overall_accuracy:.1f}", "{100 * correct / len(all_labels):.1f}"),
    ),
    _right("the share, not per cent", Edit(SHARE, "overall_accuracy = correct / len(all_labels)")),
    _right(
        "shares by class",
        Edit(BY_CLASS, 'print(f"{name}: {sum(guess == number for guess in own) / max(len(own), 1):.1%} right")'),
    ),
    _right(
        "the right ones among what was taken for a class",
        Edit(OWN, "own = [label for guess, label in zip(all_predictions, all_labels) if guess == number]"),
    ),
    _right(
        "one picture's probabilities by class",
        Edit(BY_CLASS, 'print(f"{name}: {float((100 * similarities).softmax(dim=1)[0, number]):.1%}")'),
    ),
    _right("no table by class", Edit(BY_CLASS, "pass")),
)
