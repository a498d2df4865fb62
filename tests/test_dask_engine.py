"""`--engine dask`: several worker processes, one of them killed in the midst; what comes out is what comes out here."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
import zipfile
from collections import Counter
from dataclasses import replace

import pytest
from cohorts import COSINE, IDS, results_in, small_cohort, without_seconds
from commands import command, small_notebook

from assay.command import commission, dask_engine
from assay.command.lessons import load_lessons
from assay.command.parcel import pack, unpack
from assay.command.progress import Display
from assay.command.reading import Refusal
from assay.command.work import Work
from assay.failure import Fault, Misuse
from assay.store import Content, Store

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'assay[dask]'")

# Dask leaves sockets and loops to the collector when a worker is killed; that is its own to mend.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def folder(tmp_path):
    where = small_cohort(tmp_path / "in")
    for number in range(4):
        small_notebook(where / f"more{number}.ipynb", f"import time; time.sleep(0.6)\nx = {number}", COSINE)
    return where


@pytest.fixture
def here(warm, monkeypatch):
    for module in ("engines", "regrade"):
        monkeypatch.setattr(f"assay.command.{module}.start_warm", lambda *_: contextlib.nullcontext(warm))


@pytest.mark.slow
def test_with_a_worker_killed_all_results_arrive_none_twice_and_equal_to_those_of_the_pool(
    capsys, here, folder, tmp_path, monkeypatch
):
    kept, told, killed, keep, done = Counter(), [], [], Store.keep, Display.done
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):

        def counted(self, content, result, submissions, cause):
            keep(self, content, result, submissions, cause)
            kept.update(submissions)

        def strike(self, name, *more):
            """One of the workers that are at work, as soon as a first result was told."""
            done(self, name, *more)
            told.append(name)
            busy = [address for address, tasks in client.processing().items() if tasks]
            if not killed and busy:
                killed.append(client.run(os.getpid, workers=busy[:1]).popitem()[1])
                os.kill(killed[0], signal.SIGKILL)

        monkeypatch.setattr(Store, "keep", counted)
        monkeypatch.setattr(Display, "done", strike)
        ended = command(capsys, "cohort", folder, "--out", tmp_path / "there",
                        "--engine", f"dask:{cluster.scheduler_address}", "--device", "cpu")  # fmt: skip
        assert ended.code == 0, ended.err
        assert len(killed) == 1
        plugins = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.worker_plugins))
        assert not any(name.startswith("assay") for name in plugins)
    monkeypatch.setattr(Store, "keep", keep)
    monkeypatch.setattr(Display, "done", done)
    names = sorted([*IDS, *(f"more{number}.ipynb" for number in range(4))])
    assert sorted(told) == names
    assert kept == dict.fromkeys(names, 1)
    with Store(tmp_path / "there", writing=False) as store:
        assert Counter(change.submission for change in store.audit()) == dict.fromkeys(names, 1)
    assert command(capsys, "cohort", folder, "--out", tmp_path / "here").code == 0
    there, by_pool = results_in(tmp_path / "there"), results_in(tmp_path / "here")
    assert without_seconds(there) == without_seconds(by_pool)
    assert (tmp_path / "there" / "gradebook.csv").read_text() == (tmp_path / "here" / "gradebook.csv").read_text()
    assert evidence(tmp_path / "there") == evidence(tmp_path / "here")
    # the evidence that came back is enough to judge by
    assert command(capsys, "regrade", tmp_path / "there").code == 0
    assert without_seconds(results_in(tmp_path / "there")) == without_seconds(by_pool)


def evidence(out):
    """The files that each run left, which are read once it is judged; what processes wrote has a process's name."""
    found = {}
    for run in (out / "runs").iterdir():
        if run.is_dir() and not run.name.startswith("shared-"):
            names = (path.relative_to(run) for path in run.rglob("*") if path.is_file())
            found[run.name] = sorted(str(name) for name in names if name.parts[0] not in ("work", "home", "tmp", "bin"))
    assert all("run.json" in names and "executed.ipynb" in names for names in found.values())
    return {run: [name for name in names if not name.startswith("evidence/")] for run, names in found.items()}


class Client:
    """A client of two threads; of what it hands out, one has cost every worker its life."""

    loop = None

    def __init__(self):
        self.told, self.handed_out, self.most = [], [], 0

    def register_plugin(self, plugin):
        self.told.append(("begin", plugin.name))

    def unregister_worker_plugin(self, name):
        self.told.append(("end", name))

    def nthreads(self):
        return {"tcp://one": 1, "tcp://two": 1}

    def submit(self, function, task, key, **_):
        self.handed_out.append(Answered(self, key, len(self.handed_out)))
        self.most = max(self.most, sum(not future.released for future in self.handed_out))
        return self.handed_out[-1]


class Answered:
    """A future."""

    def __init__(self, client, key, number):
        self.key, self.number, self.released = key, number, False

    def result(self):
        if self.number == 3:
            raise distributed.KilledWorker(self.key, None, 3)
        return f"answer {self.number}"

    def release(self):
        self.released = True


class Coming(list):
    """As much of `as_completed` as is used: it ends when nothing is left, and may be added to."""

    def __init__(self, loop):
        super().__init__()

    add = list.append

    def __iter__(self):
        while self:
            yield self.pop(0)


@pytest.fixture
def commissioned(kit):
    options = argparse.Namespace(kit=None, device="cpu", gpu_memory=None, engine=("dask", ""))
    return commission.commission_of(load_lessons(), kit, "limits", options, b"secret", ())


