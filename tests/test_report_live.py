"""What `%check` shows in a notebook: every sentence with what it is, and why something that holds earned nothing."""

from __future__ import annotations

from assay.report.live import as_html


def criterion(state, score, **more):
    empty = dict.fromkeys(("seen", "misconception", "help", "hint"))
    said = {"id": "a", "claim": "It holds.", "kind": "automatic", "state": state, "visibility": "public"}
    return {**said, **empty, "score": score, "max_score": 1.0, **more}


def page(*criteria):
    exercise = {"number": 1, "title": "One", "state": "completed", "level": None, "reason": None, "score": 0.0,
                "max_score": 1.0, "pending": 0.0, "criteria": list(criteria)}  # fmt: skip
    return as_html({"lesson": "clip", "reason": None, "exercises": [exercise]}, [])


def test_what_was_seen_and_what_to_try_are_told_apart():
    shown = page(criterion("failed", 0.0, seen="two", misconception="three is two", help="Count.", hint="One."))
    for line in ("seen: two", "often: three is two", "try: Count.", "hint: One."):
        assert line in shown


def test_what_holds_says_no_more_unless_its_points_are_lost():
    assert "together" not in page(criterion("passed", 1.0, seen="counts only together with b"))
    assert "counts only together with b" in page(criterion("passed", 0.0, seen="counts only together with b"))
