"""Judges a Run after every process of the student is dead: reads evidence, runs the lesson's checks, gives outcomes."""
