"""Decides how the draft of a lesson is made from a published notebook and from what was seen when it ran."""
