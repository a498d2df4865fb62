"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal, Survivor

LEGAL = (
    Legal(r"dim=-1\)\.flatten\(1\) -> .*dim=(1|-2)\)\.flatten\(1\)", "the order of the columns is a convention"),
    Legal(r"cosine_similarity\(vectors\[", "a cosine is the same both ways", exercise=1),
    Legal(r"^unrelated = ", "what has nothing to do with timesteps is random anyway", exercise=1),
    Legal(r"^sampled = ", "which timesteps are compared is the student's own choice", exercise=2),
    Legal(r"^(features|early, late) = ", "on which features and timesteps it is tried out first", exercise=3),
    Legal(r"^T = 100[01]|linspace\(0\.0001, 0\.13, T\)", "any schedule will do whose noise grows to nearly everything"),
    Legal(r"^batches = ", "how digits are put into batches is the student's own choice, the same for both networks"),
    Legal(r"^N_EPOCHS = |^width = ", "how long and how wide is the student's own choice, the same for both networks"),
    Legal(r"^narrow = .* - offset", "the sign of what a layer learns to add is the layer's own"),
    Legal(r"mse_loss\(eps, model", "a squared error is the same both ways"),
)
SURVIVORS = (
    Survivor(r"d_emb=257\)", "the judge gives every size, because not every solution has defaults"),
    Survivor(
        r"Normalize\(0\.5, 0\.85\)", "paler digits are noised by the same formula, and MNIST's own spread is in use"
    ),
    Survivor(r"train=False", "any digits show how a network learns; that the test set is for testing is not judged"),
    Survivor(r"^return sum\(losses\)", "losses are for the student's own plot; which of them is drawn is not judged"),
    Survivor(
        r"^self\.time = nn\.Sequential|t\.float\(\)\[:, None\] \* T", "how UNetSimple hears the timestep is handed out"
    ),
)
