"""The witness sees every weight at load and every change at the cell's end, whatever the student's objects say."""

from __future__ import annotations

import pytest
from safetensors.torch import load_file
from watched import watch

from assay.judging.originals import place_of
from assay.witness.digest import digest

# cell -> how one number of a U-Net is changed behind the library's back
CHANGES = {
    "in place on the data": "unet.conv_in.bias.data.add_(1)",
    "through numpy": "unet.conv_in.bias.detach().numpy()[0] += 1",
    "through untyped storage": "unet.conv_in.bias.untyped_storage()[0] ^= 1",
    "by other data": "unet.conv_in.bias.data = unet.conv_in.bias.data + 1",
    "by another parameter": "unet.conv_in.bias = torch.nn.Parameter(unet.conv_in.bias.detach() + 1)",
    "under a lying state dict": """
was = {name: tensor.clone() for name, tensor in unet.state_dict().items()}
unet.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.update(was))
unet.conv_in.bias.data.add_(1)
assert torch.equal(unet.state_dict()['conv_in.bias'], was['conv_in.bias'])""",
    "under lying methods": """
unet.conv_in.bias.data.add_(1)
nothing = lambda *args, **kwargs: iter(())
for name in ('named_parameters', 'parameters', 'named_buffers', 'named_modules', 'modules', '_named_members',
             'named_children', 'children'):
    setattr(unet, name, nothing)
assert not list(unet.parameters())""",
    "under lying methods of a part": """
for part in (unet.conv_in,):
    part.named_parameters = part._named_members = part.named_modules = lambda *args, **kwargs: iter(())
unet.conv_in.bias.data.add_(1)""",
    "in a state that is loaded": "state = unet.state_dict()\n"
    "unet.load_state_dict({**state, 'conv_in.bias': state['conv_in.bias'] + 1})",
    "and deleted in the same cell": "unet.conv_in.bias.data.add_(1); del unet; gc.collect()",
}


@pytest.fixture(scope="module")
def changes(warm, kit, tmp_path_factory):
    """One U-Net loaded and changed in every way, a cell for each."""
    cells = [f"unet = load(UNet2DConditionModel, 'unet')\n{change}" for change in CHANGES.values()]
    return watch(warm, kit.folder, tmp_path_factory.mktemp("changes"), *cells)


@pytest.mark.parametrize("cell", range(1, len(CHANGES) + 1), ids=list(CHANGES))
def test_a_change_is_seen_at_the_cells_end(changes, cell):
    loaded, state = changes.fact("load", cell), changes.fact("state", cell)
    assert state["label"] == loaded["label"]
    assert list(state["changed"]) == ["conv_in.bias"]
    assert state["changed"]["conv_in.bias"] != loaded["tensors"]["conv_in.bias"]
    assert state["gone"] == []


@pytest.fixture(scope="module")
def loads(warm, kit, tmp_path_factory):
    """Models loaded in several ways, one cell each, and never touched."""
    return watch(
        warm, kit.folder, tmp_path_factory.mktemp("loads"),
        "unet = load(UNet2DConditionModel, 'unet'); vae = load(AutoencoderKL, 'vae')",
        "text_encoder = load(CLIPTextModel, 'text_encoder'); tokenizer = load(CLIPTokenizer, 'tokenizer')",
        "named = UNet2DConditionModel.from_pretrained(pretrained_model_name_or_path=MODEL, subfolder='unet')",
        "from diffusers import StableDiffusionPipeline\npipeline = StableDiffusionPipeline.from_pretrained(MODEL)",
        "raw = tiny()\n"
        "with torch.no_grad(): raw(torch.randn(1, 4, 8, 8), 1, encoder_hidden_states=torch.randn(1, 77, 8))",
        "class Mine(UNet2DConditionModel): pass\n"
        "mine = Mine.from_config(raw.config)\n"
        "with torch.no_grad(): mine(torch.randn(1, 4, 8, 8), 1, encoder_hidden_states=torch.randn(1, 77, 8))",
    )  # fmt: skip


