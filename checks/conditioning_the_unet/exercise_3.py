"""Declares the mistakes and variants of exercise 3: adaptive group normalisation."""

from assay.proof import Edit, Mistake, Variant

GROUPS = "features-are-normalised-in-groups"
MODULATED = "the-timestep-scales-and-shifts-the-features"
PLAIN = "the-norm-has-no-scale-and-shift-of-its-own"

NEEDS = ("def sinusoidal_embedding(", "class TimestepEmbedding(")
NORM = "self.norm = nn.GroupNorm(num_groups, num_channels, affine=False)"
PROJ = "self.proj = nn.Linear(d_emb, 2 * num_channels)"
NORMALISED = "normalised = self.norm(x)"
SPLIT = "gamma, beta = self.proj(t_emb)[:, :, None, None].chunk(2, dim=1)"
RETURN = "return (1 + gamma) * normalised + beta"
CLASS = "class AdaGN(nn.Module):"
HEAD = "def __init__(self, num_channels, d_emb, num_groups=32):"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by), frozenset(undetermined or ()), NEEDS)


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits, NEEDS)


def _returned(text: str) -> Edit:
    return Edit(RETURN, f"return {text}")


def _norm(text: str) -> Edit:
    return Edit(NORM, f"self.norm = {text}")


MISTAKES = (
    _wrong("no 1 beside the scale", _returned("gamma * normalised + beta"), caught_by={MODULATED}),
    _wrong("the shift before the scale", _returned("(1 + gamma) * (normalised + beta)"), caught_by={MODULATED}),
    _wrong("no shift", _returned("(1 + gamma) * normalised"), caught_by={MODULATED}),
    _wrong("no scale", _returned("normalised + beta"), caught_by={MODULATED}),
    _wrong("normalised only", _returned("normalised"), caught_by={MODULATED}),
    _wrong(
        "the features come on top", _returned("(1 + gamma) * normalised + beta + normalised"), caught_by={MODULATED}
    ),
    _wrong(
        "the features as they are come on top",
        _returned("(1 + gamma) * normalised + beta + x"),
        caught_by={GROUPS, MODULATED},
    ),
    _wrong("one group", _norm("nn.GroupNorm(1, num_channels, affine=False)"), caught_by={GROUPS}),
    _wrong(
        "a group for each channel", _norm("nn.GroupNorm(num_channels, num_channels, affine=False)"), caught_by={GROUPS}
    ),
    _wrong(
        "32 groups whatever is asked for",
        _norm("nn.GroupNorm(32 if num_channels % 32 == 0 else 16, num_channels, affine=False)"),
        caught_by={GROUPS},
    ),
    _wrong(
        "a batch norm", _norm("nn.BatchNorm2d(num_channels, affine=False)"), caught_by={GROUPS}, undetermined={PLAIN}
    ),
    _wrong(
        "a batch norm of this very batch",
        _norm("nn.BatchNorm2d(num_channels, affine=False, track_running_stats=False)"),
        caught_by={GROUPS},
    ),
    _wrong("no normalisation", _norm("nn.Identity()"), caught_by={GROUPS}),
    _wrong(
        "a norm over channels",
        Edit(NORMALISED, "normalised = F.layer_norm(x.movedim(1, -1), (x.shape[1],)).movedim(-1, 1)"),
        caught_by={GROUPS, MODULATED},
    ),
    _wrong(
        "normalised after the modulation",
        Edit(NORMALISED, "normalised = x"),
        _returned("self.norm((1 + gamma) * normalised + beta)"),
        caught_by={GROUPS, MODULATED},
    ),
    _wrong(
        "divided by the spread, mean left in",
        Edit(NORMALISED, "normalised = x / x.std(dim=(1, 2, 3), keepdim=True)"),
        caught_by={GROUPS, MODULATED},
    ),
    _wrong(
        "one timestep for all samples",
        Edit(SPLIT, SPLIT.replace("(t_emb)", "(t_emb[:1].expand_as(t_emb))")),
        caught_by={MODULATED},
    ),
    _wrong(
        "the mean of all timesteps",
        Edit(SPLIT, SPLIT.replace("(t_emb)", "(t_emb.mean(dim=0, keepdim=True).expand_as(t_emb))")),
        caught_by={MODULATED},
    ),
    _wrong(
        "learned numbers in place of the timestep",
        Edit(PROJ, PROJ + "\n        self.fixed = nn.Parameter(torch.randn(2 * num_channels))"),
        Edit(SPLIT, "gamma, beta = self.fixed[None, :, None, None].expand(len(x), -1, -1, -1).chunk(2, dim=1)"),
        caught_by={GROUPS, MODULATED, PLAIN},
    ),
    _wrong(
        "no projection",
        Edit(PROJ, "pass"),
        Edit(SPLIT, "gamma, beta = t_emb[:, : 2 * x.shape[1], None, None].chunk(2, dim=1)"),
        caught_by={GROUPS, MODULATED, PLAIN},
    ),
    _wrong(
        "a projection to one number for each channel",
        Edit(PROJ, PROJ.replace("2 * ", "")),
        Edit(SPLIT, "gamma = beta = self.proj(t_emb)[:, :, None, None]"),
        caught_by={GROUPS, MODULATED},
    ),
    _wrong(
        "an activation behind the projection",
        Edit(SPLIT, SPLIT.replace("self.proj(t_emb)", "torch.tanh(self.proj(t_emb))")),
        caught_by={GROUPS, MODULATED},
    ),
    _wrong(
        "gamma and beta without room for the picture",
        Edit(SPLIT, SPLIT.replace("[:, :, None, None]", "")),
        caught_by={GROUPS, MODULATED},
        undetermined={PLAIN},
    ),
    _wrong(
        "scale and shift by rows of the picture",
        Edit(SPLIT, SPLIT.replace("[:, :, None, None]", "[:, :, None, None].roll(1, dims=0)")),
        caught_by={GROUPS, MODULATED},
    ),
    _wrong("nothing is returned", Edit(RETURN, "(1 + gamma) * normalised + beta"), caught_by={GROUPS, MODULATED}),
    _wrong("a scale and shift of the norm's own", _norm("nn.GroupNorm(num_groups, num_channels)"), caught_by={PLAIN}),
    _wrong(
        "the class has another name",
        Edit(CLASS, "class AdaptiveNorm(nn.Module):"),
        Edit("adagn = AdaGN(", "adagn = AdaptiveNorm("),
        caught_by={GROUPS, MODULATED, PLAIN},
    ),
)

