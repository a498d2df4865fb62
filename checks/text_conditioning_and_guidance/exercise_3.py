"""Declares the mistakes and variants of exercise 3: classifier-free guidance on two predictions."""

from assay.proof import Edit, Mistake, Variant

AMPLIFIES = "guidance-amplifies-the-text-direction"
ENDS = "scale-0-ignores-the-text-and-scale-1-adds-nothing"
CURVE = "the-curve-shows-the-length-of-the-guided-prediction"

DIRECTION = "direction = noise_cond - noise_uncond"
GUIDED = "guided = noise_uncond + guidance_scale * direction"
RETURN = "return guided\n"
LENGTH = "norms.append(guided.norm().item())"
SCALES = "guidance_scales = np.linspace(0, 20, 100)"
APPLY = "guided = apply_cfg(noise_uncond, noise_cond, w)"
PLOT = "axis.plot(guidance_scales, norms)"
HEAD = "def apply_cfg(noise_uncond, noise_cond, guidance_scale):"


def _wrong(name: str, *edits: Edit, caught_by: set[str], undetermined: set[str] | None = None) -> Mistake:
    return Mistake(name, 3, edits, frozenset(caught_by), frozenset(undetermined or ()))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 3, edits)


def _formula(text: str) -> Edit:
    return Edit(GUIDED, f"guided = {text}")


MISTAKES = (
    _wrong(
        "from the prediction with text",
        _formula("noise_cond + guidance_scale * direction"),
        caught_by={AMPLIFIES, ENDS},
    ),
    _wrong("the predictions swapped", _formula("noise_cond - guidance_scale * direction"), caught_by={AMPLIFIES, ENDS}),
    _wrong("the difference alone", _formula("guidance_scale * direction"), caught_by={AMPLIFIES, ENDS}),
    _wrong(
        "the scale cut off at 1", _formula("noise_uncond + min(guidance_scale, 1) * direction"), caught_by={AMPLIFIES}
    ),
    _wrong("the text added whole", _formula("noise_uncond + guidance_scale * noise_cond"), caught_by={AMPLIFIES, ENDS}),
    _wrong(
        "the scale is not used", _formula("noise_uncond + direction"), caught_by={AMPLIFIES, ENDS}, undetermined={CURVE}
    ),
    _wrong(
        "the scale squared",
        _formula("noise_uncond + guidance_scale**2 * direction"),
        caught_by={AMPLIFIES},
        undetermined={CURVE},
    ),
    _wrong(
        "the scale as a whole number",
        _formula("noise_uncond + int(guidance_scale) * direction"),
        caught_by={AMPLIFIES},
        undetermined={CURVE},
    ),
    _wrong(
        "half of the way",
        _formula("noise_uncond + guidance_scale / 2 * direction"),
        caught_by={AMPLIFIES, ENDS},
        undetermined={CURVE},
    ),
    _wrong(
        "the scale counted from 1",
        _formula("noise_cond + (guidance_scale + 1) * direction"),
        caught_by={AMPLIFIES, ENDS},
        undetermined={CURVE},
    ),
    _wrong(
        "the direction made one long",
        _formula("noise_uncond + guidance_scale * direction / direction.norm()"),
        caught_by={AMPLIFIES, ENDS},
        undetermined={CURVE},
    ),
    _wrong(
        "the result clamped",
        _formula("(noise_uncond + guidance_scale * direction).clamp(-1, 1)"),
        caught_by={AMPLIFIES, ENDS},
        undetermined={CURVE},
    ),
    _wrong(
        "the result flattened",
        _formula("(noise_uncond + guidance_scale * direction).flatten()"),
        caught_by={AMPLIFIES, ENDS},
    ),
    _wrong(
        "only the first of a batch",
        _formula("noise_uncond[:1] + guidance_scale * direction[:1]"),
        caught_by={AMPLIFIES, ENDS},
        undetermined={CURVE},
    ),
    _wrong("nothing is returned", Edit(RETURN, "\n"), caught_by={AMPLIFIES, ENDS, CURVE}),
    _wrong(
        "the function has another name",
        Edit(HEAD, HEAD.replace("apply_cfg", "guide") + "\n    pass\n\n\n" + HEAD.replace("apply_cfg", "apply_cfg_")),
        caught_by={AMPLIFIES, ENDS, CURVE},
    ),
    _wrong(
        "the first prediction is changed in place",
        Edit(GUIDED, "noise_uncond += guidance_scale * direction\n    guided = noise_uncond"),
        caught_by={CURVE},
    ),
    _wrong("squared lengths", Edit(LENGTH, "norms.append((guided**2).sum().item())"), caught_by={CURVE}),
    _wrong("sums of absolute values", Edit(LENGTH, "norms.append(guided.abs().sum().item())"), caught_by={CURVE}),
    _wrong("mean squares", Edit(LENGTH, "norms.append(guided.square().mean().sqrt().item())"), caught_by={CURVE}),
    _wrong("the largest number", Edit(LENGTH, "norms.append(guided.abs().max().item())"), caught_by={CURVE}),
    _wrong(
        "the length of what was added",
        Edit(LENGTH, "norms.append((guided - noise_uncond).norm().item())"),
        caught_by={CURVE},
    ),
    _wrong(
        "the length of the prediction with text",
        Edit(LENGTH, "norms.append(noise_cond.norm().item())"),
        caught_by={CURVE},
    ),
    _wrong(
        "the predictions handed over swapped",
        Edit(APPLY, APPLY.replace("noise_uncond, noise_cond", "noise_cond, noise_uncond")),
        caught_by={CURVE},
    ),
    _wrong("the curve ends early", Edit(SCALES, SCALES.replace("20", "10")), caught_by={CURVE}),
    _wrong(
        "five points are no curve", Edit(SCALES, "guidance_scales = np.array([0, 1, 3, 7.5, 20])"), caught_by={CURVE}
    ),
    _wrong("the curve is not drawn", Edit(PLOT, "print(norms)"), caught_by={CURVE}),
    _wrong("the axes are swapped", Edit(PLOT, "axis.plot(norms, guidance_scales)"), caught_by={CURVE}),
)

