"""A model's weights are held against the kit's own bytes: casting is no change, anything else is."""

from __future__ import annotations

import pytest
import torch

from assay.execution.parent import clean_environment
from assay.judging import originals
from assay.judging.observations.models import ModelHistory, histories
from assay.witness.digest import digest

MODEL = "stable-diffusion-v1-5/stable-diffusion-v1-5"
VAE = ("AutoencoderKL", MODEL, "vae")


@pytest.fixture(autouse=True)
def _kit(kit, monkeypatch):
    for name, value in kit.environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _no_libraries(request, monkeypatch):
    """The kit's files are read directly; importing diffusers for that would take longer than all these tests."""
    if "cls" not in request.fixturenames:
        monkeypatch.setattr(originals, "_loader", lambda cls: torch.nn.Module)


def facts_of(tensors, exercise=1, label="vae1", kind="vae", source=MODEL):
    """A load as the witness writes it."""
    written = {name: [str(t.dtype), list(t.shape), digest(t)] for name, t in tensors.items()}
    return {"kind": "load", "exercise": exercise, "cell": 1, "label": label, "what": kind, "cls": "AutoencoderKL",
            "source": source, "subfolder": "vae", "tensors": written, "plain": None}  # fmt: skip


def history(tensors) -> ModelHistory:
    return histories([facts_of(tensors)])["vae1"]


CASTS = {
    "as loaded": lambda t: t,
    "half": lambda t: t.half(),
    "half and back": lambda t: t.half().float(),
    "bfloat16": lambda t: t.bfloat16(),
    "bfloat16 and back": lambda t: t.bfloat16().float(),
    "double": lambda t: t.double(),
    "double and back": lambda t: t.double().float(),
}


@pytest.mark.parametrize("cast", CASTS.values(), ids=list(CASTS))
def test_casting_is_no_change(cast):
    tensors = originals.original_tensors(*VAE)
    assert history({name: cast(tensor) for name, tensor in tensors.items()}).changed(1) == []


@pytest.mark.parametrize("cast", CASTS.values(), ids=list(CASTS))
def test_one_changed_bit_is_a_change_in_every_precision(cast):
    tensors = {name: cast(tensor).clone() for name, tensor in originals.original_tensors(*VAE).items()}
    name = next(iter(tensors))
    tensors[name].view(torch.uint8).view(-1)[0] ^= 1
    assert history(tensors).changed(1) == [name]


def test_a_missing_tensor_is_a_change():
    tensors = dict(originals.original_tensors(*VAE))
    name, _ = tensors.popitem()
    assert history(tensors).changed(1) == [name]


def test_the_wrappers_of_peft_are_understood_and_its_own_tensors_left_out():
    tensors = originals.original_tensors(*VAE)
    wrapped = {
        f"base_model.model.{name.removesuffix('.weight')}.base_layer.weight" if name.endswith(".weight") else name: t
        for name, t in tensors.items()
    }
    wrapped["base_model.model.decoder.to_q.lora_A.default.weight"] = torch.ones(2, 2)
    assert history(wrapped).changed(1) == []
    name = next(name for name in wrapped if ".base_layer." in name)
    wrapped[name] = wrapped[name] + 1
    assert history(wrapped).changed(1) == [originals.plain_name(name)]


def test_a_state_counts_from_its_exercise_on():
    tensors = originals.original_tensors(*VAE)
    name = next(iter(tensors))
    moved = {name: [str(tensors[name].dtype), list(tensors[name].shape), "0" * 32]}
    state = {"kind": "state", "exercise": 2, "cell": 5, "label": "vae1", "changed": moved, "gone": []}
    found = histories([facts_of(tensors), state])["vae1"]
    assert (found.changed(1), found.changed(2)) == ([], [name])


def test_weights_that_were_not_seen_do_not_pass_for_unchanged():
    stumble = {"kind": "stumble", "exercise": 2, "cell": 5, "what": "weights", "error": "X", "label": "vae1"}
    found = histories([facts_of(originals.original_tensors(*VAE)), stumble])["vae1"]
    assert found.changed(1) == []
    with pytest.raises(LookupError, match="vae1 could not be looked at"):
        found.changed(2)


def test_a_copy_is_held_against_what_it_was_copied_from():
    tensors = originals.original_tensors(*VAE)
    copied = facts_of(tensors, label="vae2", source=None) | {"subfolder": None}
    found = histories([facts_of(tensors), copied])["vae2"]
    assert (found.source, found.changed(1)) == (MODEL, [])