@pytest.mark.parametrize(("cell", "part"), [(1, "unet"), (1, "vae"), (2, "text_encoder")])
def test_a_load_is_written_once_with_the_kits_own_bytes(loads, kit, cell, part):
    (fact,) = [f for f in loads.facts("load", cell) if f["what"] == part]
    (folder,) = kit.folder.glob("hub/models--stable-diffusion-v1-5--stable-diffusion-v1-5/snapshots/*")
    (path,) = (folder / part).glob("*.safetensors")
    stored = load_file(path)
    assert (fact["source"], fact["subfolder"]) == ("stable-diffusion-v1-5/stable-diffusion-v1-5", part)
    for name, tensor in stored.items():
        assert fact["tensors"][name] == [str(tensor.dtype), list(tensor.shape), digest(tensor)]
    # all else are buffers that the library makes anew
    assert all("position_ids" in name for name in fact["tensors"].keys() - stored.keys())


def test_what_was_loaded_and_never_touched_has_no_states(loads):
    assert loads.facts("state") == []
    assert loads.facts("stumble") == []


def test_a_source_named_by_keyword_is_the_same_source(loads):
    assert loads.fact("load", 3)["source"] == "stable-diffusion-v1-5/stable-diffusion-v1-5"


def test_a_pipelines_parts_are_loads_of_their_own(loads):
    places = {fact["what"]: place_of(fact["source"], fact["subfolder"]) for fact in loads.facts("load", 4)}
    for part in ("unet", "vae", "text_encoder"):
        assert places[part] == ("stable-diffusion-v1-5/stable-diffusion-v1-5", part)


def test_a_model_that_was_never_loaded_is_watched_from_its_first_call(loads):
    fact = loads.fact("load", 5)
    assert (fact["what"], fact["source"]) == ("unet", None)
    assert loads.fact("unet", 5)["label"] == fact["label"]


def test_a_subclass_of_the_students_own_counts_as_what_it_extends(loads):
    fact = loads.fact("load", 6)
    assert (fact["what"], fact["cls"]) == ("unet", "UNet2DConditionModel")


@pytest.fixture(scope="module")
def table(warm, kit, tmp_path_factory):
    """A text encoder whose table grows, moves, shrinks, and goes behind a layer of the student's own."""
    return watch(
        warm, kit.folder, tmp_path_factory.mktemp("table"),
        "text_encoder = load(CLIPTextModel, 'text_encoder'); tokenizer = load(CLIPTokenizer, 'tokenizer')\n"
        "tokenizer.add_tokens(['<one>', '<two>']); text_encoder.resize_token_embeddings(len(tokenizer))",
        "with torch.no_grad(): text_encoder.get_input_embeddings().weight[320] += 1",
        "with torch.no_grad(): text_encoder.get_input_embeddings().weight[49408] = 3.5",
        "class Own(torch.nn.Module):\n"
        "    def __init__(self, inside):\n"
        "        super().__init__(); self.inside = inside\n"
        "    def forward(self, ids): return self.inside(ids)\n"
        "text_encoder.set_input_embeddings(Own(text_encoder.get_input_embeddings()))",
        "text_encoder = load(CLIPTextModel, 'text_encoder'); text_encoder.resize_token_embeddings(49_000)",
    )  # fmt: skip


def test_a_table_that_grew_has_new_rows_and_no_changed_ones(table):
    state = table.fact("state", 1)["table"]
    assert (state["rows"], state["loaded_rows"], state["changed_count"]) == (49410, 49408, 0)
    assert table.tensor(state["new_values"]).shape[0] == 2


def test_a_moved_row_is_named_with_its_values(table):
    state = table.fact("state", 2)["table"]
    assert (state["changed"], state["changed_count"]) == ([320], 1)
    assert table.tensor(state["changed_values"]).shape[0] == 1


def test_a_new_rows_values_are_kept(table):
    state = table.fact("state", 3)["table"]
    assert bool((table.tensor(state["new_values"])[0] == 3.5).all())


def test_a_table_behind_a_layer_of_the_students_own_is_still_found(table):
    state = table.fact("state", 4)
    assert (state["table"]["rows"], state["table"]["changed"]) == (49410, [320])


def test_rows_that_were_cut_off_count_as_changed(table):
    state = table.fact("state", 5)["table"]
    assert (state["rows"], state["changed_count"]) == (49_000, 408)
    assert table.facts("stumble") == []


def test_evidence_is_strict_json_and_safetensors_and_nothing_else(table):
    names = {path.name for path in (table.folder / "evidence").iterdir()}
    assert all(name == "facts.jsonl" or name.endswith(".safetensors") for name in names)
    lines = (table.folder / "evidence" / "facts.jsonl").read_bytes().strip().split(b"\n")
    assert len(lines) == len(table.evidence.facts)
    for path in (table.folder / "evidence").glob("*.safetensors"):
        assert load_file(path)
