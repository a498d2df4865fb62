import pytest

from assay.course import course_root, did_you_mean, lesson_files, lessons, slug_of, stem_of
from assay.failure import Misuse


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons in place of the real one, laid out as a checkout is."""
    for stem in ("clip", "textual_inversion"):
        (tmp_path / "rubric").mkdir(exist_ok=True)
        (tmp_path / "rubric" / f"{stem}.yaml").touch()
    (tmp_path / "rubric" / "rubric.schema.json").touch()
    monkeypatch.setattr("assay.course.__file__", str(tmp_path / "assay" / "course.py"))
    return tmp_path


def test_the_course_lies_beside_the_package_in_a_checkout():
    assert (course_root() / "rubric" / "result.schema.json").is_file()


def test_the_installed_course_is_used_when_nothing_lies_beside_the_package(tmp_path, monkeypatch):
    installed = tmp_path / "assay" / "_course"
    (installed / "rubric").mkdir(parents=True)
    (installed / "rubric" / "rubric.schema.json").touch()
    (tmp_path / "rubric").mkdir()  # another package's folder in site-packages
    monkeypatch.setattr("assay.course.__file__", str(tmp_path / "assay" / "course.py"))
    assert course_root() == installed


def test_a_missing_course_says_how_to_mend_it(tmp_path, monkeypatch):
    monkeypatch.setattr("assay.course.__file__", str(tmp_path / "assay" / "course.py"))
    with pytest.raises(Misuse, match="install assay again"):
        course_root()


def test_lessons_are_the_rubrics(course):
    assert lessons() == ["clip", "textual-inversion"]


def test_the_three_files_of_a_lesson_share_a_stem(course):
    files = lesson_files("textual-inversion")
    assert (files.slug, files.stem) == ("textual-inversion", "textual_inversion")
    assert files.checks == course / "checks" / "textual_inversion.py"
    assert files.rubric == course / "rubric" / "textual_inversion.yaml"
    assert files.reference == course / "reference" / "textual_inversion.ipynb"


@pytest.mark.parametrize("slug", ["textual-inversions", "../clip", "", "textual_inversion"])
def test_an_unknown_lesson_is_refused_with_the_known_ones(course, slug):
    with pytest.raises(Misuse, match="the lessons are clip, textual-inversion"):
        lesson_files(slug)


def test_a_misspelt_lesson_gets_a_suggestion():
    assert did_you_mean("textual-inversoin", ["clip", "textual-inversion"]) == " (did you mean 'textual-inversion'?)"
    assert did_you_mean("zebra", ["clip"]) == ""


def test_slug_and_stem_are_each_others_inverse():
    assert slug_of(stem_of("from-pixels-to-latents")) == "from-pixels-to-latents"