def test_a_model_from_nowhere_has_no_original():
    assert histories([facts_of({"a": torch.ones(2)}, source=None)])["vae1"].changed(1) is None


CACHE = "/x/hub/models--stable-diffusion-v1-5--stable-diffusion-v1-5/snapshots/3dd00a7c"


@pytest.mark.parametrize(
    ("source", "subfolder", "place"),
    [
        (MODEL, "unet", (MODEL, "unet")),
        (f"{CACHE}/unet", None, (MODEL, "unet")),
        (f"{CACHE}/unet/", None, (MODEL, "unet")),
        (CACHE, "vae", (MODEL, "vae")),
        ("./my-own-model", None, ("./my-own-model", None)),
        (None, None, (None, None)),
    ],
)
def test_a_path_in_the_cache_is_the_repository_that_it_belongs_to(source, subfolder, place):
    assert originals.place_of(source, subfolder) == place


@pytest.mark.parametrize("source", [None, "", "None", "/etc", "../../etc", "a/b/c", "nobody/nothing", "..", "../.."])
def test_nothing_outside_the_kit_is_an_original(source):
    assert originals.snapshot(source, None) is None


@pytest.mark.parametrize("subfolder", ["../../../../../..", "/etc", "no-such-part"])
def test_a_subfolder_does_not_lead_out_of_the_kit(subfolder):
    assert originals.snapshot(MODEL, subfolder) is None


@pytest.mark.parametrize("cls", ["", "load", "no_such_class", "__file__"])
def test_only_the_libraries_models_are_built(cls):
    assert originals.original_tensors(cls, MODEL, "vae") == {}


@pytest.fixture
def elsewhere():
    """A model from a place that no kit has, as it was loaded, and one weight changed since."""
    weight = torch.arange(6.0).reshape(2, 3)
    loaded = facts_of({"one": weight, "two": weight + 1}, source="somebody/else")
    changed = {"one": [str(weight.dtype), [2, 3], digest(weight * 2)]}
    later = {"kind": "state", "exercise": 2, "cell": 2, "label": "vae1", "changed": changed, "gone": []}
    return histories([loaded, later])


def test_a_grading_judge_believes_nobody_about_what_a_model_was(elsewhere):
    assert elsewhere["vae1"].changed(2) is None


def test_the_judge_of_ones_own_kernel_takes_what_was_loaded_where_no_original_is_at_hand(elsewhere, monkeypatch):
    monkeypatch.setenv(originals.OWN_KERNEL, "1")
    assert elsewhere["vae1"].changed(1) == []
    assert elsewhere["vae1"].changed(2) == ["one"]


WIDENED = {"kind": "cast", "exercise": 2, "cell": 2, "label": "vae1"}


def cast_model(now, is_known, later=None):
    """A float16 model from a place that no kit has, cast in exercise 2 to `now`, and `later` so in exercise 3."""
    half, states = torch.arange(6.0).half(), []
    for number, t in ((2, now), (3, later)):
        if t is not None:
            changed = {"one": [str(t.dtype), [6], digest(t)]}
            states.append(
                WIDENED | {"kind": "state", "exercise": number, "cell": number, "changed": changed, "gone": []}
            )
    cast = WIDENED | {"tensors": {"one": [digest(half), [str(now.dtype), [6], digest(now)]]}}
    facts = [facts_of({"one": half}, source="somebody/else"), states[0], *([cast] if is_known else []), *states[1:]]
    return histories(facts)["vae1"]


def test_a_cast_that_rounds_nothing_is_no_change_where_no_original_is_at_hand(monkeypatch):
    monkeypatch.setenv(originals.OWN_KERNEL, "1")
    wide = torch.arange(6.0)
    assert cast_model(wide, True).changed(2) == []
    assert cast_model(wide, True, later=wide.half()).changed(3) == []
    assert cast_model(wide, True, later=wide * 2).changed(3) == ["one"]
    assert cast_model(wide, True, later=(wide * 2).half()).changed(3) == ["one"]


def test_a_cast_that_may_hide_a_change_is_left_open(monkeypatch):
    monkeypatch.setenv(originals.OWN_KERNEL, "1")
    with pytest.raises(LookupError, match=r"one was cast to float32.*somebody/else"):
        cast_model(torch.arange(6.0) + 1e-4, False).changed(2)


def test_a_caller_s_variable_makes_no_grading_judge_believe_a_kernel(monkeypatch, kit):
    monkeypatch.setenv(originals.OWN_KERNEL, "1")
    assert originals.OWN_KERNEL not in clean_environment(kit.environment())
