"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal, Survivor

LEGAL = (
    Legal(r"^strengths = ", "which five strengths are tried is the student's own choice", exercise=1),
    Legal(r"^pipe\.scheduler\.set_timesteps", "how the points on the curve are drawn is not judged", exercise=1),
    Legal(
        r"-> z = alpha_bar\.sqrt\(\) \* z0 - \(1 - alpha_bar\)\.sqrt\(\) \* noise$",
        "unit noise with the other sign is unit noise",
        exercise=2,
    ),
    Legal(r"-> .* = Image\.new\('L', \(SIDE, SIDE\), 1\)$", "what is darker than half counts as black"),
    Legal(r"-> .*generous_mask\)\.rectangle\(\[0, 0, SIDE, 131\]", "any region will do that goes beyond the tight one"),
    Legal(r"^(num_steps|guidance_scale) = ", "the schedule's length and the guidance are the student's own choice"),
    Legal(
        r"-> .*num_inference_steps=\w+, generator=seeded\(\d+\)\)\.images\[0\]$",
        "how a picture is sampled is the student's own choice",
    ),
    Legal(r"seeded\(", "any seed will do that is the same for what is compared"),
    Legal(r"^sketch = |^pen\.", "what the sketch shows is the student's own choice", exercise=4),
    Legal(r"-> .*sky_mask\)\.rectangle.*fill=255\)$", "any region will do that is a part of the picture", exercise=4),
    Legal(r"-> .*tight_mask\)\.rectangle.*fill=255\)$", "any region will do within the generous one", exercise=3),
    Legal(r"^(del |free_memory)", "what is freed is not judged"),
    Legal(r"requires_grad_\(False\) -> .*requires_grad_\(True\)", "what is not trained need not be frozen"),
    Legal(r"truncation=", "a short prompt is cut nowhere"),
)
SURVIVORS = (
    Survivor(
        r"Normalize\(\[0\.5\], \[0\.5\]\).* -> .*\[0\.85\]\)\]\)$",
        "one picture of little contrast may be what the student's photo looks like",
        exercise=2,
    ),
)