def test_little_is_handed_out_at_a_time_and_a_submission_that_no_worker_survives_is_named(
    monkeypatch, commissioned, tmp_path
):
    monkeypatch.setattr(distributed, "as_completed", Coming)
    work = [Work(Content(str(n), ""), Refusal("x", None, "no"), tmp_path, None, 0.0) for n in range(20)]
    client = Client()
    came = list(dask_engine.answers(client, commissioned, work))
    assert [one for one, _ in came] == work
    assert [answer for _, answer in came] == [
        "4 Dask workers died while they graded this" if n == 3 else f"answer {n}" for n in range(20)
    ]
    assert client.most <= dask_engine.AHEAD * 2 + 1
    assert all(future.released for future in client.handed_out)
    assert client.told == [("begin", commissioned.name), ("end", commissioned.name)]


def test_what_no_worker_survived_is_a_fault_that_the_same_command_tries_again(
    capsys, here, folder, tmp_path, monkeypatch
):
    sentence = "4 Dask workers died while they graded this"
    with monkeypatch.context() as lost:
        lost.setattr("assay.command.engines.connected", lambda *_: contextlib.nullcontext(None))
        lost.setattr("assay.command.engines.answers", lambda _, __, work: ((one, sentence) for one in work))
        assert command(capsys, "cohort", folder, "--out", tmp_path / "out", "--engine", "dask").code == 3
    results = results_in(tmp_path / "out")
    assert [r["state"] for r in results] == ["fault", "fault", "fault", "rejected", *["fault"] * 4]
    assert {r["reason"] for r in results if r["state"] == "fault"} == {sentence}
    assert command(capsys, "cohort", folder, "--out", tmp_path / "out").code == 0
    assert [r["state"] for r in results_in(tmp_path / "out")] == [*["graded"] * 3, "rejected", *["graded"] * 4]


@pytest.mark.parametrize("text", ["ray", "dask:", "local:", "local:x"])
def test_an_engine_that_there_is_not_is_refused(capsys, tmp_path, text):
    ended = command(capsys, "cohort", tmp_path, "--engine", text)
    assert ended.code == 2
    assert f"{text!r} should be local, dask, or dask:ADDRESS" in ended.err


def test_without_dask_it_is_said_what_to_install(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    ended = command(capsys, "cohort", tmp_path, "--engine", "dask")
    assert (ended.code, ended.err) == (2, "grade.py: --engine dask needs Dask: pip install 'assay[dask]'\n")


def test_gpus_of_this_machine_are_for_the_local_engine(capsys, tmp_path):
    ended = command(capsys, "cohort", tmp_path, "--engine", "dask", "--device", "cuda")
    assert ended.code == 2
    assert "use --engine local" in ended.err


def test_where_nobody_answers_there_is_one_sentence(capsys, folder, tmp_path, monkeypatch):
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        ended = command(capsys, "cohort", folder, "--out", tmp_path / "out", "--engine", "dask:tcp://127.0.0.1:9")
    assert ended.code == 3
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in ended.err


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"runs_by": "other"}, "assay on the worker is not the one"),
        ({"judged_by": {}}, "checks or rubrics on the worker are not those"),
        ({"kit_digest": "0" * 64}, "the worker's kit is"),
    ],
)
def test_a_worker_that_would_grade_otherwise_refuses(commissioned, tmp_path, changed, sentence):
    other = replace(commissioned, **changed)
    with pytest.raises(Misuse, match=sentence), commission.carry_out(other, tmp_path):
        pass
    assert commissioned.name != other.name
    assert commissioned.name != replace(commissioned, secret=b"another").name
    assert "secret" not in commissioned.name


def test_a_parcel_holds_regular_files_only_and_lands_in_its_folder(tmp_path):
    run, secret = tmp_path / "run", tmp_path / "secret.txt"
    secret.write_text("not for them")
    for name in ("evidence/replays/one", "work", "home"):
        (run / name).mkdir(parents=True)
    (run / "evidence" / "facts.jsonl").write_bytes(b"{}\n")
    (run / "evidence" / "replays" / "one" / "x.safetensors").write_bytes(bytes(range(256)))
    (run / "evidence" / "work").mkdir()  # only the notebook's own, at the top, is left
    (run / "evidence" / "work" / "kept").write_text("kept")
    (run / "evidence" / "link").symlink_to(secret)
    (run / "evidence" / "folder").symlink_to(tmp_path)
    (run / "work" / "mine.txt").write_text("mine")
    os.mkfifo(run / "evidence" / "pipe")
    (to := tmp_path / "to").mkdir()
    unpack(pack(run), to)
    found = {str(path.relative_to(to)): path.read_bytes() for path in to.rglob("*") if path.is_file()}
    assert found == {"evidence/facts.jsonl": b"{}\n", "evidence/work/kept": b"kept",
                     "evidence/replays/one/x.safetensors": bytes(range(256))}  # fmt: skip


def test_what_would_lead_out_of_the_folder_stays_inside(tmp_path):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("../../outside.txt", "x")
        archive.writestr("/absolute.txt", "x")
    (to := tmp_path / "a" / "to").mkdir(parents=True)
    unpack(written.getvalue(), to)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.txt")) == [
        "a/to/absolute.txt", "a/to/outside.txt"
    ]  # fmt: skip


def test_more_than_can_be_sent_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr("assay.command.parcel.MOST_BYTES", 10)
    (tmp_path / "evidence").write_bytes(b"x" * 11)
    with pytest.raises(Fault, match="use --engine local"):
        pack(tmp_path)