VARIANTS = (
    _right("the shift comes first", Edit(SPLIT, SPLIT.replace("gamma, beta", "beta, gamma"))),
    _right(
        "scale and shift in turn",
        Edit(SPLIT, "both = self.proj(t_emb)[:, :, None, None]\n        gamma, beta = both[:, 0::2], both[:, 1::2]"),
    ),
    _right(
        "two layers",
        Edit(
            PROJ,
            "self.to_gamma = nn.Linear(d_emb, num_channels)\n        self.to_beta = nn.Linear(d_emb, num_channels)",
        ),
        Edit(SPLIT, "gamma, beta = self.to_gamma(t_emb)[:, :, None, None], self.to_beta(t_emb)[:, :, None, None]"),
    ),
    _right(
        "group norm by function",
        Edit(NORM, "self.num_groups = num_groups"),
        Edit(NORMALISED, "normalised = F.group_norm(x, self.num_groups)"),
    ),
    _right(
        "group norm by hand",
        Edit(NORM, "self.num_groups = num_groups"),
        Edit(
            NORMALISED,
            "parts = x.reshape(len(x), self.num_groups, -1)\n"
            "        parts = (parts - parts.mean(dim=2, keepdim=True)) / (parts.var(dim=2,"
            " keepdim=True, correction=0) + 1e-5).sqrt()\n"
            "        normalised = parts.reshape(x.shape)",
        ),
    ),
    _right("multiplied out", _returned("normalised + gamma * normalised + beta")),
    _right("by torch's fused product", _returned("torch.addcmul(normalised + beta, gamma, normalised)")),
    _right(
        "the projection is a 1x1 convolution",
        Edit(PROJ, "self.proj = nn.Conv2d(d_emb, 2 * num_channels, 1)"),
        Edit(SPLIT, "gamma, beta = self.proj(t_emb[:, :, None, None]).chunk(2, dim=1)"),
    ),
    _right(
        "a projection that starts at zero",
        Edit(PROJ, PROJ + "\n        nn.init.zeros_(self.proj.weight)\n        nn.init.zeros_(self.proj.bias)"),
    ),
    _right("no bias in the projection", Edit(PROJ, PROJ.replace("num_channels)", "num_channels, bias=False)"))),
    _right("split and reshaped", Edit(SPLIT, "gamma, beta = self.proj(t_emb).view(len(x), 2, -1, 1, 1).unbind(dim=1)")),
)
