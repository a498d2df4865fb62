"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal, Survivor

LEGAL = (
    Legal(
        r"-> pixels = torch\.rand\(1, 3, \d+, \d+, device=device\) \* 2 - 1$", "any picture size will do", exercise=2
    ),
    Legal(r"-> pixels = torch\.rand\(.*\) / 2 - 1$", "a made-up picture may be a dark one", exercise=2),
    Legal(r"\blr=|learning_rate = ", "any learning rate that moves the row is the student's own choice"),
    Legal(r"^(num_training_steps|lora_training_steps|checkpoint_steps) = ", "lengths are the student's own choice"),
    Legal(r"manual_seed\(|\bseed=2[34]", "any seed will do that is the same for what is compared"),
    Legal(
        r"-> .*num_inference_steps=1[01], height=256, width=256, .*images\[0\]\)$",
        "how a picture is sampled is the student's own choice",
    ),
    Legal(
        r"Resize\(51[23]\).*CenterCrop\(51[23]\).*0\.5\], \[0\.5\].* -> .*0\.5\], \[0\.5\]", "any picture size will do"
    ),
    Legal(r"^(frozen|vae|unet)\.requires_grad_", "what no optimizer holds need not be frozen", exercise=3),
    Legal(r"torch\.randint\(0, .*\) -> .*torch\.randint\(1, ", "timestep 0 is one of a thousand"),
    Legal(
        r"^(checkpoints\[|if step|(lora_)?losses\.append|nearest = |save_file|learned_row)",
        "kept for the student's own plots",
    ),
    Legal(r"^(del |free_memory)", "what is freed is not judged"),
    Legal(r"cosine_similarity\(vectors", "a cosine is the same both ways"),
    Legal(r"LoraConfig\(r=", "rank and scale are the student's own choice"),
    Legal(
        r"requires_grad_\(False\) -> .*requires_grad_\(True\)", "what no optimizer holds need not be frozen", exercise=4
    ),
)
SURVIVORS = (
    Survivor(r"perf_counter\(\)", "a time cannot be recomputed; it stands in the table that a person reads"),
    Survivor(r"^lora_bytes = ", "a size in the table that a person reads with the written comparison", exercise=4),
)
