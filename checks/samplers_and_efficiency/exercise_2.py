"""Declares the mistakes and variants of exercise 2: which sampler throws dice."""

from assay.proof import Edit, Mistake, Variant

THREE = "each-sampler-ran-three-times"
DDIM = "ddim-gives-one-picture-for-one-start"
DDPM = "ddpm-gives-another-picture-each-time"

RUNS = "for run in range(3):\n    "
STEADY = "picture = sample(DDIMScheduler, 50, prompt, seeded(21))"
RANDOM = "picture = sample(DDPMScheduler, 50, prompt, generator)"
MADE = "generator = seeded(21)\n"
START = "start = torch.randn((1, 4, SIDE // 8, SIDE // 8), generator=seeded(21), device=device)\n"


def _wrong(name: str, *edits: Edit, caught_by: set[str]) -> Mistake:
    return Mistake(name, 2, edits, frozenset(caught_by))


def _right(name: str, *edits: Edit) -> Variant:
    return Variant(name, 2, edits)


MISTAKES: tuple[Mistake, ...] = (
    _wrong(
        "DDIM runs twice",
        Edit(RUNS + STEADY, RUNS.replace("3", "2") + STEADY),
        caught_by={THREE},
    ),
    _wrong(
        "another prompt for each run", Edit(RANDOM, RANDOM.replace("prompt", "f'{prompt}, {run}'")), caught_by={THREE}
    ),
    _wrong("another number of steps for each run", Edit(RANDOM, RANDOM.replace("50", "50 + run")), caught_by={THREE}),
    _wrong("another seed for each run of DDIM", Edit(STEADY, STEADY.replace("21", "21 + run")), caught_by={DDIM}),
    _wrong(
        "one generator for all runs of DDIM",
        Edit(RUNS + STEADY, "generator = seeded(21)\n" + RUNS + STEADY.replace("seeded(21)", "generator")),
        caught_by={DDIM},
    ),
    _wrong(
        "DDIM with noise of its own",
        Edit(RUNS + STEADY, START + RUNS + STEADY.replace("seeded(21)", "None, eta=1.0, latents=start.clone()")),
        caught_by={DDIM},
    ),
    _wrong("DDPM's generator is set back", Edit(RANDOM, RANDOM.replace("generator", "seeded(21)")), caught_by={DDPM}),
    _wrong(
        "the scheduler is not replaced",
        Edit(RANDOM, RANDOM.replace("DDPMScheduler", "DDIMScheduler")),
        caught_by={THREE, DDIM, DDPM},
    ),
)

VARIANTS: tuple[Variant, ...] = (
    _right("five runs of DDPM", Edit(RUNS + RANDOM, RUNS.replace("3", "5") + RANDOM)),
    _right("another seed for each run of DDPM", Edit(RANDOM, RANDOM.replace("generator", "seeded(100 + run)"))),
    _right(
        "one start for all runs, whose noise differs on the way",
        Edit(MADE, START),
        Edit(RANDOM, RANDOM.replace("generator", "seeded(run), latents=start.clone()")),
    ),
    _right(
        "DDIM is handed the start latents",
        Edit(RUNS + STEADY, START + RUNS + STEADY.replace("seeded(21)", "None, latents=start.clone()")),
    ),
)
