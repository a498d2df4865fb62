"""Numbers in printed text are what a reader reads: with thousands, with decimals, to the digits that are shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from assay.judging.observations.printed import Stated, stated_numbers


def stated(text, *variables):
    return stated_numbers(SimpleNamespace(numbers=list(variables)), text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("797,184 numbers", 797184),
        ("rank 4: 7,168", 7168),
        ("{4: 7168, 8: 14336}", 14336),
        ("0.371% of it", 0.3709901),
        ("share 1.25e-03", 0.00125),
        ("(-3.50)", -3.5),
    ],
)
def test_a_number_is_found_in_text(text, number):
    assert any(one.says(number) for one in stated(text))


@pytest.mark.parametrize(
    ("text", "number"), [("0.4%", 0.371), ("0.0", 0.001), ("7,168", 7169), ("unet2 to_out.0", 2), ("0.3%", 0.371)]
)
def test_too_few_digits_and_parts_of_names_say_nothing(text, number):
    assert not any(one.says(number) for one in stated(text))


def test_variables_count_to_the_digits_of_float32():
    assert any(one.says(1 / 3) for one in stated("", 0.33333334))
    assert not any(one.says(1 / 3) for one in stated("", 0.3334, float("nan"), float("inf")))
    assert not Stated(0.0, 0.0).says(1e-9)


@pytest.mark.parametrize("text", ["about 335 times", "~335x", "≈ 335", "roughly: 335", "335 times (rounded up)"])
def test_a_number_may_be_called_rounded(text):
    assert [one.value for one in stated(text) if one.rounded] == [335]


@pytest.mark.parametrize("text", ["335.0 times", "about pictures: 335", "a round number is 335", "rounded\n335"])
def test_a_number_is_not_rounded_because_of_words_elsewhere(text):
    assert not any(one.rounded for one in stated(text))
