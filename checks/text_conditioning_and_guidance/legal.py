"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal

LEGAL = (
    Legal(
        r"^(H, W|n_spatial, d_model|T) = .* -> .*(\(5, 4\)|\(4, 5\)|\(H \* W, 33\)|T = 7)",
        "how many places, words and numbers there are is the student's own choice",
        exercise=1,
    ),
    Legal(r"bias=True", "a layer may add a bias", exercise=1),
    Legal(
        r"^(torch\.manual_seed\(42\)|noise_uncond = |text_direction = |noise_cond = )",
        "any two predictions will do: the length of what is made of them is computed anew",
        exercise=3,
    ),
    Legal(r"^test_scales = ", "at which scales the function is tried out first is the student's own choice"),
    Legal(
        r"np\.linspace\((20, 0, 100|0, 21, 100|0, 20, 101)\)$",
        "how many scales there are between 0 and 20, in which order, and what comes after, too",
    ),
    Legal(r"manual_seed\(12\)", "any seed will do that is the same for all scales", exercise=4),
    Legal(r"num_inference_steps=16", "how many steps all pictures are made with is the student's own choice"),
)
