"""A real browser without a window, where one is installed: what it shows, what it complains of, what it asks for."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")  # fmt: skip

PATIENCE_S = 60.0  # for one answer of the browser, on a busy machine
AGAIN_S = 5.0  # a question that met a page on its way out may stay without an answer: it is asked again


@dataclass(frozen=True)
class Shown:
    """A page as the browser has it after its script ran, its console's lines, and the addresses it asked for."""

    html: str
    console: list[str]
    asked: set[str]


def installed() -> str:
    """The browser's program; skips the test where there is none."""
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip("not run: none of " + ", ".join(NAMES) + " is installed")
    return browser


def open_page(address: str, folder: Path) -> Shown:
    """Open the address; skips the test where no such browser is installed."""
    browser = installed()
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


class Tab:
    """A page that can be typed into, over the browser's own debugging pipe; one message ends with a zero byte."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing, self._rest, self._number = reading, writing, b"", 0
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def send(self, method: str, patience: float = PATIENCE_S, **params: Any) -> Any:
        """What the browser answers to a command; TimeoutError when it does not."""
        number, deadline = self.tell(method, **params), time.monotonic() + patience
        while True:
            answer = self._next(deadline)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def tell(self, method: str, **params: Any) -> int:
        """Send a command whose answer nobody waits for; its number."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        return self._number

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            more = os.read(self._reading, 1 << 16)
            assert more, "the browser has gone"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def value(self, expression: str) -> Any:
        """What an expression is worth on the page."""
        found = self.send("Runtime.evaluate", AGAIN_S, expression=expression, returnByValue=True)
        return found["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression holds on the page."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(TimeoutError):
                if self.value(expression) is True:
                    return
            time.sleep(0.05)
        raise AssertionError(f"never so: {expression}; the page says {self.value('document.body.innerText')!r}")

    def go(self, address: str) -> None:
        """Open an address and wait until it is there."""
        self.send("Page.navigate", url=address)
        self.wait_for("location.href !== 'about:blank' && document.readyState === 'complete'")

    def press(self, key: str) -> None:
        """Press a key and let it go; a page that the key leads away from may never answer for it."""
        text = {"text": key} if len(key) == 1 else {}
        self.tell("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.tell("Input.dispatchKeyEvent", type="keyUp", key=key)

    def picture(self, file: Path) -> None:
        """Keep what is seen."""
        file.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))


@contextmanager
def tab(folder: Path) -> Iterator[Tab]:
    """A browser with one page; skips the test where none is installed."""
    browser = installed()
    (to_browser, writing), (reading, from_browser) = os.pipe(), os.pipe()
    pipes = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
    options = [*QUIET, f"--user-data-dir={folder / 'profile'}", "--remote-debugging-pipe", "--window-size=1200,1000"]
    command = ["bash", "-c", pipes, "bash", browser, *options]
    with subprocess.Popen(command, pass_fds=(to_browser, from_browser), stderr=subprocess.DEVNULL) as process:
        os.close(to_browser)
        os.close(from_browser)
        try:
            yield Tab(reading, writing)
        finally:
            process.kill()
            os.close(reading)
            os.close(writing)
