"""The shipped weights: half precision in the package, digests beside them, float32 in memory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from assay.failure import Fault

WEIGHTS = Path(__file__).parent / "weights"
MANIFEST = "manifest.json"
PARTS = ("autoencoder", "clip", "denoiser", "judge")
_MOST_BYTES = 40_000_000  # all together: people clone the repository


def pack(states: dict[str, dict[str, Any]], facts: dict[str, Any], folder: Path | None = None) -> None:
    """Write each part's parameters as float16 safetensors, and the manifest with their digests."""
    import torch
    from safetensors.torch import save_file

    folder = folder or WEIGHTS
    folder.mkdir(parents=True, exist_ok=True)
    for part, state in states.items():
        half = {k: v.half().contiguous() if v.is_floating_point() else v.contiguous() for k, v in state.items()}
        lost = [k for k, v in half.items() if v.dtype is torch.float16 and not torch.isfinite(v).all()]
        if lost:
            raise Fault(f"{part}: {lost[0]} does not fit half precision")
        save_file(half, str(folder / f"{part}.safetensors"))
    files = {file.name: _digest(file) for file in sorted(folder.glob("*.safetensors"))}
    size = sum((folder / name).stat().st_size for name in files)
    if size > _MOST_BYTES:
        raise Fault(f"the weights have {size:,} bytes; at most {_MOST_BYTES:,} are shipped")
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)  # safetensors writes for its owner alone
    (folder / MANIFEST).write_text(json.dumps({**facts, "bytes": size, "files": files}, indent=1) + "\n")


def read_manifest(folder: Path | None = None) -> dict[str, Any]:
    """The manifest of the shipped weights; raises Fault when it is not there or not to be read."""
    file = (folder or WEIGHTS) / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise Fault(
            f"The learned kit's {file} cannot be read ({error}); install assay again, or use --kit calibrated."
        ) from error
    return manifest


def read_weights(part: str, folder: Path | None = None) -> dict[str, Any]:
    """One part's parameters as float32.

    Raises:
        Fault: the part was not trained yet, or the file is not the one that the manifest names.

    In float32 because transformers would load a float16 file as a float16 model when nobody names a dtype.
    """
    from safetensors.torch import load

    content = _checked(part, folder).read_bytes()
    return {k: v.float() if v.is_floating_point() else v for k, v in load(content).items()}


def _checked(part: str, folder: Path | None) -> Path:
    file = (folder or WEIGHTS) / f"{part}.safetensors"
    wanted = read_manifest(folder)["files"].get(file.name)
    if wanted is None:
        raise Fault(
            f"The learned kit's {part} has not been trained: `kit build --train WORK` does it, in hours; "
            "--kit calibrated is there."
        )
    if not file.is_file() or _digest(file) != wanted:
        raise Fault(
            f"The learned kit's {file.name} is not the file that its manifest names; install assay again, or use "
            "--kit calibrated."
        )
    return file


def check_weights(folder: Path | None = None) -> None:
    """Raises Fault, in words for the user, unless every part is there as its manifest says."""
    for part in PARTS:
        _checked(part, folder)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
