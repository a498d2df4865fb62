"""Declares the mistakes and variants of exercise 4: sentences that CLIP ought to tell apart."""

from assay.proof import Edit, Mistake, Variant

ENCODED = "texts-went-through-the-text-encoder"
PROBED = "three-limitations-were-probed"
COSINES = "the-sentences-were-compared-by-cosines"
UNCHANGED = "the-model-is-unchanged"

MODEL = "model, _, preprocess = open_clip.create_model_and_transforms"  # the cell of exercise 2 that loads it
FEATURES = "features = F.normalize(model.encode_text(tokenizer(prompts).to(device)), dim=1)"
PRODUCT = "return (features @ features.T).cpu()"
TABLES = "tables = {name: compare(prompts) for name, prompts in probes.items()}"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by), frozenset(undetermined or ()), (MODEL,))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits, (MODEL,))


def _only(count: int) -> Edit:
    return Edit(TABLES, f"probes = dict(list(probes.items())[:{count}])\n{TABLES}")


MISTAKES = (
    _wrong("one limitation", _only(1), caught_by={PROBED, COSINES}),
    _wrong("two limitations", _only(2), caught_by={PROBED, COSINES}),
    _wrong(
        "one sentence each",
        Edit(TABLES, TABLES.replace("compare(prompts)", "compare(prompts[:1])")),
        caught_by={PROBED, COSINES},
    ),
    _wrong(
        "the same sentence twice",
        Edit(TABLES, TABLES.replace("compare(prompts)", "compare([prompts[0]] * 2)")),
        caught_by={PROBED, COSINES},
    ),
    _wrong(
        "nothing is normalised",
        Edit(FEATURES, "features = model.encode_text(tokenizer(prompts).to(device))"),
        caught_by={COSINES},
    ),
    _wrong(
        "lengths are left in and only printed",
        Edit(
            TABLES,
            "for prompts in probes.values():\n"
            "    features = model.encode_text(tokenizer(prompts).to(device))\n"
            "    for a, b in zip(features, features[1:]):\n"
            '        print(f"{(a * b).sum():.4f}")\n'
            "tables = {}",
        ),
        caught_by={PROBED, COSINES},
    ),
    _wrong(
        "normalised over the wrong axis",
        Edit(FEATURES, FEATURES.replace("dim=1", "dim=0")),
        caught_by={COSINES},
        undetermined={PROBED},
    ),
    _wrong(
        "token ids are compared",
        Edit(FEATURES, "features = F.normalize(tokenizer(prompts).float(), dim=1)"),
        caught_by={ENCODED, PROBED, COSINES},
        undetermined={UNCHANGED},
    ),
    _wrong(
        "random vectors",
        Edit(FEATURES, "features = F.normalize(torch.randn(len(prompts), 48), dim=1)"),
        caught_by={ENCODED, PROBED, COSINES},
        undetermined={UNCHANGED},
    ),
    _wrong(
        "sentences are encoded and never compared",
        Edit(PRODUCT, "return torch.eye(len(features))"),
        caught_by={PROBED, COSINES},
    ),
    _wrong(
        "the model changes on the way",
        Edit(TABLES, TABLES + "\nwith torch.no_grad():\n    model.ln_final.bias.add_(1e-6)"),
        caught_by={UNCHANGED},
    ),
)

VARIANTS = (
    _right("three limitations", _only(3)),
    _right(
        "all sentences in one table",
        Edit(
            TABLES,
            "sentences = [sentence for group in probes.values() for sentence in group]\n"
            "whole = compare(sentences)\ntables, first = {}, 0\nfor name, group in probes.items():\n"
            "    tables[name] = whole[first : first + len(group), first : first + len(group)]\n"
            "    first += len(group)",
        ),
    ),
    _right(
        "pairs by the library's cosine",
        Edit(PRODUCT, "return torch.tensor([[F.cosine_similarity(a, b, dim=0) for b in features] for a in features])"),
    ),
    _right(
        "dot products of unit vectors one by one",
        Edit(PRODUCT, "return torch.tensor([[float(a @ b) for b in features] for a in features])"),
    ),
    _right(
        "dot products by name",
        Edit(PRODUCT, "return torch.tensor([[torch.dot(a, b).item() for b in features] for a in features])"),
    ),
    _right(
        "products that are summed and only printed",
        Edit(
            TABLES,
            "for prompts in probes.values():\n"
            "    features = F.normalize(model.encode_text(tokenizer(prompts).to(device)), dim=1)\n"
            "    for a, b in zip(features, features[1:]):\n"
            '        print(f"{(a * b).sum():.3f}")\n'
            "tables = {}",
        ),
    ),
    _right(
        "dot products by NumPy, only printed",
        Edit(
            TABLES,
            "features = {p: model.encode_text(tokenizer([p]).to(device))[0].detach().numpy()\n"
            "            for group in probes.values() for p in group}\n"
            "for prompts in probes.values():\n"
            "    for a in prompts:\n        for b in prompts:\n            one, other = features[a], features[b]\n"
            "            print(f'{a} / {b}: {np.dot(one, other) / np.linalg.norm(one) / np.linalg.norm(other):.4f}')\n"
            "tables = {}",
        ),
    ),
    _right(
        "unit length from the model",
        Edit(FEATURES, "features = model.encode_text(tokenizer(prompts).to(device), normalize=True)"),
    ),
    _right("by NumPy", Edit(PRODUCT, "return torch.from_numpy(features.numpy() @ features.numpy().T)")),
    _right(
        "compared with pictures",
        Edit(
            PRODUCT,
            "seen = F.normalize(model.encode_image(torch.randn(2, 3, 224, 224)).detach(), dim=1)\n"
            "    table = torch.eye(len(prompts))\n    table[:, :2] = features @ seen.T\n    return table",
        ),
    ),
)
