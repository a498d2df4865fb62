"""Declares the mistakes and variants of exercise 4: the same network with two conditionings."""

from assay.proof import Edit, Mistake, Variant

SHAPE = "the-network-answers-in-the-shape-of-its-input"
DEPENDS = "the-answer-depends-on-the-timestep"
APART = "the-network-tells-neighbouring-timesteps-apart"
ALIKE = "the-network-treats-neighbouring-timesteps-alike"
SPATIAL = "the-spatial-network-is-the-simple-one"
LEARNS = "the-network-learns"
LAYERS = "the-layers-of-the-timestep-learn"
BOTH = "both-networks-were-trained-alike"
SIMPLE = "the-simple-network-can-be-trained"
EVERY = {SHAPE, DEPENDS, APART, ALIKE, SPATIAL, LEARNS, LAYERS}

NEEDS = ("def sinusoidal_embedding(", "class TimestepEmbedding(")
EMBED = "self.time_embed = TimestepEmbedding(d_sinusoidal=256, d_emb=512)"
PROJ = "self.time_proj = nn.Linear(512, 4 * self.width)"
HEAR = "t_emb = self.time_embed(t)"
OFFSET = "offset = self.time_proj(F.gelu(t_emb))"
DENOISE = "return self.denoise(x, offset)"
CLASS = "class UNetSinusoidal(Backbone):"
MODELS = "model_simple, model_sin = UNetSimple().to(device), UNetSinusoidal().to(device)"
OPT_SIN = "opt_sin = torch.optim.Adam(model_sin.parameters(), lr=2e-4)"
OPT_SIMPLE = "opt_simple = torch.optim.Adam(model_simple.parameters(), lr=2e-4)"
TRAIN_SIN = "losses_sin.append(train_epoch(model_sin, opt_sin))"
TRAIN_SIMPLE = "losses_simple.append(train_epoch(model_simple, opt_simple))"
SIMPLE_FORWARD = "return self.denoise(x, self.time(t.float()[:, None] / T))"
ADDED = "narrow = self.middle(F.max_pool2d(half, 2)) + offset[:, :, None, None]"
SHOWN = (
    'print(f"epoch {epoch + 1}: {losses_simple[-1]:.4f} and {losses_sin[-1]:.4f}, '
    '{time.perf_counter() - started:.0f} s")'
)


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 4, edits, frozenset(caught_by), frozenset(undetermined or ()), NEEDS)


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 4, edits, NEEDS)


MISTAKES = (
    _wrong(
        "one number, as in the simple network",
        Edit(EMBED, "self.time_embed = nn.Sequential(nn.Linear(1, 512), nn.ReLU(), nn.Linear(512, 512))"),
        Edit(HEAR, "t_emb = self.time_embed(t.float()[:, None] / T)"),
        caught_by={APART},
    ),
    _wrong(
        "the bare timestep into a layer",
        Edit(EMBED, "self.time_embed = nn.Linear(1, 512)"),
        Edit(HEAR, "t_emb = self.time_embed(t.float()[:, None])"),
        caught_by={APART},
        undetermined={LEARNS},
    ),
    _wrong("timesteps divided before the clocks", Edit(HEAR, "t_emb = self.time_embed(t / T)"), caught_by={APART}),
    _wrong(
        "a table of learned rows",
        Edit(EMBED, "self.time_embed = nn.Embedding(T, 512)"),
        caught_by={ALIKE},
        undetermined={LAYERS},
    ),
    _wrong(
        "the timestep is not used",
        Edit(OFFSET, "offset = torch.zeros(len(x), 4 * self.width)"),
        caught_by={DEPENDS, APART, ALIKE, LAYERS},
        undetermined={LEARNS},
    ),
    _wrong(
        "always timestep 0",
        Edit(HEAR, "t_emb = self.time_embed(torch.zeros_like(t))"),
        caught_by={DEPENDS, APART, ALIKE},
    ),
    _wrong(
        "the embedding is made without gradient",
        Edit(HEAR, "with torch.no_grad():\n            t_emb = self.time_embed(t)"),
        caught_by={LAYERS},
    ),
    _wrong(
        "the embedding is detached", Edit(OFFSET, "offset = self.time_proj(F.gelu(t_emb.detach()))"), caught_by={LAYERS}
    ),
    _wrong("the embedding is frozen", Edit(EMBED, EMBED + ".requires_grad_(False)"), caught_by={LAYERS}),
    _wrong(
        "the whole network without gradient",
        Edit(DENOISE, "with torch.no_grad():\n            return self.denoise(x, offset)"),
        caught_by={LEARNS, LAYERS, BOTH},
    ),
    _wrong(
        "the features are changed in place",
        Edit(ADDED, "narrow = self.middle(F.max_pool2d(half, 2))\n        narrow += offset[:, :, None, None]"),
        caught_by={LEARNS, LAYERS, SIMPLE},
        undetermined={BOTH},
    ),
    _wrong(
        "a wider network",
        Edit(EMBED, "self.extra = block(4 * self.width, 4 * self.width)\n        " + EMBED),
        caught_by={SPATIAL},
        undetermined={LAYERS},
    ),
    _wrong("twice the width", Edit(CLASS, CLASS + "\n    width = 32\n"), caught_by={SPATIAL}),
    _wrong(
        "no skip connection",
        Edit(EMBED, "self.join1 = block(self.width, self.width)\n        " + EMBED),
        Edit(
            DENOISE,
            "wide = self.down1(x)\n"
            "        half = self.down2(F.max_pool2d(wide, 2))\n"
            "        narrow = self.middle(F.max_pool2d(half, 2)) + offset[:, :, None, None]\n"
            "        half = self.join2(torch.cat([self.up2(narrow), half], dim=1))\n"
            "        return self.last(self.join1(self.up1(half)))",
        ),
        caught_by={SPATIAL},
    ),
    _wrong(
        "half of the picture",
        Edit(DENOISE, "return self.denoise(x, offset)[:, :, ::2, ::2]"),
        caught_by={SHAPE, LEARNS, LAYERS, BOTH},
        undetermined={APART, ALIKE, DEPENDS},
    ),
    _wrong(
        "no channel dimension",
        Edit(DENOISE, "return self.denoise(x, offset).squeeze(1)"),
        caught_by={SHAPE},
        undetermined={LEARNS, LAYERS, BOTH},
    ),
    _wrong(
        "no negative answers",
        Edit(DENOISE, "return F.relu(self.denoise(x, offset))"),
        caught_by={LEARNS},
        undetermined={DEPENDS, APART, ALIKE},
    ),
    _wrong(
        "not a number",
        Edit(DENOISE, "return self.denoise(x, offset) / 0 * 0"),
        caught_by={SHAPE, DEPENDS, APART, ALIKE, LEARNS},
        undetermined={LAYERS},
    ),
    _wrong(
        "the embedding's width does not fit",
        Edit(PROJ, "self.time_proj = nn.Linear(256, 4 * self.width)"),
        caught_by=EVERY | {BOTH},
    ),
    _wrong(
        "the class has another name",
        Edit(CLASS, "class UNetClocks(Backbone):"),
        Edit(MODELS, MODELS.replace("UNetSinusoidal", "UNetClocks")),
        caught_by=EVERY | {BOTH},
    ),
    _wrong(
        "the simple network is trained twice",
        Edit(MODELS, MODELS.replace("UNetSinusoidal", "UNetSimple")),
        caught_by={BOTH},
    ),
    _wrong("only one network is trained", Edit(TRAIN_SIN, "losses_sin.append(0)"), caught_by={BOTH}),
    _wrong(
        "one network is trained longer",
        Edit(TRAIN_SIN, TRAIN_SIN + "\n    train_epoch(model_sin, opt_sin)"),
        caught_by={BOTH},
    ),
    _wrong(
        "both optimizers hold the simple network",
        Edit(OPT_SIN, OPT_SIN.replace("model_sin.", "model_simple.")),
        caught_by={BOTH},
    ),
    _wrong(
        "the optimizer holds the embedding only",
        Edit(OPT_SIN, OPT_SIN.replace("model_sin.", "model_sin.time_embed.")),
        caught_by={BOTH},
    ),
    _wrong(
        "the simple network changes features in place",
        Edit(
            SIMPLE_FORWARD,
            "return self.denoise(F.relu(x).add_(self.time(t.float()[:, None] / T)[:, :1, None,"
            " None]).sigmoid_().mul_(x), 0 * self.time(t.float()[:, None] / T))",
        ),
        caught_by={SIMPLE},
        undetermined={BOTH},
    ),
)

