"""Marking by hand over real HTTP: who gets in, what arrives, what is refused with a sentence, what a marker sees."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import report_runs as runs
import report_samples as samples
from browser import tab
from report_reader import Reader

from assay.failure import Misuse
from assay.marking import Answer, MarkingServer, answers_of
from assay.marking.answers import choices
from assay.marking.page import content_policy, script

ROOT = Path(__file__).parent.parent


class Kept:
    """Marks in memory, and the threads that touched them."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.entered: list[tuple[str, int, str, float, str]] = []
        self.threads: set[int] = set()
        self.trouble: Exception | None = None

    def waiting(self) -> list[Answer]:
        return self.answers

    def enter(self, id: str, exercise: int, criterion: str, points: float, comment: str) -> None:
        self.threads.add(threading.get_ident())
        if self.trouble is not None:
            raise self.trouble
        self.entered.append((id, exercise, criterion, points, comment))


def answer(id: str = "ada", **changes: Any) -> Answer:
    fields = {"id": id, "name": f"{id}.ipynb", "lesson": "clip", "exercise": 4, "title": "Compare", "criterion": "said",
              "claim": "The answer weighs both methods.", "max_score": 4.0}  # fmt: skip
    return Answer(**{**fields, **changes})


class Browser:
    """A browser that keeps its cookie."""

    def __init__(self, server: MarkingServer) -> None:
        self.server, self.cookie = server, ""
        self.token = server.address.partition("/?")[2]

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> tuple[int, str]:
        """Status and text; headers with `_` for `-`, None leaves one out."""
        sent = {"Host": f"127.0.0.1:{self.server.port}", "Cookie": self.cookie}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        connection.putrequest(method, path, skip_host=True)
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode()
        self.headers = dict(response.getheaders())
        self.cookie = (response.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        connection.close()
        return response.status, text

    def get(self, path: str, **headers: str | None) -> tuple[int, str]:
        return self.ask("GET", path, **headers)

    def mark(
        self, place: Any = 0, points: Any = 3, comment: Any = "", **headers: str | None
    ) -> tuple[int, dict[str, str]]:
        body = json.dumps({"place": place, "points": points, "comment": comment}).encode()
        usual = {"Origin": f"http://127.0.0.1:{self.server.port}", "Content_Type": "application/json"}
        status, text = self.ask("POST", "/marks", body, **{**usual, **headers})
        return status, json.loads(text) if text.startswith("{") else {"text": text}


@contextmanager
def serving(kept: Kept) -> Iterator[Browser]:
    server = MarkingServer(kept)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Browser(server)
    finally:
        server.close()
        thread.join()


@contextmanager
def sitting(*answers: Answer) -> Iterator[tuple[Browser, Kept]]:
    """A browser that has opened the printed address."""
    kept = Kept(*answers)
    with serving(kept) as browser:
        assert browser.get(f"/?{browser.token}")[0] == 200
        yield browser, kept


def test_without_the_token_there_is_nothing():
    with serving(Kept(answer())) as browser:
        for path in ("/", "/0.html", "/done.html", "/?token=", "/?token=wrong", "/?other=1"):
            status, text = browser.get(path)
            assert status == 403 and "ada" not in text and browser.cookie == ""
        assert browser.mark()[0] == 403
        assert browser.get(f"/?{browser.token}")[0] == 200  # nothing of it has used up the token


def test_the_token_works_once_and_the_cookie_stays():
    with sitting(answer()) as (browser, _):
        assert browser.get("/")[0] == 200 and browser.get("/0.html")[0] == 200
        assert browser.get(f"/?{browser.token}")[0] == 200  # the same browser may press reload
        stranger = Browser(browser.server)
        assert stranger.get(f"/?{browser.token}")[0] == 403 and stranger.cookie == ""
        assert stranger.get("/", Cookie=browser.cookie[:-1])[0] == 403
        assert stranger.get("/", Cookie="x" * 4000)[0] == 403


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1", "localhost:1", "127.0.0.1.attacker.example", None])
def test_under_a_wrong_name_there_is_nothing(host):
    with serving(Kept(answer())) as browser:
        assert browser.get(f"/?{browser.token}", Host=host)[0] in (400, 403) and browser.cookie == ""
        assert browser.get(f"/?{browser.token}")[0] == 200
        assert browser.get("/0.html", Host=host)[0] in (400, 403)
        assert browser.mark(Host=host)[0] in (400, 403)


def test_localhost_is_our_name_too():
    with serving(Kept(answer())) as browser:
        host = f"localhost:{browser.server.port}"
        assert browser.get(f"/?{browser.token}", Host=host)[0] == 200
        assert browser.mark(Host=host, Origin=f"http://{host}")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://attacker.example"}, {"Origin": "null"}, {"Origin": None}, {"Origin": "https://127.0.0.1"},
     {"Content_Type": "text/plain"}, {"Content_Type": None}, {"Cookie": None}, {"Cookie": "assay-marking=1"}],
)  # fmt: skip
def test_another_sites_page_enters_no_mark(headers):
    with sitting(answer()) as (browser, kept):
        assert browser.mark(**headers)[0] == 403 and kept.entered == []
        assert browser.mark()[0] == 200


