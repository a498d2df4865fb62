"""The learned kit's weights: refused when they are not what the manifest says, unpacked into the calibrated layout."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.failure import Fault, Misuse
from assay.kit import Kit, ensure_kit
from assay.kit.build import build
from assay.kit.layout import MANIFEST as KIT_MANIFEST
from assay.kit.layout import STABLE_DIFFUSION, open_kit
from assay.kit.learned.shipped import MANIFEST, PARTS, WEIGHTS, check_weights, pack, read_manifest, read_weights
from assay.kit.torchvision_operators import define_missing_operators


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained weights of every part, packed as trained ones are."""
    define_missing_operators()
    from assay.kit.learned import models
    from assay.kit.learned.judge import Judge

    made = {
        "autoencoder": models.autoencoder(),
        "clip": models.clip(),
        "denoiser": models.noise_predictor(),
        "judge": Judge(),
    }
    folder = tmp_path_factory.mktemp("weights")
    pack({part: model.state_dict() for part, model in made.items()}, {"steps": {}}, folder)
    return folder


@pytest.mark.slow
def test_the_learned_kit_has_the_calibrated_kit_s_layout(
    kit: Kit, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.kit.learned.shipped.WEIGHTS", weights)
    build("learned", tmp_path, lambda what, share: None)
    made = open_kit(tmp_path)
    ours, theirs = (set(json.loads((k.folder / KIT_MANIFEST).read_text())["files"]) for k in (made, kit))
    assert ours == theirs
    assert made.name.startswith("learned-")
    assert made.digest != kit.digest


def test_all_parts_together_are_small(weights: Path) -> None:
    check_weights(weights)
    assert read_manifest(weights)["bytes"] < 40_000_000


@pytest.mark.parametrize("part", PARTS)
def test_half_precision_is_read_as_float32(part: str, weights: Path) -> None:
    kinds = {str(tensor.dtype) for tensor in read_weights(part, weights).values() if tensor.is_floating_point()}
    assert kinds == {"torch.float32"}


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    import torch

    pack({"judge": {"scale": torch.ones(3)}}, {}, tmp_path)
    file = tmp_path / "judge.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x55")
    with pytest.raises(Fault, match=r"judge\.safetensors is not the file that its manifest names; install assay again"):
        read_weights("judge", tmp_path)
    file.unlink()
    with pytest.raises(Fault, match="is not the file"):
        read_weights("judge", tmp_path)


def test_a_part_that_was_never_trained_is_said(tmp_path: Path) -> None:
    pack({}, {}, tmp_path)
    with pytest.raises(Fault, match=r"autoencoder has not been trained: .*--kit calibrated"):
        check_weights(tmp_path)


@pytest.mark.parametrize("content", [None, "{"])
def test_a_missing_or_damaged_manifest_is_said(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(Fault, match=r"manifest\.json cannot be read .*use --kit calibrated"):
        read_weights("clip", tmp_path)


def test_what_does_not_fit_half_precision_is_not_packed(tmp_path: Path) -> None:
    import torch

    with pytest.raises(Fault, match="judge: scale does not fit half precision"):
        pack({"judge": {"scale": torch.tensor([1e6])}}, {}, tmp_path)


def test_the_shipped_weights_are_what_their_manifest_says() -> None:
    check_weights()
    assert (WEIGHTS / "README.md").is_file()


def measured(measure: Callable[..., None], *arguments: Any) -> dict[str, tuple[bool, str]]:
    """What an acceptance figure found: whether it holds and what was measured, by its name."""
    found: dict[str, tuple[bool, str]] = {}
    measure(*arguments, lambda ok, what, value, wanted: found.update({what: (bool(ok), value)}))
    return found


def test_unseen_pictures_survive_the_autoencoder() -> None:
    define_missing_operators()
    from assay.kit.learned import acceptance, parts

    found = measured(acceptance.measure_reconstruction, parts.autoencoder())
    assert all(ok for ok, _ in found.values()), found


def test_clip_names_pictures_that_it_has_not_seen(kit: Kit) -> None:
    """A tenth of what `kit verify --figures` counts, with transformers' half of the pair, which is in both kits."""
    define_missing_operators()
    import numpy as np
    import torch
    import torch.nn.functional as F
    from PIL import Image
    from transformers import CLIPTokenizer

    from assay.kit.cifar import CLASSES, tiny_picture
    from assay.kit.learned.parts import clip_pair
    from assay.kit.recipe.clip import normalised

    rng, labels = np.random.default_rng(9002), np.arange(100) % len(CLASSES)
    shown = [tiny_picture(int(label), rng).resize((224, 224), Image.Resampling.BICUBIC) for label in labels]
    pixels = normalised(torch.from_numpy(np.stack([np.asarray(picture) for picture in shown])).permute(0, 3, 1, 2))
    tokenizer = CLIPTokenizer.from_pretrained(kit.source_files(STABLE_DIFFUSION, "tokenizer"))
    prompts = [f"a photo of a {name}" for name in CLASSES]
    ids = tokenizer(prompts, padding="max_length", max_length=77, return_tensors="pt").input_ids
    model = clip_pair()
    with torch.no_grad():
        said = F.normalize(model.get_text_features(input_ids=ids).pooler_output, dim=1)
        seen = F.normalize(model.get_image_features(pixel_values=pixels).pooler_output, dim=1)
    right = (seen @ said.T).argmax(1).numpy() == labels
    assert right.mean() >= 0.8, right.reshape(-1, len(CLASSES)).mean(0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of the scheduler
def test_prompts_give_their_subject_in_their_colour(kit: Kit) -> None:
    """A few of the hundred prompts that the model card counts; guidance as lessons set it."""
    define_missing_operators()
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    from assay.kit.learned import acceptance, parts
    from assay.kit.learned.judge import colour_of, judge, subjects_and_styles

    home = kit.source_files(STABLE_DIFFUSION)
    pair = parts.clip_pair()
    from transformers import CLIPTokenizer

    pipeline = StableDiffusionPipeline(
        vae=parts.autoencoder(), text_encoder=parts.text_encoder(pair), unet=parts.noise_predictor(),
        tokenizer=CLIPTokenizer.from_pretrained(home / "tokenizer"),
        scheduler=DPMSolverMultistepScheduler.from_pretrained(home / "scheduler"),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    asked = acceptance.prompts()[:6]
    pictures = [acceptance.drawn(pipeline, prompt, seed) for seed, (_, _, prompt) in enumerate(asked)]
    seen = subjects_and_styles(judge(), pictures)
    subjects = sum(a == subject for (a, _), (subject, _, _) in zip(seen, asked, strict=True))
    colours = sum(colour_of(p, s) == c for p, (s, c, _) in zip(pictures, asked, strict=True))
    assert min(subjects, colours) >= 5, (subjects, colours)


def test_a_kit_s_word_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misuse, match="is not a kit"):
        ensure_kit(Path("learnt"))
