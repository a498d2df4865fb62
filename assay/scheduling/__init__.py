"""How many submissions run at once: bound by cores, by memory, and by GPUs."""
