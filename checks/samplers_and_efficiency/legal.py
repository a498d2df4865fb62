"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal, Survivor

LEGAL = (
    Legal(r"sampler, steps, prompt, seeded\(", "any seed will do that is the same for what is compared", exercise=1),
    Legal(r"\bbegan\b|seconds\.append", "what is told of the times is not judged", exercise=1),
    Legal(r"^apart = ", "how the difference is measured is not judged", exercise=2),
    Legal(r"seeded\(21\)", "any seed will do for all runs of one sampler", exercise=2),
    Legal(r"-> for run in range\(4\):$", "more than three runs show the same", exercise=2),
    Legal(r"-> picture = sample\(DDPMScheduler, 51, ", "how many steps are walked is the student's choice", exercise=2),
    Legal(r"prompt, seeded\(13\)\) -> .*seeded\(14\)", "any seed will do that is the same for all", exercise=3),
)
SURVIVORS = (
    Survivor(
        r"^(repeated|by_count|varied|drawn)\.append\(.* -> pass$",
        "pictures of this size in figures are not recorded, so that a person sees whether they are shown",
    ),
)
