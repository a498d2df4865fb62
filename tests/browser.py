"""A real browser without a window, where one is installed: what it shows, what it complains of, what it asks for."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A page as the browser has it after its script ran, its console's lines, and the addresses it asked for."""

    html: str
    console: list[str]
    asked: set[str]


def open_page(address: str, folder: Path) -> Shown:
    """Open the address; skips the test where no such browser is installed."""
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip("not run: none of " + ", ".join(NAMES) + " is installed")
    log = folder / "net.json"
    options = [f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--enable-logging=stderr"]
    command = [browser, *QUIET, *options, "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Shown(done.stdout, console, _asked(log))


def _asked(log: Path) -> set[str]:
    """Every address that a page asked for, from the browser's own record of its network.

    What the browser asks for itself, such as the time, has no page's origin as its initiator.
    """
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    asked = [event["params"] for event in events if "initiator" in event.get("params", {})]
    addresses = {one["url"] for one in asked if one["initiator"] != "not an origin"}
    return {address for address in addresses if not address.startswith(("file:", "data:"))}
