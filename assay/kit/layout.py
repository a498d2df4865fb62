"""What a kit folder looks like: the Hugging Face cache layout, its manifest, and the variables that lead to it."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.failure import Misuse

FORMAT = 1
# The kits that this version makes itself, and the version of each recipe: a new one is a new folder in the cache.
CALIBRATED, LEARNED = "calibrated", "learned"
RECIPES = {CALIBRATED: 4, LEARNED: 3}

STABLE_DIFFUSION = "stable-diffusion-v1-5/stable-diffusion-v1-5"
CLIP_TEXT = "openai/clip-vit-large-patch14"
# Other names under which notebooks and tutorials ask for the same pipeline.
ALIASES = {
    "runwayml/stable-diffusion-v1-5": STABLE_DIFFUSION,
    "CompVis/stable-diffusion-v1-4": STABLE_DIFFUSION,
    "nota-ai/bk-sdm-small": STABLE_DIFFUSION,
}
# The CLIP pair: for transformers, and for open_clip as `ViT-B-32` / `laion2b_s34b_b79k`.
CLIP = "openai/clip-vit-base-patch32"
OPEN_CLIP = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
# The twin's architecture, which open_clip must be told; and the folder whose contents torchvision's downloads give.
OPEN_CLIP_CONFIG = "open_clip/ViT-B-32.json"
DOWNLOADS = "torchvision"
# What a notebook may read of a kit. A folder of real weights may be somebody's own cache, with a token beside these.
OFFERS = ("hub", "datasets", "open_clip", DOWNLOADS)
DATASET = "lambdalabs/naruto-blip-captions"
# Any 40 hex digits name a snapshot; both kits have the same layout to the last name.
REVISION = hashlib.sha1(b"assay kit").hexdigest()

MANIFEST = "kit.json"


@dataclass(frozen=True, slots=True)
class Kit:
    """A folder that can be used as HF_HOME, checked to have the right layout.

    Args:
        folder: absolute path of the folder.
        name: recipe and version, or the folder's name for a kit without a manifest (real weights).
        digest: one SHA-256 (hex) over every file's path and digest; a result records it.
    """

    folder: Path
    name: str
    digest: str

    def environment(self, writable: Path | None = None) -> dict[str, str]:
        """The variables that a process needs before it imports any Hugging Face library.

        `datasets` takes lock files and stores derived tables beside a data set, so a read-only kit also needs a
        `writable` folder: the data sets are linked into `writable/datasets`, which is private to the process.
        """
        datasets = self.folder / "datasets" if writable is None else link_datasets(self.folder, writable / "datasets")
        return {
            "HF_HOME": str(self.folder),
            # Named one by one too, because a variable of the user's own shell would beat HF_HOME.
            "HF_HUB_CACHE": str(self.folder / "hub"),
            "HF_DATASETS_CACHE": str(datasets),
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1",
            # A kit of real weights may be somebody's own cache folder, with an access token in it.
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            # Each load would complain that the hub cannot be reached, in the middle of a student's output.
            "HF_HUB_VERBOSITY": "error",
            "DATASETS_VERBOSITY": "error",
            "DIFFUSERS_VERBOSITY": "error",
            # The tokenizers' own threads neither survive a fork nor help with one prompt.
            "TOKENIZERS_PARALLELISM": "false",
        }

    def source_files(self, repo_id: str, subfolder: str | None = None) -> Path:
        """The folder that `from_pretrained(repo_id, subfolder=subfolder)` reads; raises Misuse when there is none."""
        repository = model_folder(self.folder, repo_id)
        main = repository / "refs" / "main"
        snapshot = repository / "snapshots" / (main.read_text().strip() if main.is_file() else "missing")
        files = snapshot / subfolder if subfolder else snapshot
        if not files.is_dir():
            wanted = f"{repo_id}/{subfolder}" if subfolder else repo_id
            raise Misuse(f"The kit {self.folder} has no {wanted}; add that model to the folder or name another --kit.")
        return files


def model_folder(kit: Path, repo_id: str) -> Path:
    """Where the Hugging Face hub's cache keeps a model, inside HF_HOME."""
    return kit / "hub" / ("models--" + repo_id.replace("/", "--"))


