"""Samplers: one model predicts the noise, and what is done with the prediction decides about steps, time and chance."""

import itertools

import torch

from assay import Failure
from assay.claims import require_reference_transitions, require_steps_of_schedule, require_unchanged
from assay.tensors import is_constant

DDPM, DDIM, SOLVER = "DDPMScheduler", "DDIMScheduler", "DPMSolverMultistepScheduler"
# DDPM's own thousand, or a few less: a schedule that counts from 1 has no step 1000 in its table
STEPS = {DDPM: range(900, 1001), DDIM: range(50, 51), SOLVER: range(20, 21)}
COUNTS = (5, 10, 20, 50, 100, 200)  # what exercise 3 asks for
WATCHED = 10  # what exercise 4 asks for
LATENTS = 1e-4  # relative: dividing by the scaling factor and multiplying again rounds by 1e-7

# Exercise 1: the same model under three samplers ----------------------------------------------------------------------


def check_each_sampler_ran_its_steps(loops):
    """DDPM ran about a thousand steps, DDIM fifty, and DPM-Solver twenty, each down its own schedule."""
    for sampler, wanted in STEPS.items():
        ran = [loop.told["steps"] for loop in _of(loops, sampler)]
        if not any(steps in wanted for steps in ran):
            raise Failure(
                f"{sampler} ran {_listed(ran) if ran else 'no'} steps, not {wanted.start}",
                misconception="the number of steps is the model's; it is the sampler's, which decides how far one "
                "prediction carries",
                help="Which scheduler does the pipeline hold at each call, and how many steps is it asked for?",
            )
    for loop in _compared(loops):
        require_steps_of_schedule(loop)


def check_all_samplers_begin_from_the_same_noise(loops):
    """All three samplers begin from the same start noise, bit for bit."""
    _require_one_start(_compared(loops))


def check_nothing_but_the_sampler_differs(loops):
    """Prompt, guidance and size are the same under every sampler."""
    _require_alike(_compared(loops), but=("num_inference_steps",))


def check_the_same_weights_drew_all(work):
    """CLIP transformer, U-Net and VAE have the bits that they were loaded with: no sampler needs another training."""
    require_unchanged(work, "text_encoder", "unet", "vae")


# Exercise 2: chance ---------------------------------------------------------------------------------------------------


def check_each_sampler_ran_three_times(loops):
    """DDIM and DDPM each drew the same prompt three times, in the same number of steps."""
    for sampler in (DDIM, DDPM):
        ran = _of(loops, sampler)
        if len(ran) < 3:
            raise Failure(
                f"{sampler} ran {len(ran)} times, not three times",
                misconception="one picture shows what a sampler draws; whether it would draw it again shows only when "
                "it is asked again",
                help="How often does the loop over the runs call the pipeline, and with which scheduler?",
            )
        _require_alike(ran, but=())


def check_ddim_gives_one_picture_for_one_start(loops):
    """From the same start noise DDIM leads to the same latents each time, bit for bit."""
    runs = _several(loops, DDIM)
    _require_one_start(runs)
    if not all(torch.equal(loop.final, runs[0].final) for loop in runs):
        raise Failure(
            f"{len(runs)} runs of DDIM from the same noise led to different latents",
            misconception="every sampler draws noise as it walks; DDIM draws none once eta is 0, and its start "
            "decides about all the rest",
            help="Which argument of the call lets chance into DDIM's steps?",
        )


def check_ddpm_gives_another_picture_each_time(loops):
    """DDPM leads to other latents each time, because it draws fresh noise at its steps."""
    runs = _several(loops, DDPM)
    alike = [(a, b) for a, b in itertools.combinations(runs, 2) if torch.equal(a.final, b.final)]
    if alike:
        raise Failure(
            f"of {len(runs)} runs of DDPM, {len(alike)} pairs led to the same latents",
            misconception="DDPM draws other pictures from the same seed; a generator that is set back draws the noise "
            "of its steps once more as well",
            help="Where is the generator made, and from where does the second run go on with it?",
        )


# Exercise 3: how many steps are enough --------------------------------------------------------------------------------


