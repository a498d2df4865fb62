"""The learned kit's weights: refused when they are not what the manifest says, unpacked into the calibrated layout."""

import json
from pathlib import Path

import pytest

from assay.failure import Fault, Misuse
from assay.kit import Kit, ensure_kit
from assay.kit.build import build
from assay.kit.layout import MANIFEST as KIT_MANIFEST
from assay.kit.layout import open_kit
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
    for name in read_manifest()["files"]:
        read_weights(name.removesuffix(".safetensors"))
    assert (WEIGHTS / "README.md").is_file()


def test_a_kit_s_word_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misuse, match="is not a kit"):
        ensure_kit(Path("learnt"))
