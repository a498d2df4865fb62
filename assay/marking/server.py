"""Decides who may see answers and enter marks: one browser on this machine, holding what was printed here."""

from __future__ import annotations

import json
import queue
import re
import secrets
import signal
import socketserver
import threading
from collections.abc import Callable
from concurrent.futures import Future
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from assay.failure import Misuse
from assay.marking.answers import Marks
from assay.marking.desk import Desk
from assay.marking.page import answer_page, content_policy, done_page, note_page

LOOPBACK = "127.0.0.1"
BODY_BYTES = 64_000  # a mark with the longest comment, every letter escaped, is far smaller
IDLE_SECONDS = 30  # browsers open connections ahead of need; one that stays silent is closed
_PLACE = re.compile(r"/(\d{1,6})\.html", re.ASCII)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NO_ENTRY = "Open the address that grade.py printed; it works once, and in one browser."


class MarkingServer:
    """Serves one desk of answers. Everything that touches `marks` happens in the thread that calls `run`."""

    def __init__(self, marks: Marks) -> None:
        """Listen on a free port of this machine.

        Raises:
            Misuse: what waits cannot be read.
        """
        self._desk = Desk(marks)
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._token: str | None = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._http = _Listener(self)
        self.port: int = self._http.server_address[1]
        self.address = f"http://{LOOPBACK}:{self.port}/?token={self._token}"

    def run(self) -> None:
        """Serve until `close` is called, or until the person presses Ctrl-C."""
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        try:
            while (job := self._jobs.get()) is not None:
                _carry_out(*job)
        finally:
            self._http.shutdown()
            self._http.server_close()

    def close(self) -> None:
        """Make `run` return."""
        self._jobs.put(None)

    def call(self, function: Callable[[Desk], Any]) -> Any:
        """What the function makes of the desk, in the thread of `run`."""
        done: Future[Any] = Future()
        self._jobs.put((lambda: function(self._desk), done))
        return done.result()

    @property
    def hosts(self) -> tuple[str, str]:
        """What a browser on this machine calls us; another name is a page elsewhere that was led to this address."""
        return f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"

    @property
    def cookie(self) -> str:
        """The session's cookie as it is set: sent to this address only, never along from another site."""
        return f"{self.cookie_name}={self._session}; HttpOnly; SameSite=Strict; Path=/"

    @property
    def cookie_name(self) -> str:
        """A name of its own for each port: cookies do not tell ports apart."""
        return f"assay-marking-{self.port}"

    def knows(self, session: str) -> bool:
        """Whether the session's secret is ours."""
        return secrets.compare_digest(session.encode(), self._session.encode())

    def redeem(self, token: str) -> bool:
        """Whether the token is the printed one, unused; it is used up by this."""
        good = self._token is not None and secrets.compare_digest(token.encode(), self._token.encode())
        if good:
            self._token = None
        return good


def serve(marks: Marks, say: Callable[[str], None] = print) -> None:
    """Let a person mark what waits, until Ctrl-C; every mark is kept when it is entered. For the main thread only,
    which hears Ctrl-C.

    Raises:
        Misuse: what waits cannot be read.
    """
    server = MarkingServer(marks)
    say(f"Open this address in a browser on this machine; it works once:\n{server.address}\nCtrl-C ends the marking.")
    # An exception would be lost where Ctrl-C comes while something is being thrown away; a job in the queue is not.
    before = signal.signal(signal.SIGINT, lambda *_: server.close())
    try:
        server.run()
    finally:
        signal.signal(signal.SIGINT, before)
    say("Every mark that was entered is kept.")


def _carry_out(function: Callable[[], Any], done: Future[Any]) -> None:
    try:
        done.set_result(function())
    except Exception as error:  # it belongs to the request, which tells the marker; the desk stays open
        done.set_exception(error)


