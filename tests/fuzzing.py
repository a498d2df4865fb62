"""How long the tests with random inputs look: some seconds, or as long as `ASSAY_FUZZ` (examples of each) says."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("ASSAY_FUZZ", "60"))
# No deadline: the machine may be busy, and a hang ends the whole run's patience anyway.
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PIECES = (
    "<script>", "</style>", "<!--", "]]>", "&lt;", '"', "'", "`", "javascript:", "=1+1", "+cmd|' /C'!A0", "@x", "-1",
    "\r", "\n", "\x1b[2J", "\x1b]0;t\x07", "\x9b31m", "\x90q\x9c", "\u202e", "\u2066", "\u200f", "\ufeff", "\u2028",
    "\x00", "\ud800", "\udfff", "\u0301" * 50, "[bold]", "{{7*7}}", "::set-output name=x::", "%s", "{0}", "\\u003c",
    "..", "/", "\\", "9" * 400, "x" * 5000, "con", "nul", "",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(st.characters(), max_size=20), max_size=6).map("".join)
"""Text as somebody writes it who means harm to whatever reads it."""
