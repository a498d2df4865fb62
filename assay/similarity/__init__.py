"""Decides which submissions resemble each other in what their authors wrote themselves, for a person to judge.

Nothing here is a score or a verdict: two honest solutions of a small exercise can be close, and only a person who reads
both sides can tell.
"""

from assay.similarity.page import write_similarity_page
from assay.similarity.pairs import Match, Pair, Side, similar_pairs

__all__ = ["Match", "Pair", "Side", "similar_pairs", "write_similarity_page"]
