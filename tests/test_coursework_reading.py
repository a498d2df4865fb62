"""What is found by reading: for each kind a notebook that has the fault, and one that has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.coursework.finding import Finding
from assay.coursework.house import house_rules
from assay.coursework.rules import load_rules
from assay.failure import Misuse
from tests.coursework import Text, of, page_of, read, solution

GUIDED = "## Exercise 1: Something [Guided]"
FREE = "## Exercise 1: Something [Independent]"


def one(kind: str, *cells: str) -> Finding:
    """The only finding of its kind."""
    (finding,) = of(kind, read(page_of(*cells)))
    return finding


def none(kind: str, *cells: str) -> None:
    """There is no finding of this kind."""
    assert not of(kind, read(page_of(*cells)))


def test_an_import_that_nothing_installs():
    finding = one("import-not-installed", "!pip install -q diffusers", "from sklearn.decomposition import PCA")
    assert (finding.cell, finding.severity) == (2, "warning")
    assert "add scikit-learn" in finding.message
    none(
        "import-not-installed", "!pip install -q diffusers 'scikit-learn>=1.0'", "from sklearn.decomposition import PCA"
    )
    (
        none("import-not-installed", "%pip install transformers", "import os, torch, safetensors, PIL.Image"),
        "what it needs",
    )


def test_a_module_of_a_package_with_another_name():
    assert "opencv-python" in one("import-not-installed", "!pip install numpy", "import cv2").message
    none("import-not-installed", "!pip install opencv-python-headless", "import cv2")


def test_an_import_of_a_solution_is_told_where_the_solution_is():
    assert one("import-not-installed", FREE, "# YOUR CODE HERE", solution("import sklearn")).cell == 3


def test_a_model_that_has_moved_or_cannot_be():
    loaded = "from diffusers import AutoencoderKL\nvae = AutoencoderKL.from_pretrained({}, subfolder='vae')"
    finding = one("model-id", "!pip install diffusers", loaded.format("'runwayml/stable-diffusion-v1-5'"))
    assert finding.severity == "error"
    assert "load stable-diffusion-v1-5/stable-diffusion-v1-5" in finding.message
    assert one("model-id", "name = 'runwayml/stable-diffusion-v1-5'", loaded.format("name")).cell == 2
    assert "no repository" in one("model-id", loaded.format("'some body/sd'")).message
    none("model-id", loaded.format("'stable-diffusion-v1-5/stable-diffusion-v1-5'"), loaded.format("'/tmp/mine/vae'"))


def test_a_placeholder_in_code_that_is_run():
    assert one("placeholder-left", "token = 'YOUR_TOKEN'").evidence == "token = 'YOUR_TOKEN'"
    assert one("placeholder-left", FREE, "# YOUR CODE HERE", solution("x = ____")).cell == 3
    none("placeholder-left", FREE, "# YOUR CODE HERE\nx = ____"), "it is the student's to fill in"
    none("placeholder-left", "for _ in range(3):\n    print('your turn to look')")


def test_a_download_without_a_timeout():
    assert one("no-timeout", "import requests\nr = requests.get('https://example.org/a.png')").cell == 1
    none("no-timeout", "import requests\nr = requests.get('https://example.org/a.png', timeout=10)")


def test_a_device_and_a_path_of_one_machine():
    assert one("hard-coded", "x = torch.ones(2).to('cuda')").evidence == "x = torch.ones(2).to('cuda')"
    assert one("hard-coded", "x = torch.ones(2).cuda()")
    assert "/content/data" in one("hard-coded", "path = '/content/data'").evidence
    choice = "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')"
    none("hard-coded", choice, "x = torch.ones(2).to(device)\nopen('/tmp/x')\nif device.type == 'cuda':\n    pass")


def test_float16_without_a_choice():
    choice = "device = 'cuda' if torch.cuda.is_available() else 'cpu'"
    load = "pipe = Pipe.from_pretrained('a/b', torch_dtype={})"
    assert "torch_dtype=torch.float16" in one("hard-coded", choice, load.format("torch.float16")).evidence
    assert one("hard-coded", choice, "model.half()").cell == 2
    none("hard-coded", choice, load.format("torch.float16 if device == 'cuda' else torch.float32"))
    none("hard-coded", load.format("torch.float16")), "a notebook for one machine"


COMPARED = Text("## Exercise 2: By hand [Guided]\n\nThe output should match the image of Exercise 1.")


def test_schedulers_of_exercises_that_are_compared():
    finding = one("component-mismatch", GUIDED, "s = DDIMScheduler()", COMPARED, "s = PNDMScheduler()")
    assert (finding.cell, finding.exercise, finding.severity) == (3, 2, "error")
    assert "Exercise 1 uses DDIMScheduler" in finding.evidence
    none("component-mismatch", GUIDED, "s = DDIMScheduler()", COMPARED, "s = DDIMScheduler()")
    apart = Text("## Exercise 2: By hand [Guided]\n\nExercise 1 was quicker.")
    none("component-mismatch", GUIDED, "s = DDIMScheduler()", apart, "s = PNDMScheduler()")


def test_models_of_exercises_that_are_compared():
    load = "vae = AutoencoderKL.from_pretrained({}, subfolder='vae')"
    finding = one("component-mismatch", GUIDED, load.format("'a/b'"), COMPARED, load.format("'c/d'"))
    assert "Exercise 1 loads a/b and Exercise 2 c/d" in finding.evidence
    none("component-mismatch", "name = 'a/b'", GUIDED, load.format("name"), COMPARED, load.format("'a/b'"))
    none("component-mismatch", GUIDED, load.format("'a/b'"), COMPARED, load.format("chosen")), "nobody knows which"


def test_a_latent_that_is_drawn_where_outputs_are_compared():
    drawn = "z = vae.encode(x).latent_dist.sample() * vae.config.scaling_factor"
    assert one("sampled-comparison", GUIDED, "x = 1", COMPARED, drawn).cell == 4
    none("sampled-comparison", GUIDED, "x = 1", COMPARED, drawn.replace("sample()", "mode()"))
    none("sampled-comparison", GUIDED, "x = 1", "## Exercise 2: By hand [Guided]", drawn)


LONG = "pipe = load(model_id, torch_dtype=dtype)\nresult = pipe(prompt, image=image, strength=0.7)\nprint(result)"


def test_a_scaffold_that_gives_the_solution_away():
    scaffold = "# YOUR CODE HERE\n" + "\n".join(f"#   {line}" for line in LONG.splitlines())
    finding = one("scaffold-gives-away", FREE, scaffold, solution(LONG))
    assert finding.evidence == "2 of 2 lines of the solution stand in it"
    none("scaffold-gives-away", FREE, "# YOUR CODE HERE\n# load, draw, look", solution(LONG))
    none("scaffold-gives-away", "## Exercise 1: Something [Supported]", scaffold, solution(LONG))


def test_a_solution_begins_with_reasoning():
    assert one("no-reasoning", FREE, "# YOUR CODE HERE", solution("x = 1", reasoning="Here:")).cell == 3
    none("no-reasoning", FREE, "# YOUR CODE HERE", solution("x = 1"))


def test_a_level_that_does_not_fit():
    assert "Guided" in one("level-mismatch", GUIDED, "# TODO: fill in\nx = None  # TODO").message
    assert "Supported" in one("level-mismatch", "## Exercise 1: S [Supported]", "x = 1").message
    todos = "# TODO 1: a\na = None  # TODO\n# TODO 2: b\nb = None  # TODO\n# TODO 3: c"
    assert "Independent" in one("level-mismatch", FREE, todos).message
    none("level-mismatch", GUIDED, "x = 1", "## Exercise 2: S [Supported]", "# TODO: a\na = None  # TODO")
    none("level-mismatch", FREE, "# YOUR CODE HERE")


def test_house_rules_say_where(tmp_path: Path):
    finding = one("house-rule", Text("A word \u2014 another."))
    assert (finding.cell, finding.severity) == (1, "note")
    none("house-rule", Text("A word\u2014another."), "x = 3 - 2  # less--more")
    diagram = "```mermaid\ngraph LR; A[frozen {}]\n```"
    assert "diagram" in one("house-rule", Text(diagram.format("\u2744"))).message
    none("house-rule", Text(diagram.format("weights") + "\nLook \U0001f4a1 here."))


def test_a_course_has_rules_of_its_own(tmp_path: Path):
    path = tmp_path / "rules.yaml"
    path.write_text(
        "house_rules:\n  - {id: no-shouting, where: text, pattern: '!!', message: Calm down., severity: error}\n"
    )
    (finding,) = house_rules(page_of(Text("Now!!")), load_rules(path))
    assert (finding.severity, finding.message) == ("error", "Calm down. (no-shouting)")
    assert load_rules(path).gpu_memory_gib == 15, "what a file leaves out is as in the project's own"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("house_rules: [{id: a}]", "lacks 'message'"),
        ("house_rules: [{id: a, where: here, pattern: b, message: c, severity: note}]", "value that is not known"),
        ("house_rules: [{id: a, where: all, pattern: '(', message: c, severity: note}]", "no regular expression"),
        ("colour: red", "'colour' is not known"),
        ("- 1", "holds no rules"),
        ("a: [", "is no YAML"),
        ("gpu_memory_gib: much", "could not convert"),
    ],
)
def test_rules_that_cannot_be_used_say_what_to_mend(tmp_path: Path, text: str, says: str):
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(Misuse, match=says):
        load_rules(path)


def test_a_bug_of_ours_takes_nothing_else_with_it(monkeypatch: pytest.MonkeyPatch):
    def broken(page: object, runs: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("assay.coursework.examine.teaching", broken)
    findings = read(page_of(GUIDED, "import requests\nrequests.get('x')"))
    assert [finding.kind for finding in findings if finding.kind != "house-rule"] == ["not-run", "no-timeout"]
    assert "KeyError" in of("not-run", findings)[0].evidence
