"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal

LEGAL = (
    Legal(r"^(num_steps|guidance_scale) = ", "the schedule's length and the guidance are the student's own choice"),
    Legal(r"num_inference_steps=|guidance_scale=", "how a picture is sampled is the student's own choice"),
    Legal(r"seeded\(", "any seed will do that is the same for what is compared"),
    Legal(r"^sketch = |^pen\.", "what the sketch shows is the student's own choice", exercise=4),
    Legal(r"-> .*sky_mask\)\.rectangle.*fill=255\)$", "any region will do that is a part of the picture", exercise=4),
    Legal(r"-> .*tight_mask\)\.rectangle.*fill=255\)$", "any region will do within the generous one", exercise=3),
    Legal(r"^(values|by_hand) = ", "how decoded values become a picture to look at is not judged", exercise=2),
    Legal(r"^(del |free_memory)", "what is freed is not judged"),
    Legal(r"requires_grad_\(False\) -> .*requires_grad_\(True\)", "what is not trained need not be frozen"),
    Legal(r"truncation=", "a short prompt is cut nowhere"),
)
