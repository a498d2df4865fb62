"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal, Survivor

LEGAL = (
    Legal(r"^ranks = ", "which ranks are compared is the student's own choice", exercise=1),
    Legal(r"LoraConfig\(r=", "rank and scale are the student's own choice"),
    Legal(r"\blr=", "any learning rate that moves the adapter is the student's own choice"),
    Legal(r"^(num|second)_steps = ", "lengths are the student's own choice"),
    Legal(r"-> made_up = torch\.rand\(1, 3, \d+, \d+, device=device\) \* 2 - 1$", "any picture size will do"),
    Legal(r"-> made_up = torch\.rand\(1, 3, 512, 512, device=device\) / 2 - 1$", "a made-up picture may be a dark one"),
    Legal(r"-> when = torch\.tensor\(\[\d+\], device=device\)$", "any timestep of the schedule will do", exercise=2),
    Legal(r"torch\.randint\(0, .*\) -> .*torch\.randint\(1, ", "timestep 0 is one of a thousand"),
    Legal(
        r"Resize\(51[23]\).*CenterCrop\(51[23]\).*0\.5\], \[0\.5\].* -> .*0\.5\], \[0\.5\]", "any picture size will do"
    ),
    Legal(r"^history\.append", "kept for the student's own plot"),
    Legal(
        r"^(save_adapter\(style_unet|StableDiffusionPipeline\.save_lora_weights).* -> pass",
        "exercise 3 asks for the trained adapter, not for its file",
        exercise=3,
    ),
    Legal(r"^style_unet\.(un)?merge_adapter\(\) -> pass", "an adapter draws the same merged and beside the weights"),
    Legal(r"^def draw\(pipeline, prompt, seed=", "any seed will do that is the same for what is compared"),
    Legal(
        r"-> .*num_inference_steps=1[01], height=256, width=256, .*images\[0\]$",
        "how a picture is sampled is the student's own choice",
    ),
    Legal(r"^second_set = ", "which pictures the second adapter learns from is the student's own choice"),
    Legal(
        r"-> .*adapter_weights=\[1\.6\]\)$|^for weights in ",
        "with which weight an adapter draws is the student's own choice",
    ),
    Legal(r"^(del |tidy)", "what is freed is not judged"),
)
SURVIVORS = (
    Survivor(r"^projected = ", "a number that the reference shows beside those that the exercise asks for", exercise=1),
)
