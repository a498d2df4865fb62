"""`grade.py package` builds what students get: it checks as the course checks, and nothing hidden is inside."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import yaml
from commands import command, edit, own_course, small_notebook
from kernels import ENTER

from assay.command.lessons import load_lessons
from assay.handout.checks import public_checks
from assay.rubric.document import read_document

# What the lesson keeps to itself in these tests.
HIDDEN = "frozen_parts_have_no_gradient"
LATER = "targets_cover_cross_attention"
MANUAL = "written_comparison"
SECRET = "the row must be no existing word's"
COSINE = "import torch\ntorch.nn.functional.cosine_similarity(torch.ones(2), torch.ones(2), dim=0)"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The course with hidden criteria, and the wheel that was made of it."""
    folder = tmp_path_factory.mktemp("package")
    with pytest.MonkeyPatch.context() as patch:
        root = own_course(folder / "course", patch)
        rubric = root / "rubric" / "textual_inversion.yaml"
        document = yaml.safe_load(rubric.read_text(encoding="utf-8"))
        for exercise in document["exercises"]:
            for one in exercise["criteria"]:
                if one.get("check") == HIDDEN or one.get("manual") == MANUAL:
                    one |= {"visibility": "hidden", "hint": SECRET} if "check" in one else {"visibility": "hidden"}
                elif one.get("check") == LATER:
                    one["visibility"] = "after_due_date"
        rubric.write_text(yaml.safe_dump(document), encoding="utf-8")
        from assay.command import main

        assert main(["package", "textual-inversion", "--public", "--out", str(folder / "dist")]) == 0
        hidden = load_lessons()["textual-inversion"]
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel, hidden


@pytest.fixture(scope="module")
def texts(made):
    """Every file of the wheel as text, by name."""
    with zipfile.ZipFile(made[0]) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def where(texts, words):
    return [name for name, text in texts.items() if words in text or words in name]


def test_no_hidden_criterion_is_in_the_package(made, texts):
    secret = [
        criterion for exercise in made[1].rubric.exercises for criterion in exercise.criteria
        if criterion.visibility != "public"
    ]  # fmt: skip
    assert {criterion.check for criterion in secret} == {HIDDEN, LATER, None}
    for criterion in secret:
        for words in (criterion.check, criterion.id, criterion.claim, criterion.hint):
            assert words is None or where(texts, words) == [], words
    assert where(texts, SECRET) == []


def test_neither_reference_nor_mistakes_nor_other_lessons_are_in_the_package(made, texts):
    names = {Path(name).name for name in texts}
    assert not names & {"proving.py", "proof.py", "mutating.py", "mutation.py", "mistakes.py", "clip.yaml"}
    assert not [
        name for name in texts if name.endswith(".ipynb") or "/reference/" in name or "secret" in Path(name).parts
    ]
    root = Path(__file__).parent.parent
    for reference in sorted((root / "reference").glob("*.ipynb")):
        for cell in json.loads(reference.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"]).strip()
            lines = [line.strip() for line in source.splitlines() if len(line.strip()) > 60]
            for words in [source, *lines] if len(source) > 60 else lines:
                assert where(texts, words) == [], words
    for path in sorted((root / "checks" / "textual_inversion").glob("*.py")):
        assert path.read_text(encoding="utf-8") not in texts.values()


def test_what_is_public_is_as_the_course_has_it(made, texts, tmp_path):
    (tmp_path / "handed_out.yaml").write_text(texts["assay/_course/rubric/textual_inversion.yaml"], encoding="utf-8")
    handed_out = read_document(tmp_path / "handed_out.yaml")
    for ours, theirs in zip(made[1].rubric.exercises, handed_out["exercises"], strict=True):
        public = [(c.check, c.points) for c in ours.criteria if c.visibility == "public"]
        assert [(one["check"], one["points"]) for one in theirs["criteria"]] == public
    facts = json.loads(texts["assay/_course/rubric/textual_inversion.facts.json"])
    assert facts["sources"] == made[1].sources
    assert ["diffusers", "AutoencoderKL"] in facts["imports"]


def test_of_a_checks_file_stays_what_the_public_ones_use():
    source = (
        '"""What it decides."""\nimport math\nfrom os import path, sep as mark\nLIMIT = 3\nOTHER = 4\n'
        'def check_a(x):\n    """A."""\n    _help(x, LIMIT)  # check_b does more\n'
        'def check_b(x):\n    """B."""\n    math.sin(OTHER), path\n'
        "def _help(x, y):\n    return mark\n"
    )
    text = public_checks(source, {"a"})
    for kept in ("What it decides", "LIMIT = 3", "def check_a", "def _help", "sep as mark"):
        assert kept in text
    for gone in ("check_b", "OTHER", "math", "path", '"""B."""'):
        assert gone not in text


def test_a_package_is_for_students_and_of_a_lesson_that_is_there(capsys, tmp_path):
    ended = command(capsys, "package", "clip", "--out", tmp_path)
    assert (ended.code, "--public" in ended.err) == (2, True)
    ended = command(capsys, "package", "clap", "--public", "--out", tmp_path)
    assert (ended.code, "did you mean 'clip'" in ended.err) == (2, True)
    (tmp_path / "file").write_text("")
    ended = command(capsys, "package", "clip", "--public", "--out", tmp_path / "file" / "below")
    assert (ended.code, "--out" in ended.err) == (2, True)


def test_a_lesson_without_a_public_criterion_has_no_package(capsys, tmp_path, monkeypatch):
    root = own_course(tmp_path / "course", monkeypatch)
    rubric = root / "rubric" / "clip.yaml"
    document = yaml.safe_load(rubric.read_text(encoding="utf-8"))
    for exercise in document["exercises"]:
        for one in exercise["criteria"]:
            one["visibility"] = "hidden"
    rubric.write_text(yaml.safe_dump(document), encoding="utf-8")
    ended = command(capsys, "package", "clip", "--public", "--out", tmp_path)
    assert (ended.code, "no criterion of this lesson is public" in ended.err) == (2, True)
    edit(rubric, "visibility: hidden", "visibility: public")
    assert command(capsys, "package", "clip", "--public", "--out", tmp_path / "dist").code == 0


@pytest.fixture(scope="module")
def student(made, tmp_path_factory):
    """The Python of an environment with the package installed, and the libraries, but without this checkout."""
    folder = tmp_path_factory.mktemp("student")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    (own,) = folder.glob("lib/python3*/site-packages")
    places = [*site.getsitepackages(), *sys.path]
    libraries = dict.fromkeys(p for p in places if "site-packages" in p and not Path(p, "here.pth").is_file())
    (own / "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")
    install = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-cache-dir",
               "--disable-pip-version-check", "--ignore-installed", str(made[0])]  # fmt: skip
    subprocess.run(install, check=True, env=clean())
    return python