def test_another_sites_page_reads_nothing():
    with sitting(answer()) as (browser, _):
        assert browser.get("/0.html", Origin="http://attacker.example")[0] == 403


def test_a_mark_arrives_with_its_comment_and_the_next_answer_follows():
    with sitting(answer("ada"), answer("bob")) as (browser, kept):
        assert browser.mark(0, 2.5, " Well weighed. ") == (200, {"next": "1.html"})
        assert kept.entered == [("ada", 4, "said", 2.5, "Well weighed.")]
        assert "1 of 2 answers marked" in browser.get("/1.html")[1]
        assert "bob.ipynb" in browser.get("/")[1]  # the first that waits
        assert browser.mark(1, 0) == (200, {"next": "done.html"})
        assert "All 2 answers are marked." in browser.get("/")[1]
        assert browser.mark(0, 4)[0] == 200 and kept.entered[-1][3] == 4.0  # a mark can be changed
        assert len(kept.threads) == 1


@pytest.mark.parametrize("points", [-0.5, 4.01, 1e9, float("nan"), float("inf"), True, "3", None, [3]])
def test_points_outside_are_refused_with_a_sentence(points):
    with sitting(answer()) as (browser, kept):
        status, told = browser.mark(0, points)
        assert status == 400 and kept.entered == []
        assert told["sentence"].startswith("Not entered: ") and " 0 " in told["sentence"] and "4" in told["sentence"]


@pytest.mark.parametrize("place", [-1, 1, "0", None, True])
def test_another_sittings_page_is_told(place):
    with sitting(answer()) as (browser, kept):
        status, told = browser.mark(place)
        assert status == 400 and "another sitting" in told["sentence"] and kept.entered == []


@pytest.mark.parametrize("comment", [None, 3, "x" * 2001])
def test_a_comment_is_a_text_of_some_length(comment):
    with sitting(answer()) as (browser, kept):
        assert "2,000 characters" in browser.mark(0, 1, comment)[1]["sentence"] and kept.entered == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 60_000, b"x" * 70_000])
def test_a_body_that_is_no_mark_is_told(body):
    with sitting(answer()) as (browser, kept):
        usual = {"Origin": f"http://127.0.0.1:{browser.server.port}", "Content_Type": "application/json"}
        assert browser.ask("POST", "/marks", body, **usual)[0] == 400 and kept.entered == []
        assert browser.mark()[0] == 200


@pytest.mark.parametrize(("trouble", "status"), [(Misuse("the disk is full"), 400), (OSError("disk"), 500)])
def test_a_store_that_fails_is_told_and_nothing_counts_as_marked(trouble, status):
    with sitting(answer()) as (browser, kept):
        kept.trouble = trouble
        found, told = browser.mark()
        assert found == status and told["sentence"].startswith("Not entered: ")
        assert "0 of 1 answer marked" in browser.get("/")[1]


def test_comments_are_offered_again_for_the_same_question_only():
    with sitting(answer("ada"), answer("bob"), answer("cyd", criterion="other")) as (browser, _):
        places = {re.search(r"<h1>(\w+)", browser.get(f"/{n}.html")[1])[1]: n for n in range(3)}
        browser.mark(places["ada"], 1, 'Say "why" <b>')
        assert 'data-comment="Say &quot;why&quot; &lt;b&gt;"' in browser.get(f"/{places['bob']}.html")[1]
        assert "data-comment=" not in browser.get(f"/{places['cyd']}.html")[1]


def test_the_page_shows_the_answer_its_pictures_and_a_key_for_each_mark(tmp_path: Path):
    folder = runs.run_folder(tmp_path / "run")
    with sitting(answer(folder=folder), answer("bob", exercise=1, folder=folder)) as (browser, _):
        first, last = browser.get("/0.html")[1], browser.get("/1.html")[1]
    assert "LoRA changes 1.2 million numbers" in last and '<details class="written" open="">' in last
    assert "data:image/png;base64," in first and "LoRA changes" not in first
    assert re.findall(r'data-key="(\d)" data-points="([\d.]+)"', last) == [(str(n), f"{n}.0") for n in range(5)]
    for page in (first, last):
        reader = Reader()
        reader.feed(page)
        assert reader.scripts == [script()] and "connect-src 'self'" in (reader.policy or "")


