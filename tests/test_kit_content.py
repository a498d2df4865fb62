"""What the kit holds is what the checks' tolerances rest on."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from assay.failure import Fault
from assay.kit import Finding, Kit, ensure_kit, show_kit, verify_kit
from assay.kit.child import run_module


@pytest.fixture(scope="module")
def figures(kit: Kit) -> list[Finding]:
    return verify_kit(kit, figures=True)


def test_every_figure_holds(figures: list[Finding]) -> None:
    assert [f for f in figures if not f.ok] == []


@pytest.mark.parametrize(
    "what",
    [
        "digests",
        "vocabulary",
        "loads: data set",
        "loads: nota-ai/bk-sdm-small",
        "latents' deviation by channel",
        "posterior deviation, scaled",
        "predicted against true noise at timestep 500 (cosine)",
        "latents after 25 DPM++ steps, guidance 7.5 (largest rms)",
        "least change of the output between two prompts",
        "attention blocks (attn1, attn2)",
        "hidden and cross widths",
        "gradient at the pseudo-token's row (norm)",
    ],
)
def test_the_figure_is_measured(figures: list[Finding], what: str) -> None:
    assert what in [f.what for f in figures]


def test_damage_is_found_by_digest_and_by_loading(kit: Kit, tmp_path: Path) -> None:
    damaged = ensure_kit(shutil.copytree(kit.folder, tmp_path / "damaged", symlinks=True))
    weights = damaged.source_files("stable-diffusion-v1-5/stable-diffusion-v1-5", "unet")
    (weights / "diffusion_pytorch_model.safetensors").write_bytes(b"nothing")
    wrong = {f.what: f for f in verify_kit(damaged) if not f.ok}
    assert "unet/diffusion_pytorch_model.safetensors" in wrong["digests"].measured
    assert "loads: U-Net" in wrong


@pytest.mark.slow
def test_the_contact_sheet_is_a_picture(kit: Kit, tmp_path: Path) -> None:
    with Image.open(show_kit(kit, tmp_path / "new" / "sheet.png")) as sheet:
        assert sheet.size[0] > 600


def test_a_process_that_fails_is_a_fault_with_its_last_words() -> None:
    with pytest.raises(Fault, match=r"assay\.kit\.measure` ended with status 1: IndexError"):
        run_module("assay.kit.measure", [], {}, lambda line: None)


def test_missing_operators_are_defined_once_and_transformers_then_imports() -> None:
    script = """
from assay.kit.torchvision_operators import define_missing_operators
define_missing_operators()
assert define_missing_operators() == []
import torchvision.transforms, transformers.image_utils
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_with_a_fitting_torchvision_nothing_is_defined() -> None:
    script = """
import sys, types
sys.modules["torchvision"] = types.ModuleType("torchvision")
from assay.kit.torchvision_operators import define_missing_operators
assert define_missing_operators() == []
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
