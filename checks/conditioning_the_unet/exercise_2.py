"""Declares the mistakes and variants of exercise 2: two layers behind the sinusoidal embedding."""

from assay.proof import Edit, Mistake, Variant

PARAMETERS = "the-mlp-has-the-parameters-of-two-layers"
LAYERS = "the-embedding-passes-two-layers-with-a-gelu-between"
DRAWN = "similarities-of-timesteps-were-drawn"

NEEDS = ("def sinusoidal_embedding(",)
FIRST = "self.first = nn.Linear(d_sinusoidal, d_emb)"
SECOND = "self.second = nn.Linear(d_emb, d_emb)"
CLOCKS = "clocks = sinusoidal_embedding(t, self.d_sinusoidal)"
HIDDEN = "hidden = F.gelu(self.first(clocks))"
RETURN = "return self.second(hidden)"
CLASS = "class TimestepEmbedding(nn.Module):"
DIRECTIONS = "directions = F.normalize(t_embed(sampled), dim=1)"
SHOW = "plt.imshow(directions @ directions.T, "


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by), frozenset(undetermined or ()), NEEDS)


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits, NEEDS)


MISTAKES = (
    _wrong("ReLU between the layers", Edit(HIDDEN, HIDDEN.replace("gelu", "relu")), caught_by={LAYERS}),
    _wrong("SiLU between the layers", Edit(HIDDEN, HIDDEN.replace("gelu", "silu")), caught_by={LAYERS}),
    _wrong("nothing between the layers", Edit(HIDDEN, "hidden = self.first(clocks)"), caught_by={LAYERS}),
    _wrong(
        "the second layer is left out",
        Edit(SECOND, "pass"),
        Edit(RETURN, "return hidden"),
        caught_by={PARAMETERS, LAYERS},
    ),
    _wrong("the second layer is made and not used", Edit(RETURN, "return hidden"), caught_by={LAYERS}),
    _wrong("GELU behind the second layer too", Edit(RETURN, "return F.gelu(self.second(hidden))"), caught_by={LAYERS}),
    _wrong("GELU before the first layer", Edit(HIDDEN, "hidden = self.first(F.gelu(clocks))"), caught_by={LAYERS}),
    _wrong(
        "the bare timestep",
        Edit(CLOCKS, "clocks = t.float()[:, None].expand(-1, self.d_sinusoidal)"),
        caught_by={LAYERS},
    ),
    _wrong("timesteps between 0 and 1", Edit(CLOCKS, CLOCKS.replace("(t,", "(t / 1000,")), caught_by={LAYERS}),
    _wrong(
        "the same timestep for all",
        Edit(CLOCKS, CLOCKS.replace("(t,", "(t[:1].expand_as(t),")),
        caught_by={LAYERS},
        undetermined={DRAWN},
    ),
    _wrong(
        "the embedding is added to the output", Edit(RETURN, "return self.second(hidden) + hidden"), caught_by={LAYERS}
    ),
    _wrong(
        "a table of learned rows",
        Edit(FIRST, "self.first = nn.Embedding(1000, d_emb)"),
        Edit(CLOCKS, "clocks = t"),
        caught_by={PARAMETERS, LAYERS, DRAWN},
    ),
    _wrong(
        "dropout in the middle, always",
        Edit(HIDDEN, "hidden = F.dropout(F.gelu(self.first(clocks)))"),
        caught_by={LAYERS},
        undetermined={DRAWN},
    ),
    _wrong(
        "no biases",
        Edit(FIRST, FIRST.replace("d_emb)", "d_emb, bias=False)")),
        Edit(SECOND, SECOND.replace("d_emb)", "d_emb, bias=False)")),
        caught_by={PARAMETERS},
    ),
    _wrong(
        "a third layer",
        Edit(SECOND, SECOND + "\n        self.third = nn.Linear(d_emb, d_emb)"),
        Edit(RETURN, "return self.third(F.gelu(self.second(hidden)))"),
        caught_by={PARAMETERS, LAYERS},
    ),
    _wrong(
        "a third layer that nothing uses",
        Edit(SECOND, SECOND + "\n        self.third = nn.Linear(d_emb, d_emb)"),
        caught_by={PARAMETERS},
    ),
    _wrong(
        "a layer norm at the end",
        Edit(SECOND, SECOND + "\n        self.norm = nn.LayerNorm(d_emb)"),
        Edit(RETURN, "return self.norm(self.second(hidden))"),
        caught_by={PARAMETERS, LAYERS},
    ),
    _wrong(
        "sizes are built in",
        Edit(FIRST, "d_sinusoidal, d_emb = 256, 512\n        self.d_sinusoidal = 256\n        " + FIRST),
        caught_by={PARAMETERS, LAYERS},
    ),
    _wrong(
        "the notebook's own module has other sizes",
        Edit("t_embed = TimestepEmbedding()", "t_embed = TimestepEmbedding(128, 256)"),
        caught_by={PARAMETERS},
    ),
    _wrong(
        "the class has another name",
        Edit(CLASS, CLASS.replace("Timestep", "Time")),
        Edit("t_embed = TimestepEmbedding()", "t_embed = TimeEmbedding()"),
        caught_by={PARAMETERS, LAYERS},
    ),
    _wrong("dot products are drawn", Edit(DIRECTIONS, "directions = t_embed(sampled)"), caught_by={DRAWN}),
    _wrong(
        "random directions are drawn",
        Edit(DIRECTIONS, "directions = F.normalize(torch.randn(100, 512), dim=1).sort(dim=0, descending=True).values"),
        caught_by={DRAWN},
    ),
    _wrong("distances are drawn", Edit(SHOW, "plt.imshow(torch.cdist(directions, directions), "), caught_by={DRAWN}),
    _wrong("nothing is drawn", Edit(SHOW, "dict(X=directions @ directions.T, "), caught_by={DRAWN}),
)

