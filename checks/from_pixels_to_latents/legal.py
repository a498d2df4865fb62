"""Declares which generated changes of the reference are still correct solutions of the exercises."""

from assay.proof import Legal

LEGAL = (
    Legal(r"np\.linspace\((0, 1, 8|1, 0, 7)\)", "how many mixtures, and from which end, is the student's own choice"),
    Legal(r"^timestep = torch\.tensor\(\[50[01]\]", "any timestep will do at which there is noise"),
    Legal(r"truncation=", "a short prompt is cut nowhere"),
)
