"""Watching changes nothing: numbers, random states, gradients and hooks are as they are without a witness."""

from __future__ import annotations

import pytest
from watched import watch

# A short training of one row. Everything that it computes comes back, to be compared bit for bit.
TRAIN = """
def train():
    torch.manual_seed(3)
    text_encoder, unet = load(CLIPTextModel, 'text_encoder'), load(UNet2DConditionModel, 'unet')
    vae = load(AutoencoderKL, 'vae')
    table = text_encoder.resize_token_embeddings(49409).weight
    ids = torch.tensor([[49406, 320, 49408, *[49407] * 74]])
    optimizer = torch.optim.AdamW([table], lr=1e-2)
    seen = []
    for step in range(3):
        with torch.no_grad():
            z = vae.encode(torch.rand(1, 3, 64, 64)).latent_dist.sample()
        out = unet(z + torch.randn_like(z), step * 300, encoder_hidden_states=text_encoder(ids)[0]).sample
        loss = F.mse_loss(out, torch.randn_like(out))
        optimizer.zero_grad(); loss.backward()
        seen += [z, out.detach(), loss.detach(), table.grad.clone()]
        optimizer.step()
        seen += [table.detach().clone(), torch.get_rng_state()]
    return seen
"""


@pytest.fixture(scope="module")
def neutral(warm, kit, tmp_path_factory):
    """The training with and without a witness, then a text encoder with hooks and a state of its own."""
    return watch(
        warm, kit.folder, tmp_path_factory.mktemp("neutral"),
        TRAIN,
        "from assay.witness import Witness\n"
        "watching, Witness.current = Witness.current, None\n"
        "alone = train()\n"
        "Witness.current = watching",
        "watched = train()\n"
        "print(len(watched), all(torch.equal(a, b) for a, b in zip(alone, watched, strict=True)))",
        # 4: a model in training mode with dropout, hooks of its own and for all modules, and a gradient
        "text_encoder = load(CLIPTextModel, 'text_encoder').train()\n"
        "for layer in text_encoder.modules():\n"
        "    if hasattr(layer, 'dropout'): layer.dropout = 0.5\n"
        "called = []\n"
        "note = lambda *_: called.append(1)\n"
        "layer = text_encoder.get_input_embeddings()\n"
        "layer.register_forward_hook(note); layer.register_forward_pre_hook(note)\n"
        "everywhere = torch.nn.modules.module.register_module_forward_hook(note)\n"
        "text_encoder(torch.tensor([[49406, 320, 49407]]))[0].sum().backward()\n"
        "grads = {n: p.grad.clone() for n, p in text_encoder.named_parameters()}\n"
        "layer.weight.data.add_(0.01)\n"
        "torch.manual_seed(5); state = torch.get_rng_state(); before = len(called)",
        "print(len(called) == before > 0, torch.equal(state, torch.get_rng_state()))\n"
        "print(all(torch.equal(g, dict(text_encoder.named_parameters())[n].grad) for n, g in grads.items()))\n"
        "text_encoder(torch.tensor([[320]])); print(len(called) > before, text_encoder.training)\n"
        "everywhere.remove()",
        # 6, 7, 8: what is let go of dies
        "unet = load(UNet2DConditionModel, 'unet')\n"
        "tensor = torch.zeros(3, requires_grad=True)\n"
        "class Breaks(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x): return x.clone()\n"
        "    @staticmethod\n"
        "    def backward(ctx, g): raise ValueError('broken')\n"
        "optimizer = torch.optim.SGD([tensor], lr=1.)\n"
        "tensor.sum().backward(); optimizer.step()\n"
        "try: Breaks.apply(tensor).sum().backward()\n"
        "except ValueError as error: print(error)\n"
        "refs = [weakref.ref(x) for x in (unet, unet.conv_in.weight, tensor, optimizer)]",
        "del unet, tensor, optimizer; gc.collect()\nprint([r() is None for r in refs][2:])",
        "gc.collect(); print([r() is None for r in refs])",
    )  # fmt: skip


def test_the_same_training_gives_the_same_bits(neutral):
    assert neutral.printed[3] == "18 True\n"


def test_the_training_was_watched_the_second_time_only(neutral):
    assert len(neutral.facts("step")) == len(neutral.facts("step", 3)) + len(neutral.facts("step", 6)) == 4


def test_hooks_random_state_and_gradients_are_the_students_own(neutral):
    assert neutral.facts("state", 4)[0]["plain"] is not None  # the plain prompt was asked at the end of that cell
    assert neutral.printed[5] == "True True\nTrue\nTrue True\n"


