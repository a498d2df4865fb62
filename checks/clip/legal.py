"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal, Survivor

LEGAL = (
    Legal(r"^(image|text)_embeddings = ", "any vectors will do: others take their place when they are judged"),
    Legal(r"^temperature = ", "any temperature will do that divides the similarities"),
    Legal(r"^heatmap\(.* -> pass$", "whether a table of similarities is drawn as well is not judged"),
    Legal(r"^addresses = ", "which pictures are looked at is the student's own choice"),
    Legal(r"^(n_test|batch_size) = |range\(1, n_test", "how many pictures are classified, and how many at a time, too"),
    Legal(
        r"^own = .*zip\(all_labels, all_predictions\)",
        "the right ones may be counted among a class's pictures or among those that were taken for it",
    ),
)
SURVIVORS = (
    Survivor(
        r"train=True",
        "the training set's pictures are as unknown to the model; that the test set is asked for is not judged",
    ),
)
