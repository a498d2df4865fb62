"""Which files a graded cohort leaves for people, under which names; one page that fails never costs the others."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

from assay.report.cohort_page import write_cohort_page
from assay.report.files import write_text
from assay.report.gradebook import write_gradebook
from assay.report.markup import document, tag
from assay.report.page import Audience, write_report
from assay.report.student import PUBLIC
from assay.report.words import Result, file_name

ID_LENGTH = 80  # leaves room for folders and suffixes below the 255 bytes of common file systems
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}
Published = Callable[[str | None, str], bool]


def write_all(
    results: Sequence[Result],
    run_folders: Mapping[int, Path],
    out: Path,
    is_published: Published | None = None,
) -> Path:
    """Write every page and the gradebook; returns the cohort's page.

    Writes `report.html`, `gradebook.csv`, `reports/<id>.html`, `reports/student/<id>.html`; ids are from `report_ids`.
    A page that cannot be made is replaced by one that says so.

    Args:
        results: the results in their order.
        run_folders: for the index of a result, the folder of its run; results without one show no outputs.
        out: the folder to write into.
        is_published: tells of a lesson and a markdown cell's source whether the cell is the course's own.
    """
    pairs = enumerate(zip(results, report_ids(results), strict=True))
    links = [write_pages(result, run_folders.get(i), out, name, is_published) for i, (result, name) in pairs]
    return write_summary(results, links, out)


def write_pages(
    result: Result, run_folder: Path | None, out: Path, name: str, is_published: Published | None = None,
    released: Collection[str] = PUBLIC,
) -> str | None:  # fmt: skip
    """Write one submission's two pages, the student's with what is `released`; the instructor's address below `out`, or
    None when there is none."""
    ours = _for_lesson(is_published, result["lesson"])
    made = _pages(result, run_folder, out / "reports", f"{name}.html", ours, released)
    return f"reports/{name}.html" if made else None


def write_summary(results: Sequence[Result], links: Sequence[str | None], out: Path) -> Path:
    """Write the gradebook and the page of all submissions, which leads to `links`; returns that page."""
    write_gradebook(results, out / "gradebook.csv")
    try:
        write_cohort_page(results, _by_name(results, links), out / "report.html")
    except Exception as error:
        write_text(out / "report.html", _apology("The page of all submissions", error))
    return out / "report.html"


def _by_name(results: Sequence[Result], links: Sequence[str | None]) -> dict[str, str]:
    """The pages that there are, by the submission's `id` or file."""
    pairs = zip(results, links, strict=True)
    return {str(result.get("id") or result["file"]): link for result, link in pairs if link is not None}


def report_ids(results: Sequence[Result]) -> list[str]:
    """A unique name per result that any file system takes: lower and upper case, signs and length make no two collide.

    It is the file's stem in ASCII; where stems collide the folder's name goes in front, then numbers behind.
    """
    paths = [PurePosixPath(str(result["file"]).replace("\\", "/")) for result in results]
    stems = [_ascii(path.stem) for path in paths]
    often = Counter(stem.casefold() for stem in stems)
    wanted = [
        _ascii(f"{path.parent.name}-{stem}") if often[stem.casefold()] > 1 and path.parent.name else stem
        for path, stem in zip(paths, stems, strict=True)
    ]
    taken: set[str] = set()
    return [_unique(name, taken) for name in wanted]


def _unique(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while candidate.casefold() in taken:
        number += 1
        suffix = f"-{number}"
        candidate = name[: ID_LENGTH - len(suffix)] + suffix
    taken.add(candidate.casefold())
    return candidate


def _ascii(text: str) -> str:
    """Letters, digits, dashes and underscores of the text, accents dropped; a name of its own where nothing is left."""
    letters = (
        unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text)).encode("ascii", "ignore").decode("ascii")
    )
    words = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in letters).split()
    name = "-".join(words)[:ID_LENGTH].strip("-") or "submission"
    return f"submission-{name}" if name.casefold() in _RESERVED else name


def _for_lesson(is_published: Published | None, lesson: str | None) -> Callable[[str], bool] | None:
    return None if is_published is None else lambda source: is_published(lesson, source)


def _pages(
    result: Result, run_folder: Path | None, reports: Path, name: str, ours: Callable[[str], bool] | None,
    released: Collection[str],
) -> bool:  # fmt: skip
    """Write the instructor's and the student's page; False when the instructor's is missing, even as a note."""
    drawn: dict[str, str] = {}

    def page(path: Path, audience: Audience) -> bool:
        try:
            write_report(result, run_folder, path, audience, ours, drawn, released)
        except Exception as error:  # a strange submission must not take the cohort's reports with it
            try:
                write_text(path, _apology(f"The report of {file_name(result)}", error))
            except OSError:
                return False
        return True

    made = page(reports / name, "instructor")
    page(reports / "student" / name, "student")
    return made


def _apology(what: str, error: Exception) -> str:
    """A page in place of one that failed; the marks are not affected."""
    text = f"{what} could not be made ({type(error).__name__}). The marks stand in gradebook.csv and results.json."
    return document("Report missing", tag("main", tag("p", text, class_="banner fault")))