def clean():
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


@pytest.mark.slow
def test_check_works_from_the_package(student, made, tmp_path):
    notebook = small_notebook(tmp_path / "mine.ipynb", COSINE)
    done = subprocess.run(
        [str(student.parent / "assay"), "check", str(notebook), "--json", "-"],
        cwd=tmp_path, env=clean(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    (view,) = json.loads(done.stdout)
    assert view["lesson"] == "textual-inversion"
    public = [c.id for e in made[1].rubric.exercises for c in e.criteria if c.visibility == "public"]
    assert [c["id"] for e in view["exercises"] for c in e["criteria"]] == public
    assert "Traceback" not in done.stderr
    for words in (HIDDEN, HIDDEN.replace("_", "-"), LATER.replace("_", "-")):
        assert words not in done.stdout


LIVE = """
import sys, nbformat, assay
from nbclient import NotebookClient
print(assay.__file__)
cells = [{enter!r}, '%load_ext assay', {work!r}, '%check --notebook mine.ipynb --json view.json']
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
notebook.metadata['kernelspec'] = dict(name='python3', display_name='Python', language='python')
client = NotebookClient(notebook, timeout=300, allow_errors=True, resources=dict(metadata=dict(path={folder!r})))
client.execute()
print([cell.outputs for cell in notebook.cells])
"""
WORK = """
from transformers import CLIPTextModel, CLIPTokenizer
tokenizer = CLIPTokenizer.from_pretrained('stable-diffusion-v1-5/stable-diffusion-v1-5', subfolder='tokenizer')
text_encoder = CLIPTextModel.from_pretrained('stable-diffusion-v1-5/stable-diffusion-v1-5', subfolder='text_encoder')
tokenizer.add_tokens(['<mine>'])
table = text_encoder.resize_token_embeddings(len(tokenizer)).weight
"""


@pytest.mark.slow
def test_the_magic_works_from_the_package(student, kit, tmp_path):
    small_notebook(tmp_path / "mine.ipynb", WORK)
    enter = ENTER.format(folder=str(tmp_path)) + f"import os; os.chdir({str(tmp_path)!r})"
    script = LIVE.format(enter=enter, work=WORK, folder=str(tmp_path))
    environment = clean() | dict(kit.environment()) | {"JUPYTER_PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [str(student), "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(str(student.parent.parent)), done.stdout
    assert (tmp_path / "view.json").is_file(), done.stdout[-3000:]
    view = json.loads((tmp_path / "view.json").read_text(encoding="utf-8"))
    (first,) = [e for e in view["exercises"] if e["number"] == 1]
    told = {c["id"]: c["state"] for c in first["criteria"]}
    assert told["the-table-grew-by-the-new-tokens"] == "passed"
    assert told["similarities-are-cosines-of-rows"] == "failed"