COUNT = 'print(f"{sum(weights.numel() for weights in t_embed.parameters()):,} parameters")'
VARIANTS = (
    _right(
        "parameters layer by layer",
        Edit(COUNT, 'print("parameters:", *(w.numel() + w.shape[0] for w in t_embed.parameters() if w.dim() == 2))'),
    ),
    _right("parameters of the activation too", Edit(COUNT, COUNT + '\nprint("GELU: 0 parameters")')),
    _right("nothing is counted", Edit(COUNT, "pass")),
    _right(
        "the layers in a sequence",
        Edit(FIRST, "self.mlp = nn.Sequential(nn.Linear(d_sinusoidal, d_emb), nn.GELU(), nn.Linear(d_emb, d_emb))"),
        Edit(SECOND, "pass"),
        Edit(HIDDEN, "hidden = self.mlp(clocks)"),
        Edit(RETURN, "return hidden"),
    ),
    _right("GELU by its approximation", Edit(HIDDEN, 'hidden = F.gelu(self.first(clocks), approximate="tanh")')),
    _right(
        "weights without layers",
        Edit(
            FIRST,
            "self.a = nn.Parameter(torch.randn(d_sinusoidal, d_emb) * 0.1)\n"
            "        self.b = nn.Parameter(torch.randn(d_emb) * 0.1)",
        ),
        Edit(HIDDEN, "hidden = F.gelu(clocks @ self.a + self.b)"),
    ),
    _right("the second layer is made first", Edit(f"{FIRST}\n        {SECOND}", f"{SECOND}\n        {FIRST}")),
    _right(
        "the embedding by its own method, cosines first",
        Edit(
            CLOCKS,
            "clocks = sinusoidal_embedding(t, self.d_sinusoidal)\n"
            "        clocks = torch.cat([clocks[:, 1::2], clocks[:, 0::2]], dim=1)",
        ),
    ),
    _right(
        "GELU by hand",
        Edit(HIDDEN, "hidden = self.first(clocks)\n        hidden = hidden * (1 + torch.erf(hidden / 2**0.5)) / 2"),
    ),
    _right(
        "other start values",
        Edit(
            SECOND,
            SECOND + "\n        nn.init.normal_(self.first.weight, std=0.02)\n        nn.init.zeros_(self.first.bias)",
        ),
    ),
    _right(
        "both tables side by side",
        Edit(
            "directions = F.normalize(t_embed(sampled), dim=1)",
            "directions = F.normalize(t_embed(sampled), dim=1)\n"
            "plain = F.normalize(sinusoidal_embedding(sampled), dim=1)\nplt.imshow(plain @ plain.T)",
        ),
    ),
    _right(
        "cosine similarity pair by pair",
        Edit(SHOW, "plt.imshow(F.cosine_similarity(directions[:, None], directions[None], dim=-1), "),
    ),
)