def test_headers_forbid_everything_else():
    with sitting(answer()) as (browser, _):
        browser.get("/")
        assert browser.headers["Content-Security-Policy"] == content_policy()
        assert "default-src 'none'" in content_policy() and "frame-ancestors 'none'" in content_policy()
        assert browser.headers["Cache-Control"] == "no-store" and browser.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in browser.headers
        assert browser.get("/../../etc/passwd")[0] == 404 and browser.get("/7.html")[0] == 404


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_string_of_a_submission_becomes_markup(text, tmp_path: Path):
    cells = runs.notebook(runs.markdown("## Exercise 4: x"), runs.markdown(text.encode("utf-8", "replace").decode()))
    folder = runs.run_folder(tmp_path / "run", cells)
    given = dict.fromkeys(("name", "title", "claim", "seen", "comment", "lesson"), text)
    with sitting(answer(folder=folder, **given)) as (browser, _):
        page = browser.get("/0.html")[1]
    reader = Reader()
    reader.feed(page)
    assert reader.tags.count("main") == 1 and page.lower().count("<script") == 1


def test_a_folder_that_cannot_be_read_costs_a_sentence(tmp_path: Path):
    with sitting(answer(folder=tmp_path), answer("bob")) as (browser, _):
        assert "cannot be shown" in browser.get("/0.html")[1]
        assert browser.mark(0)[0] == 200


def test_what_waits_in_a_result():
    found = list(answers_of(samples.mistaken(), "grace", "grace.ipynb", None))
    assert [(a.exercise, a.criterion, a.max_score, a.seen is None) for a in found] == [
        (3, "the-target-is-the-noise", 2.0, False), (3, "observation", 1.0, True), (4, "comparison", 4.0, True),
    ]  # fmt: skip
    assert not [*answers_of(samples.fault(), "m", "m", None), *answers_of(samples.rejected(), "n", "n", None)]


def test_marks_that_have_a_key():
    assert choices(4) == [0, 1, 2, 3, 4] and choices(9)[-1] == 9 and len(choices(9)) == 10
    assert choices(1) == [0, 0.25, 0.5, 0.75, 1] and choices(12) == [0, 3, 6, 9, 12] and choices(0) == [0]


PROGRAM = """
from assay.marking import serve
class Nothing:
    def waiting(self): return []
serve(Nothing(), lambda text: print(text, flush=True))
"""


def test_it_listens_on_this_machine_only_and_ends_with_ctrl_c():
    program = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with program:
        assert program.stdout is not None
        said = [program.stdout.readline() for _ in range(3)]
        address = urlsplit(said[1].strip())
        listening = [c.laddr for c in psutil.Process(program.pid).net_connections("inet") if c.status == "LISTEN"]
        assert listening == [("127.0.0.1", address.port)]
        with urllib.request.urlopen(said[1].strip(), timeout=20) as page:
            assert b"No answer waits" in page.read()
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=60)[0] == "Every mark that was entered is kept.\n"
    assert program.returncode == 0


def test_one_key_enters_a_mark_in_a_real_browser(tmp_path: Path):
    kept = Kept(answer("ada"), answer("bob", folder=runs.run_folder(tmp_path / "run")), answer("cyd", max_score=3.0))
    with serving(kept) as browser, tab(tmp_path) as page:
        page.go(browser.server.address)
        page.wait_for("location.search === ''")  # the token has left the address
        page.press("w")
        for letter in "3 is too kind":
            page.press(letter)
        page.press("Escape")
        page.press("2")
        page.wait_for("location.pathname === '/1.html' && document.readyState === 'complete'")
        page.press("a")  # the comment said before
        page.press("4")
        page.wait_for("location.pathname === '/2.html' && document.readyState === 'complete'")
        page.press("p")
        page.press("9")
        page.press("Enter")
        page.wait_for("document.querySelector('#said').textContent.includes('not between 0 and 3')")
        page.press("Escape")
        page.press("ArrowLeft")
        page.wait_for("location.pathname === '/1.html' && document.readyState === 'complete'")
    marks = [(mark[0], *mark[3:]) for mark in kept.entered]
    assert marks == [("ada", 2.0, "3 is too kind"), ("bob", 4.0, "3 is too kind")]


def test_nothing_that_waits_is_a_page_too():
    with sitting() as (browser, _):
        assert "No answer waits" in browser.get("/")[1]
