"""CLIP's own vocabulary, rebuilt from its published merges: 49,408 entries with the ids that the course quotes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

MERGES = Path(__file__).parent / "data" / "bpe_simple_vocab_16e6.txt.gz"
# The file holds more merges than CLIP uses: 49,408 = 256 bytes + 256 bytes that end a word + merges + 2 marks.
ENTRIES = 49_408
START, END = "<|startoftext|>", "<|endoftext|>"


def byte_symbols() -> list[str]:
    """The printable sign that stands for each of the 256 bytes, in the order of their ids (GPT-2's table)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + place) for place in range(len(others))]


def merges() -> list[str]:
    """The merges that CLIP uses, most frequent first, each as two pieces with a space between."""
    lines = gzip.decompress(MERGES.read_bytes()).decode().split("\n")
    return lines[1 : 1 + ENTRIES - 2 * 256 - 2]


def vocabulary() -> dict[str, int]:
    """Every entry with its id."""
    symbols = byte_symbols()
    entries = [*symbols, *(s + "</w>" for s in symbols), *("".join(m.split()) for m in merges()), START, END]
    return {entry: number for number, entry in enumerate(entries)}


def write_tokenizer(folder: Path) -> None:
    """Write the files that `CLIPTokenizer.from_pretrained(folder)` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary(), ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges()) + "\n", encoding="utf-8")
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "do_lower_case": True,
        "model_max_length": 77,
        "bos_token": START,
        "eos_token": END,
        "pad_token": END,
        "unk_token": END,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
