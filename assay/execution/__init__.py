"""Runs notebooks in processes forked from a warm parent, watched from outside; leaves a Run, a folder of evidence."""