def test_nothing_is_kept_alive_after_its_cell_not_even_by_a_backward_that_raised(neutral):
    assert neutral.printed[6] == "broken\n"
    assert neutral.printed[7] == "[True, True]\n"
    assert neutral.printed[8] == "[True, True, True, True]\n"


@pytest.fixture(scope="module")
def strange(warm, kit, tmp_path_factory):
    """Things that a student may do and the witness may not stumble over, one cell each."""
    return watch(
        warm, kit.folder, tmp_path_factory.mktemp("strange"),
        "print(F.cosine_similarity(torch.full((4,), float('nan')), torch.ones(4), dim=0).isnan())",
        "unet, vae = load(UNet2DConditionModel, 'unet'), load(AutoencoderKL, 'vae')\n"
        "text = torch.randn(1, 77, unet.config.cross_attention_dim)\n"
        "with torch.no_grad():\n"
        "    vae.encode(torch.full((1, 3, 64, 64), float('nan')))\n"
        "    unet(torch.randn(1, 4, 8, 8), torch.tensor(float('nan')), encoder_hidden_states=text)\n"
        "    unet(sample=torch.randn(1, 4, 8, 8), timestep=torch.tensor(7), encoder_hidden_states=text)",
        "x = torch.empty(3, device='meta'); y = torch.eye(3).to_sparse(); z = torch.ones(2, dtype=torch.complex64)\n"
        "huge = [10**400, -10**400, float('nan'), float('inf'), True, None]; w = [1.5]; w.append(w)",
        "class Liar:\n"
        "    @property\n"
        "    def __class__(self): raise RuntimeError('do not ask')\n"
        "    def __len__(self): raise RuntimeError('do not ask')\n"
        "liar, liars = Liar(), [Liar()]",
        "text_encoder = load(CLIPTextModel, 'text_encoder').to('meta')",
        "twin = copy.deepcopy(unet)\n"
        "with torch.no_grad(): twin(torch.randn(1, 4, 8, 8), 1, encoder_hidden_states=text)",
        "loss = (torch.ones(2, requires_grad=True) * float('nan')).sum(); loss.backward()\n"
        "loss = (torch.ones(2, requires_grad=True) * float('inf')).sum(); loss.backward()",
        "unet = tiny()\n"
        "for step in range(300):\n"
        "    out = unet(torch.randn(1, 4, 8, 8), step, encoder_hidden_states=torch.randn(1, 77, 8)).sample\n"
        "    out.square().mean().backward()",
        "tokenizer = load(CLIPTokenizer, 'tokenizer'); other = copy.deepcopy(tokenizer); other.add_tokens(['<mine>'])",
    )  # fmt: skip


def test_a_cosine_of_nan_is_the_students_nan(strange):
    assert strange.printed[1] == "tensor(True)\n"
    assert strange.fact("cosine", 1)["value"] == "nan"


def test_nan_pictures_and_timesteps_are_written_down(strange):
    assert [f["times"] for f in strange.facts("unet", 2)] == [[-1], [7]]
    assert bool(strange.tensor(strange.fact("encode", 2)["mean"]).isnan().all())


def test_values_of_every_kind_pass(strange):
    assert strange.fact("numbers", 3)["values"] == [
        "inf",
        "inf",
        "nan",
        "inf",
        *[1.5] * 3,
    ]  # the list in itself ends at its depth


def test_objects_that_lie_about_themselves_are_not_asked(strange):
    assert strange.facts("stumble", 4) == []


def test_weights_that_cannot_be_read_are_said_to_be_unseen(strange):
    stumble = strange.fact("stumble", 5)
    assert (stumble["what"], stumble["label"]) == ("weights", strange.fact("load", 5)["label"])


def test_a_deep_copy_is_watched_from_its_first_call(strange):
    assert strange.fact("load", 6)["tensors"] == strange.facts("load", 2)[0]["tensors"]


def test_losses_that_are_no_numbers_are_words(strange):
    assert [f["loss"] for f in strange.facts("backward_begin", 7)] == ["nan", "inf"]


def test_of_many_calls_a_budget_of_tensors_is_kept_and_every_fact(strange):
    calls = strange.facts("unet", 8)
    assert len(calls) == len(strange.facts("backward_begin", 8)) == 300
    assert sum(call.get("sample") is not None for call in calls) == 64
    assert len(strange.facts("unet_gradient", 8)) == 64


def test_a_token_added_to_a_copy_of_the_tokenizer_counts(strange):
    assert strange.fact("added_tokens", 9)["tokens"] == {"<mine>": 49408}
