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
NOISY = "the-noisy-digits-follow-the-forward-process"
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
SCHEDULE = "torch.cumprod(1 - torch.linspace(1e-4, 0.02, T), dim=0)"
INPUT = "signal.sqrt() * x + (1 - signal).sqrt() * eps"
LOSS = f"F.mse_loss(model({INPUT}, t), eps)"
UNIT = "transforms.Normalize(0.5, 0.5)"
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
    _wrong("another learning rate", Edit(OPT_SIN, OPT_SIN.replace("2e-4", "1e-3")), caught_by={BOTH}),
    _wrong("another optimizer", Edit(OPT_SIN, OPT_SIN.replace("Adam", "SGD")), caught_by={BOTH}),
    _wrong("gradients are never cleared", Edit("optimizer.zero_grad()\n", "pass\n"), caught_by={BOTH}),
    _wrong("steps without a backward pass", Edit("loss.backward()\n", "pass\n"), caught_by={BOTH, NOISY}),
    _wrong("square roots forgotten", Edit(INPUT, "signal * x + (1 - signal) * eps"), caught_by={NOISY}),
    _wrong("the noise is added whole", Edit(INPUT, "signal.sqrt() * x + eps"), caught_by={NOISY}),
    _wrong("signal and noise swapped", Edit(INPUT, "signal.sqrt() * eps + (1 - signal).sqrt() * x"), caught_by={NOISY}),
    _wrong("the noise is subtracted", Edit(INPUT, INPUT.replace(" + ", " - ")), caught_by={NOISY}),
    _wrong("divided by the digit", Edit(INPUT, INPUT.replace("* x", "/ x")), caught_by={NOISY}),
    _wrong("the digit is asked for", Edit(LOSS, LOSS.replace(", eps)", ", x)")), caught_by={NOISY}),
    _wrong(
        "other noise is asked for", Edit(LOSS, LOSS.replace(", eps)", ", torch.randn_like(eps))")), caught_by={NOISY}
    ),
    _wrong("alpha in place of alpha_bar", Edit(SCHEDULE, "1 - torch.linspace(1e-4, 0.02, T)"), caught_by={NOISY}),
    _wrong("the schedule backwards", Edit(SCHEDULE, SCHEDULE + ".flip(0)"), caught_by={NOISY}),
    _wrong("betas backwards", Edit("1e-4, 0.02, T", "0.02, 1e-4, T"), caught_by={NOISY}),
    _wrong("digits of bytes", Edit(UNIT, "transforms.Normalize(0.5, 0.5 / 255)"), caught_by={NOISY}),
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
    _right("digits between 0 and 1", Edit(UNIT, "transforms.Normalize(0, 1)")),
    _right("digits of MNIST's own mean and deviation", Edit(UNIT, "transforms.Normalize(0.1307, 0.3081)")),
    _right(
        "a cosine schedule",
        Edit(SCHEDULE, "(torch.linspace(0, 1, T + 1)[1:] * torch.pi / 2).cos().square().clamp_min(1e-5)"),
    ),
    _right("the noise first in the loss", Edit(LOSS, f"F.mse_loss(eps, model({INPUT}, t))")),
    _right("squares added up", Edit(LOSS, f"((model({INPUT}, t) - eps) ** 2).sum(dim=(1, 2, 3)).mean()")),
    _right("by position and by name", Edit(LOSS, f"F.mse_loss(input=model({INPUT}, t=t), target=eps)")),
    _right("no pictures of losses, no printing", Edit(SHOWN, "pass")),
)
