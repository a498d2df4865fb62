"""Decides what is asked of a text encoder, here and in the judge, to see what it answers to a prompt without new words.

"a photo of a painting" between the start and end marks, then words from all over the table, then padding: common words
take part in the students' own prompts, the others only move by weight decay.
"""

PLAIN_IDS = [49406, 320, 1125, 539, 320, 3086, *((7919 * i) % 49000 for i in range(1, 9)), *[49407] * 63]
