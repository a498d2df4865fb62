"""Declares the mistakes and variants of exercise 2: the table of a pretrained pair."""

from assay.proof import Edit, Mistake, Variant

FEATURES = "both-encoders-gave-features"
TABLE = "the-table-compares-texts-with-pictures"
UNCHANGED = "the-model-is-unchanged"

LOAD = 'model, _, preprocess = open_clip.create_model_and_transforms("ViT-B-32", pretrained="laion2b_s34b_b79k")'
PICTURES = "torch.stack([preprocess(photo) for photo in photos]).to(device)"
IMAGES = f"image_features = model.encode_image({PICTURES})"
TEXTS = "text_features = model.encode_text(tokenizer(text_prompts).to(device))"
SEEN = "seen = F.normalize(image_features, dim=1)"
READ = "read = F.normalize(text_features, dim=1)"
PRODUCT = "clip_sim_matrix = (read @ seen.T).cpu()"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits)


MISTAKES = (
    _wrong(
        "nothing is normalised",
        Edit(SEEN, "seen = image_features"),
        Edit(READ, "read = text_features"),
        caught_by={TABLE},
    ),
    _wrong("the pictures are not normalised", Edit(SEEN, "seen = image_features"), caught_by={TABLE}),
    _wrong("normalised over the wrong axis", Edit(SEEN, SEEN.replace("dim=1", "dim=0")), caught_by={TABLE}),
    _wrong("texts compared with texts", Edit(PRODUCT, "clip_sim_matrix = (read @ read.T).cpu()"), caught_by={TABLE}),
    _wrong(
        "random features",
        Edit(IMAGES, "image_features = torch.randn_like(model.encode_text(tokenizer(text_prompts)))"),
        caught_by={FEATURES, TABLE},
    ),
    _wrong(
        "softmax where cosines belong",
        Edit(PRODUCT, "clip_sim_matrix = F.softmax(read, dim=1) @ F.softmax(seen, dim=1).T"),
        caught_by={TABLE},
    ),
    _wrong(
        "an untrained model",
        Edit(LOAD, LOAD.replace('pretrained="laion2b_s34b_b79k"', "pretrained=None")),
        caught_by={FEATURES, UNCHANGED},
    ),
    _wrong(
        "weights changed before encoding",
        Edit(
            "model = model.to(device).eval()",
            "model = model.to(device).eval()\nwith torch.no_grad():\n    model.visual.proj.mul_(1.01)",
        ),
        caught_by={FEATURES, UNCHANGED},
    ),
    _wrong(
        "weights changed afterwards",
        Edit(SEEN, SEEN + "\nwith torch.no_grad():\n    model.ln_final.bias.add_(1e-6)"),
        caught_by={UNCHANGED},
    ),
)

VARIANTS = (
    _right("pictures by rows", Edit(PRODUCT, "clip_sim_matrix = (seen @ read.T).cpu()")),
    _right(
        "unit length from the model",
        Edit(IMAGES, IMAGES[:-1] + ", normalize=True)"),
        Edit(TEXTS, TEXTS[:-1] + ", normalize=True)"),
        Edit(SEEN, "seen = image_features"),
        Edit(READ, "read = text_features"),
    ),
    _right(
        "one at a time",
        Edit(
            IMAGES, "image_features = torch.cat([model.encode_image(preprocess(p)[None].to(device)) for p in photos])"
        ),
        Edit(TEXTS, "text_features = torch.cat([model.encode_text(tokenizer([p]).to(device)) for p in text_prompts])"),
    ),
    _right("by NumPy", Edit(PRODUCT, "clip_sim_matrix = torch.from_numpy(np.dot(read.numpy(), seen.numpy().T))")),
)
