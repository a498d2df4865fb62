"""Which scene an address speaks of: `.../Cat03.jpg` of a cat, `.../Shoyu_ramen.jpg` of a bowl of noodles."""

from __future__ import annotations

import hashlib
import re

from assay.kit.world.scene import NAMES, NATURAL, SCENERY, Scene

# Words of file names beside the subjects' own.
_OTHER_NAMES = {
    "ferrari": "car", "automobile": "car", "ramen": "bowl of noodles", "noodles": "bowl of noodles",
    "labrador": "dog", "puppy": "dog", "kitten": "cat", "everest": "mountains", "mountain": "mountains",
    "landscape": "river", "park": "river", "rathaus": "house", "building": "house", "plane": "airplane",
    "boat": "ship", "sea": "ocean", "sky": "clouds", "flowers": "flower",
}  # fmt: skip


def scene_of(address: str) -> Scene | None:
    """The first subject that a word of the address names, by day in a natural colour; None when none does."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+", address.rsplit("://", 1)[-1].partition("/")[2])]
    for word in words:
        subject = _OTHER_NAMES.get(word, word)
        if subject in SCENERY:
            return Scene(subject, None, "photo", "day", False)
        if subject in NAMES:
            colours = NATURAL.get(subject, ("red",))
            chance = int.from_bytes(hashlib.sha256(address.encode()).digest()[:4], "big")
            return Scene(subject, colours[chance % len(colours)], "photo", "day")
    return None