VARIANTS = (
    _right("no activation before the projection", Edit(OFFSET, "offset = self.time_proj(t_emb)")),
    _right(
        "the projection is a 1x1 convolution",
        Edit(PROJ, "self.time_proj = nn.Conv2d(512, 4 * self.width, 1)"),
        Edit(OFFSET, "offset = self.time_proj(t_emb[:, :, None, None])[:, :, 0, 0]"),
    ),
    _right(
        "the embedding has the narrowest level's width",
        Edit(EMBED, "self.time_embed = TimestepEmbedding(256, 4 * self.width)"),
        Edit(PROJ, "pass"),
        Edit(OFFSET, "offset = t_emb"),
    ),
    _right("fewer clocks", Edit(EMBED, "self.time_embed = TimestepEmbedding(128, 512)")),
    _right(
        "written out in full",
        Edit(
            DENOISE,
            "wide = self.down1(x)\n        half = self.down2(F.max_pool2d(wide, 2))\n"
            "        narrow = self.middle(F.max_pool2d(half, 2)) + offset[:, :, None, None]\n"
            "        half = self.join2(torch.cat([self.up2(narrow), half], dim=1))\n"
            "        return self.last(self.join1(torch.cat([self.up1(half), wide], dim=1)))",
        ),
    ),
    _right(
        "scale and shift at the narrowest level",
        Edit(PROJ, "self.time_proj = nn.Linear(512, 8 * self.width)"),
        Edit(OFFSET, "gamma, beta = self.time_proj(t_emb).chunk(2, dim=1)"),
        Edit(
            DENOISE,
            "wide = self.down1(x)\n        half = self.down2(F.max_pool2d(wide, 2))\n"
            "        narrow = (1 + gamma[:, :, None, None]) * self.middle(F.max_pool2d(half, 2)) +"
            " beta[:, :, None, None]\n"
            "        half = self.join2(torch.cat([self.up2(narrow), half], dim=1))\n"
            "        return self.last(self.join1(torch.cat([self.up1(half), wide], dim=1)))",
        ),
    ),
    _right(
        "one optimizer after the other",
        Edit(TRAIN_SIMPLE, "pass"),
        Edit(TRAIN_SIN, TRAIN_SIN + "\n    " + TRAIN_SIMPLE),
    ),
    _right(
        "AdamW", Edit(OPT_SIN, OPT_SIN.replace("Adam", "AdamW")), Edit(OPT_SIMPLE, OPT_SIMPLE.replace("Adam", "AdamW"))
    ),
    _right("no pictures of losses, no printing", Edit(SHOWN, "pass")),
)