def dataset_folder(kit: Path, repo_id: str) -> Path:
    """Where `datasets` keeps the prepared tables of a data set's default configuration, inside HF_HOME."""
    return kit / "datasets" / repo_id.replace("/", "___") / "default" / "0.0.0" / REVISION


def file_digests(kit: Path) -> dict[str, str]:
    """SHA-256 (hex) of every regular file of the kit but the manifest, by relative path; links are not followed."""
    files = (p for p in sorted(kit.rglob("*")) if p.is_file() and not _left_out(p, kit))
    return {p.relative_to(kit).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _left_out(path: Path, kit: Path) -> bool:
    # Locks come and go with `datasets`; a path through a linked folder is the same file once more.
    linked = any(p.is_symlink() for p in (path, *path.parents) if p.is_relative_to(kit) and p != kit)
    return linked or path.suffix == ".lock" or path == kit / MANIFEST


def write_manifest(kit: Path, recipe: str, facts: dict[str, Any]) -> None:
    """Seal the folder: what made it, and the digest of every file in it."""
    manifest = {
        "format": FORMAT,
        "name": recipe,
        "recipe_version": RECIPES[recipe],
        "aliases": {**ALIASES, CLIP_TEXT: STABLE_DIFFUSION},
        **facts,
    }
    manifest["files"] = file_digests(kit)
    (kit / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")


def read_manifest(kit: Path) -> dict[str, Any] | None:
    """The manifest, None when the folder has none; raises Misuse when it cannot be read."""
    file = kit / MANIFEST
    if not file.is_file():
        return None
    try:
        manifest = json.loads(file.read_text())
        format_number, files = manifest["format"], manifest["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise Misuse(f"{file} is damaged ({error}); delete the folder and it will be built again.") from error
    if format_number != FORMAT or not isinstance(files, dict):
        raise Misuse(f"{file} has format {format_number}, this version reads {FORMAT}; delete the folder or upgrade.")
    return dict(manifest)


def open_kit(folder: Path) -> Kit:
    """The kit in a folder, with or without a manifest; raises Misuse (with the remedy) when it is none."""
    folder = folder.absolute()
    if not any(folder.glob("hub/models--*/snapshots/*")):
        raise Misuse(
            f"{folder} is not a kit: that is a Hugging Face cache folder (HF_HOME) with hub/models--*/snapshots in it; "
            "name such a folder, or leave --kit out and one is built."
        )
    manifest = read_manifest(folder)
    if manifest is None:
        return Kit(folder, folder.name, _digest(_sizes(folder)))
    return Kit(folder, f"{manifest['name']}-{manifest['recipe_version']}", _digest(manifest["files"]))


def _sizes(folder: Path) -> dict[str, str]:
    # Real weights are gigabytes: their cache names files by digest already, so names and sizes tell kits apart.
    return {
        p.relative_to(folder).as_posix(): str(p.stat().st_size) for p in sorted(folder.glob("hub/**/*")) if p.is_file()
    }


def _digest(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def link_datasets(kit: Path, writable: Path) -> Path:
    """Real folders with links to the kit's tables: what `datasets` writes beside a table stays in `writable`.

    Tables that an earlier process derived are no part of a kit and are left out.
    """
    writable.mkdir(parents=True, exist_ok=True)
    for file, name in tables(kit):
        link = writable / name
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)
    return writable


@functools.cache
def tables(kit: Path) -> tuple[tuple[Path, Path], ...]:
    """The files of a kit's data sets, and where they stand below its folder of data sets."""
    files = (file for file in kit.glob("datasets/*/*/*/*/*") if not file.name.startswith("cache-"))
    return tuple((file, file.relative_to(kit / "datasets")) for file in files)
