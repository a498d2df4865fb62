"""Decides what is wrong with a published course notebook, from its text and from what executing it showed."""
