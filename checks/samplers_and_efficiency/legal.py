"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal

LEGAL = (
    Legal(r"seeded\(", "any seed will do that is the same for what is compared"),
    Legal(
        r"^(seconds|names|apart) = |\bbegan\b", "what is told of the times and differences is not judged", exercise=1
    ),
    Legal(r"^apart = ", "how the difference is measured is not judged", exercise=2),
)