def check_the_solver_drew_a_picture_at_each_count(loops):
    """DPM-Solver drew a picture in 5, 10, 20, 50, 100 and 200 steps, each time down its whole schedule."""
    ran = {loop.told["steps"]: loop for loop in _of(loops, SOLVER)}
    missing = [count for count in COUNTS if count not in ran]
    if missing:
        raise Failure(
            f"DPM-Solver drew pictures in {_listed(ran) if ran else 'no'} steps; {_listed(missing)} are missing",
            misconception="a pipeline takes the number of steps from its scheduler; it takes it from the call, and "
            "fifty where it is told nothing",
            help="Hand the count of this turn of the loop to the pipeline, after its scheduler was replaced.",
        )
    for count in COUNTS:
        require_steps_of_schedule(ran[count])


def check_all_counts_begin_from_the_same_noise(loops):
    """Every picture of the row begins from the same start noise, bit for bit."""
    _require_one_start(_several(loops, SOLVER))


def check_nothing_but_the_count_differs(loops):
    """Prompt, guidance and size are the same at every number of steps."""
    _require_alike(_several(loops, SOLVER), but=("num_inference_steps",))


def check_the_time_was_drawn_against_the_steps(work):
    """A curve shows the time that each picture took over its number of steps."""
    wanted = torch.tensor(COUNTS, dtype=torch.float64)
    ordered = [(x.double().sort().values, y.double()[x.argsort()]) for x, y in work.curves]
    curves = [y for x, y in ordered if x.shape == wanted.shape and torch.equal(x, wanted)]
    times = [y for y in curves if bool((y > 0).all()) and float(y[-1]) > float(y[0])]
    if not times:
        raise Failure(
            f"none of {len(work.curves)} curves has the numbers of steps along x and times that grow along y",
            misconception="a plot of the times alone has their places 0 to 5 along x, and shows no line where there is "
            "one",
            help="Hand both lists to the plot, the numbers of steps first, once every picture has its time.",
        )


# Exercise 4: the latents on the way -----------------------------------------------------------------------------------


def check_both_samplers_walk_ten_steps(loops):
    """DDIM and DDPM both walk down a schedule of ten steps."""
    for loop in _walks(loops):
        require_steps_of_schedule(loop)


def check_both_walks_begin_from_the_same_noise(loops):
    """Both walks begin from the same start noise and ask for the same."""
    walks = _walks(loops)
    _require_one_start(walks)
    _require_alike(walks, but=())


def check_ddims_steps_are_the_schedulers(loops):
    """Every step of DDIM leads where its scheduler leads."""
    require_reference_transitions(_walks(loops)[0])


def check_every_latent_of_ddim_was_decoded(loops, latents):
    """The latents after each step of DDIM were decoded, each as it was then."""
    _require_decoded(_walks(loops)[0], latents.decoded)


def check_every_latent_of_ddpm_was_decoded(loops, latents):
    """The latents after each step of DDPM were decoded, each as it was then."""
    _require_decoded(_walks(loops)[1], latents.decoded)


def check_the_decoder_gets_unscaled_latents(loops, latents):
    """Latents are divided by the scaling factor before they are decoded."""
    on_the_way = [one for loop in _walks(loops) for one in _passed(loop)]
    factor = next(loop.decoded.scaling_factor for loop in _walks(loops) if loop.decoded is not None)
    right = sum(any(_is(decoded, one) for one in on_the_way) for decoded in latents.decoded)
    wrong = sum(any(_is(decoded, one * factor) for one in on_the_way) for decoded in latents.decoded)
    if wrong or not right:
        raise Failure(
            f"of {len(latents.decoded)} latents that were decoded, {right} lay on the decoder's scale and {wrong} were "
            f"{factor:g} times as large",
            misconception="latents are on one scale throughout; the U-Net's are multiplied by the scaling factor, and "
            "the decoder knows them without it",
            help="What does the pipeline do with its last latents before it hands them to its VAE?",
        )


def _of(loops, sampler):
    """The loops of one class of scheduler that was told its steps, from a start that holds noise."""
    return [loop for loop in loops if _cls(loop) == sampler and _is_noise(loop.steps[0].sample)]


def _cls(loop):
    return loop.told["cls"] if loop.told is not None else None


