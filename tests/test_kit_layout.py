"""A folder is a kit, or the message says how to mend it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assay.failure import Misuse
from assay.kit import Kit, ensure_kit
from assay.kit.layout import ALIASES, CLIP_TEXT, DATASET, MANIFEST, STABLE_DIFFUSION, dataset_folder


def a_cache(folder: Path) -> Path:
    """The least that counts as somebody's own cache of real weights."""
    snapshot = folder / "hub" / "models--org--name" / "snapshots" / ("a" * 40)
    (snapshot / "unet").mkdir(parents=True)
    (snapshot / "unet" / "config.json").write_text("{}")
    (folder / "hub" / "models--org--name" / "refs").mkdir()
    (folder / "hub" / "models--org--name" / "refs" / "main").write_text("a" * 40)
    return folder


def test_a_cache_without_a_manifest_is_a_kit(tmp_path: Path) -> None:
    kit = ensure_kit(a_cache(tmp_path / "weights"))
    assert kit.name == "weights"
    assert len(kit.digest) == 64
    assert kit.source_files("org/name", "unet").is_dir()


def test_its_digest_follows_its_files(tmp_path: Path) -> None:
    folder = a_cache(tmp_path / "weights")
    before = ensure_kit(folder).digest
    (folder / "hub" / "models--org--name" / "snapshots" / ("a" * 40) / "unet" / "config.json").write_text("{ }")
    assert ensure_kit(folder).digest != before


@pytest.mark.parametrize("content", [None, "empty"])
def test_a_folder_of_another_kind_is_refused_with_a_remedy(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "nothing"
    if content:
        folder.mkdir()
    with pytest.raises(Misuse, match=r"nothing is not a kit: .*leave --kit out"):
        ensure_kit(folder)


@pytest.mark.parametrize(
    ("manifest", "says"),
    [("not json", "is damaged"), ("{}", "is damaged"), ('{"format": 99, "files": {}}', "has format 99")],
)
def test_a_damaged_manifest_is_refused_with_a_remedy(tmp_path: Path, manifest: str, says: str) -> None:
    (a_cache(tmp_path) / MANIFEST).write_text(manifest)
    with pytest.raises(Misuse, match=f"{says}.*delete the folder"):
        ensure_kit(tmp_path)


@pytest.mark.parametrize("part", [None, "tokenizer", "text_encoder", "unet", "vae", "scheduler"])
def test_the_judge_finds_a_model_s_files(kit: Kit, part: str | None) -> None:
    assert any(kit.source_files(STABLE_DIFFUSION, part).iterdir())


@pytest.mark.parametrize(("repo_id", "part"), [("nobody/nothing", None), (STABLE_DIFFUSION, "safety_checker")])
def test_a_model_that_the_kit_lacks_is_named(kit: Kit, repo_id: str, part: str | None) -> None:
    with pytest.raises(Misuse, match=f"has no {repo_id}"):
        kit.source_files(repo_id, part)


def test_aliases_lead_to_the_same_files_when_the_kit_moves(kit: Kit, tmp_path: Path) -> None:
    moved = ensure_kit(shutil.copytree(kit.folder, tmp_path / "moved", symlinks=True))
    original = moved.source_files(STABLE_DIFFUSION).resolve()
    assert original.is_relative_to(tmp_path)
    assert [moved.source_files(alias).resolve() for alias in ALIASES] == [original] * len(ALIASES)
    clip = moved.source_files(CLIP_TEXT) / "model.safetensors"
    assert clip.resolve() == original / "text_encoder" / "model.safetensors"
    assert moved.digest == kit.digest


def test_the_environment_beats_variables_of_the_user_s_shell(kit: Kit) -> None:
    environment = kit.environment()
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert Path(environment["HF_HUB_CACHE"]).is_relative_to(kit.folder)
    assert Path(environment["HF_DATASETS_CACHE"]).is_relative_to(kit.folder)


def test_a_writable_folder_keeps_the_libraries_from_writing_into_the_kit(kit: Kit, tmp_path: Path) -> None:
    before = sorted(kit.folder.rglob("*"))
    use = f"from datasets import load_dataset as l; l('{DATASET}', split='train').map(lambda row: {{'n': 1}})"
    environment = {**os.environ, **kit.environment(tmp_path)}
    subprocess.run([sys.executable, "-c", use], env=environment, check=True, capture_output=True)
    assert sorted(kit.folder.rglob("*")) == before
    assert list(tmp_path.rglob("cache-*.arrow"))


def test_the_manifest_says_what_made_the_kit(kit: Kit) -> None:
    manifest = json.loads((kit.folder / MANIFEST).read_text())
    assert kit.name == f"{manifest['name']}-{manifest['recipe_version']}"
    assert set(manifest["versions"]) >= {"torch", "diffusers", "transformers"}
    assert set(manifest["aliases"]) == {*ALIASES, CLIP_TEXT}
    assert any(name.endswith(".arrow") for name in manifest["files"])
    assert dataset_folder(kit.folder, DATASET).is_dir()


def test_importing_the_kit_imports_no_torch() -> None:
    show = "import sys, assay.kit; print('torch' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