class _Listener(ThreadingHTTPServer):
    """Listens on this machine only, and asks no name server what this machine is called."""

    daemon_threads = True

    def __init__(self, marking: MarkingServer) -> None:
        self.marking = marking
        super().__init__((LOOPBACK, 0), _Request)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away in the middle is no news."""


class _Request(BaseHTTPRequestHandler):
    """One request; each is asked where it comes from before anything else is looked at."""

    timeout = IDLE_SECONDS
    server_version, sys_version = "assay", ""

    @property
    def _marking(self) -> MarkingServer:
        return cast(_Listener, self.server).marking

    def do_GET(self) -> None:
        """A page: the token's address sets the cookie, every other one asks for it."""
        address = urlsplit(self.path)
        if not self._meant_for_us():
            return self._refuse()
        if address.path == "/" and "token" in (asked := parse_qs(address.query)):
            if not self._has_session() and not self._marking.redeem(asked["token"][0]):
                return self._refuse()
            return self._show(address.path, {"Set-Cookie": self._marking.cookie})
        if not self._has_session():
            return self._refuse()
        return self._show(address.path, {})

    def do_POST(self) -> None:
        """A mark; it must come from one of our own pages."""
        if not self._meant_for_us() or not self._has_session() or not self._from_our_page():
            return self._refuse()
        if self.path != "/marks":
            return self._send(404, "application/json", json.dumps({"sentence": "there is nothing here"}))
        try:
            mark = self._read_mark()
            place = self._marking.call(
                lambda desk: desk.enter(mark.get("place"), mark.get("points"), mark.get("comment"))
            )
        except Misuse as sentence:
            return self._send(400, "application/json", json.dumps({"sentence": f"Not entered: {sentence}."}))
        except Exception as error:
            told = f"Not entered: the mark could not be kept ({type(error).__name__}); look at the terminal's message."
            return self._send(500, "application/json", json.dumps({"sentence": told}))
        following = "done.html" if place is None else f"{place}.html"
        return self._send(200, "application/json", json.dumps({"next": following}))

    def _read_mark(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES:
            raise Misuse(f"a mark has at most {BODY_BYTES:,} bytes: shorten the comment")
        try:
            mark = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            mark = None
        if not isinstance(mark, dict):
            raise Misuse("a mark is one JSON object: enter it on the page")
        return mark

    def _meant_for_us(self) -> bool:
        """Whether the browser knows whom it talks to, and no page of another site talks through it."""
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        return len(hosts) == 1 and hosts[0] in self._marking.hosts and all(one in self._origins for one in origins)

    def _has_session(self) -> bool:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return False
        own = cookies.get(self._marking.cookie_name)
        return own is not None and self._marking.knows(own.value)

    def _from_our_page(self) -> bool:
        """Whether one of our own pages sends this; no form of another site can send JSON."""
        return self.headers.get("Origin") in self._origins and self.headers.get("Content-Type") == "application/json"

    @property
    def _origins(self) -> list[str]:
        return [f"http://{host}" for host in self._marking.hosts]

    def _show(self, path: str, extra: dict[str, str]) -> None:
        try:
            page = self._marking.call(lambda desk: _page(desk, path))
        except Exception as error:  # the marker is told; the other answers are not affected
            page = note_page(f"This answer could not be shown ({type(error).__name__}). Go on with the next one.")
        if page is None:
            return self._send(404, "text/html", note_page("There is no such answer."))
        return self._send(200, "text/html", page, extra)

    def _refuse(self) -> None:
        self.close_connection = True
        self._send(403, "text/plain", NO_ENTRY)

    def _send(self, code: int, kind: str, text: str, extra: dict[str, str] | None = None) -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(code)
        for name, value in {**_HEADERS, **(extra or {}), "Content-Security-Policy": content_policy()}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The terminal stays free; addresses hold secrets."""


def _page(desk: Desk, path: str) -> str | None:
    """The page of an address; `/` is the first answer that waits."""
    if path in ("/", "/done.html"):
        place = desk.next_waiting()
        return done_page(len(desk.answers)) if place is None else answer_page(desk, place)
    found = _PLACE.fullmatch(path)
    if found is None or int(found[1]) >= len(desk.answers):
        return None
    return answer_page(desk, int(found[1]))