VARIANTS = (
    _right("a weighted mean", _formula("(1 - guidance_scale) * noise_uncond + guidance_scale * noise_cond")),
    _right(
        "torch's interpolation",
        _formula("torch.lerp(noise_uncond, noise_cond, guidance_scale)"),
        Edit(APPLY, APPLY.replace(", w)", ", float(w))")),
    ),
    _right("from the prediction with text, one step less", _formula("noise_cond + (guidance_scale - 1) * direction")),
    _right(
        "the direction in one expression",
        Edit(DIRECTION, "pass"),
        _formula("torch.add(noise_uncond, noise_cond - noise_uncond, alpha=float(guidance_scale))"),
    ),
    _right(
        "the parameters have other names",
        Edit(HEAD, "def apply_cfg(without_text, with_text, w):"),
        Edit(DIRECTION, "direction = with_text - without_text"),
        _formula("without_text + w * direction"),
    ),
    _right("the length by hand", Edit(LENGTH, "norms.append((guided**2).sum().sqrt().item())")),
    _right(
        "lengths as tensors, from torch's scales",
        Edit(SCALES, "guidance_scales = torch.linspace(0, 20, 200)"),
        Edit(LENGTH, "norms.append(torch.linalg.vector_norm(guided))"),
    ),
    _right("numpy's length", Edit(LENGTH, "norms.append(np.linalg.norm(guided.numpy()))")),
    _right("the curve by pyplot", Edit(PLOT, 'plt.plot(guidance_scales, norms, "o-", label="length")\nplt.legend()')),
    _right("the curve as points", Edit(PLOT, "axis.scatter(guidance_scales, norms)")),
    _right(
        "all scales at once",
        Edit(APPLY, "pass"),
        Edit(LENGTH, "pass"),
        Edit(
            PLOT,
            "many = apply_cfg(noise_uncond, noise_cond, torch.linspace(0, 20, 100)[:, None])\n"
            "axis.plot(torch.linspace(0, 20, 100), many.norm(dim=1))",
        ),
    ),
)