def _is_noise(latents):
    """Whether these are numbers that differ from place to place."""
    return bool(torch.isfinite(latents).all()) and not is_constant(latents)


def _compared(loops):
    """One loop of each sampler, the last that ran the steps asked for."""
    fitting = {
        sampler: [one for one in _of(loops, sampler) if one.told["steps"] in STEPS[sampler]] for sampler in STEPS
    }
    missing = [sampler for sampler, found in fitting.items() if not found]
    if missing:
        raise Failure(f"there is no picture of {_listed(missing)} to compare", help="Draw one with each of the three.")
    return [found[-1] for found in fitting.values()]


def _several(loops, sampler):
    runs = [loop for loop in _of(loops, sampler) if loop.final is not None and _is_noise(loop.final)]
    if len(runs) < 2:
        raise Failure(f"{sampler} drew {len(runs)} pictures, too few to compare", help="Call the pipeline in the loop.")
    return runs


def _walks(loops):
    """The last loop of ten steps of DDIM, and that of DDPM."""
    found = [[one for one in _of(loops, sampler) if one.told["steps"] == WATCHED] for sampler in (DDIM, DDPM)]
    if not all(found):
        ran = [f"{loop.told['cls']} with {loop.told['steps']}" for loop in loops if loop.told is not None]
        raise Failure(
            f"what ran is {_listed(ran) or 'nothing that was told its steps'}; wanted is DDIM and DDPM with {WATCHED}",
            misconception="a sampler walks as many steps as it was trained on; it walks as many as it is told, well or "
            "not",
            help="Draw once with each scheduler, and ask for ten steps both times.",
        )
    return [walks[-1] for walks in found]


def _require_one_start(loops):
    first, *others = [loop.steps[0].sample for loop in loops]
    off = [one for one in others if one.shape != first.shape or not torch.equal(one, first)]
    if off:
        raise Failure(
            f"{len(off)} of {len(others)} runs began from other noise than the first",
            misconception="a generator goes on where it stopped: made once before the loop, it gives each call other "
            "noise, and the pictures then differ by chance",
            help="Make the generator anew, with the same seed, for every call.",
        )


def _require_alike(loops, but):
    """Fail when prompt, number of steps, guidance or size differ between the loops, `but` for some arguments."""
    settings = [
        {"prompt": loop.prompt, "num_inference_steps": loop.told["steps"], "size": tuple(loop.steps[0].sample.shape)}
        | {"guidance_scale": loop.argument("guidance_scale", None)}
        for loop in loops
    ]
    differing = [name for name in settings[0] if name not in but and len({one[name] for one in settings}) > 1]
    if differing:
        raise Failure(
            f"the runs differ in {_listed(differing)}",
            misconception="what is compared is seen all the same; of two things that differ, nobody can tell which it "
            "was",
            help="Change one thing at a time, and keep everything else in variables outside the loop.",
        )


def _passed(loop):
    """The latents after each step, (4, h, w); those after the last step where they are known."""
    after = [step.sample for step in loop.steps[1:]]
    return after if loop.final is None else [*after, loop.final]


def _require_decoded(loop, decoded):
    factor = loop.decoded.scaling_factor if loop.decoded is not None else 1.0
    wanted = _passed(loop)
    # on which scale they are decoded is another criterion's question
    missing = [n for n, z in enumerate(wanted, 1) if not any(_is(one, z) or _is(one, z * factor) for one in decoded)]
    if missing:
        raise Failure(
            f"of the latents after {len(wanted)} steps of {loop.told['cls']}, {len(missing)} were not decoded; the "
            f"first is that after step {missing[0]} ({len(decoded)} latents were decoded)",
            misconception="a list of the latents holds what each was; one that is not copied is a name for the same "
            "numbers, which the next step may overwrite",
            help="Compare the first and the last entry of your list: are they different?",
        )


def _is(decoded, latents):
    """Whether the decoder got these latents; both on the scale of diffusion."""
    if decoded.shape != latents.shape or not _is_noise(latents):
        return False
    return float((decoded - latents).norm()) <= LATENTS * float(latents.norm())


def _listed(items):
    return ", ".join(map(str, items))
