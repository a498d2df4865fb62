"""Nothing of a submission steers a terminal or a page: what `plain`, `excerpt` and `settled` let through."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from report_samples import HOSTILE

from assay.report.escape import LINE_CHARACTERS, excerpt, one_line, plain, settled

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_harmless(text: str) -> bool:
    """No control but newline and tab, no bidi control, no surrogate."""
    kinds = {unicodedata.category(letter) for letter in text if letter not in "\n\t"}
    return not kinds & {"Cc", "Cs"} and not BIDI & set(text)


@given(st.text(st.characters(exclude_categories=[])))
def test_plain_lets_only_harmless_characters_through(text: str) -> None:
    assert is_harmless(plain(text))
    assert plain(plain(text)) == plain(text)
    plain(text).encode("utf-8")


def test_plain_keeps_what_people_write() -> None:
    text = "Ada Lovelace\n\tτ = 0,5 · 猫 · 👩‍🔬 [bold]not markup[/] a</w>"
    assert plain(text) == text


def test_plain_takes_whole_sequences_out() -> None:
    assert plain("\x1b[1;31mred\x1b[0m") == "red"
    assert plain("\x1b]0;owned\x07title") == "title"
    assert plain("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\") == "link"
    assert plain("\x9b2Jcleared\x1bPq#0\x1b\\") == "cleared"
    assert plain("\u202egnp.exe\u2069") == "gnp.exe"
    assert plain("half \ud83d pair \x00") == "half  pair "


def test_an_unterminated_sequence_costs_its_line_only() -> None:
    assert plain("\x1b]0;never closed\nnext line") == "\nnext line"


def test_one_line_is_one_line_of_limited_length() -> None:
    for text in HOSTILE:
        assert "\n" not in one_line(text + "\nsecond")
    assert len(one_line("word " * 1000, 50)) == 50


def test_settled_keeps_a_progress_bars_last_state() -> None:
    assert settled("0%\r50%\r100%\nnext\r\nlast\r") == "100%\nnext\nlast"


def test_an_excerpt_says_what_it_left_out() -> None:
    lines = excerpt("\n".join(f"line {i}" for i in range(1000))).split("\n")
    assert (len(lines), lines[0], lines[60], lines[-1]) == (81, "line 0", "… 920 lines left out …", "line 999")
    assert excerpt("\n".join("abc")) == "a\nb\nc"


def test_an_excerpt_cuts_a_line_without_end() -> None:
    assert len(excerpt("x" * 4_000_000)) < LINE_CHARACTERS + 60
