"""Decides what a lesson's checks would miss: runs generated mutants of the reference and counts who catches them."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay.command.lessons import Lesson, load_lessons, warm_imports
from assay.command.run import start_warm
from assay.command.session import Result, Session
from assay.declared import declared, rules
from assay.failure import Fault, Misuse
from assay.kept import KeptMutant, write
from assay.kit import ensure_kit
from assay.mutation import Site, fits, sites
from assay.observed import Observed
from assay.proof import Legal, Survivor, Variant, apply, source_of
from assay.proving import SECRET, add_run_options, asked, kept_so_far
from assay.tables import write_pages

SEED = 7
MOST = 200  # of one lesson; a sample of that size tells a score of 95 % from one of 90 %
CELL_S, EXERCISE_S = 60.0, 120.0  # ten times what a reference's slowest cell takes: a mutant may never end


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant: "stopped", when its exercise ended in an error, which the result shows, whatever else
    that cost; "caught" by a criterion; "survived"; "unnoticeable"; "legal"; or "refused": legal, yet it lost one."""

    site: Site
    kind: str
    caught_by: tuple[str, ...] = ()
    reason: str = ""


def drawn(every: list[Site], most: int, seed: int) -> list[Site]:
    """A sample of the mutants, the same one for the same seed, in their order."""
    chosen = random.Random(seed).sample(range(len(every)), min(most, len(every)))
    return [every[index] for index in sorted(chosen)]


class Mutating:
    """Grades mutants of one lesson's reference, each as a notebook of its exercise alone."""

    def __init__(self, session: Session, lesson: Lesson, folder: Path) -> None:
        # other hidden inputs for each mutant would make every one of them look different
        self._session, self._lesson, self._folder = replace(session, asked_as="every mutant"), lesson, folder
        self._reference = json.loads(lesson.files.reference.read_text(encoding="utf-8"))
        self.rules = rules(lesson.files)
        changes = declared(lesson.files)
        self._needs = {c.exercise: tuple(sorted({n for d in changes if d.exercise == c.exercise for n in d.needs}))
                       for c in changes}  # fmt: skip
        self._sites = sites(self._reference)
        self._plain: dict[int, tuple[Result, Observed, set[int]]] = {}

    @property
    def possible(self) -> int:
        """How many mutants there are."""
        return len(self._sites)

    def sites(self, most: int, seed: int, words: Sequence[str] = ()) -> list[Site]:
        """A sample of them, or what of it holds one of the words."""
        sample = drawn(self._sites, most, seed)
        return [site for site in sample if not words or any(word in site.mutant.description for word in words)]

    def run(self, chosen: list[Site], jobs: int) -> Iterator[Verdict]:
        """The verdicts, in the order of the mutants."""
        for exercise in {site.exercise for site in chosen}:
            places = [self._folder / f"plain-{exercise}-{n}" for n in (1, 2)]
            result, _ = (self._graded(self._notebook(exercise), place) for place in places)
            first, second = (Observed(place / "run", exercise) for place in places)
            self._plain[exercise] = result, first, first.unstable(second)
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(self._one, range(len(chosen)), chosen)

    def _one(self, number: int, site: Site) -> Verdict:
        notebook = self._notebook(site.exercise)
        wanted = source_of(self._reference["cells"][site.cell])
        (cell,) = [c for c in notebook["cells"] if c["cell_type"] == "code" and source_of(c) == wanted]
        cell["source"] = site.mutant.source
        place = self._folder / str(number)
        result = self._graded(notebook, place)
        plain, observed, unstable = self._plain[site.exercise]
        lost = tuple(sorted(_passed(plain, site.exercise) - _passed(result, site.exercise)))
        stopped = _state(result, site.exercise) != _state(plain, site.exercise)
        verdict = self._verdict(
            site, lost, stopped, lambda: observed.same_as(Observed(place / "run", site.exercise), unstable)
        )
        shutil.rmtree(place, ignore_errors=True)
        return verdict

    def _verdict(self, site: Site, lost: tuple[str, ...], stopped: bool, same: Callable[[], bool]) -> Verdict:
        rule = next((r for r in self.rules if isinstance(r, Legal) and fits(r, site)), None)
        if rule is not None and not stopped:
            return Verdict(site, "refused" if lost else "legal", lost, rule.reason)
        if lost or stopped:
            return Verdict(site, "stopped" if stopped else "caught", lost)
        if same():
            return Verdict(site, "unnoticeable")
        known = next((r for r in self.rules if isinstance(r, Survivor) and fits(r, site)), None)
        return Verdict(site, "survived", reason=known.reason if known else "")

    def _notebook(self, exercise: int) -> dict[str, Any]:
        return apply(self._reference, Variant("mutant", exercise, (), self._needs.get(exercise, ())))

    def _graded(self, notebook: dict[str, Any], place: Path) -> Result:
        place.mkdir(parents=True)
        path = place / f"{self._lesson.files.stem}.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return self._session.grade(str(path), place / "run", lambda step: None)


def _passed(result: Result, exercise: int) -> set[str]:
    return {
        c["id"] for e in result["exercises"] if e["number"] == exercise
        for c in e["criteria"] if c["kind"] == "automatic" and c["state"] == "passed"
    }  # fmt: skip


def _state(result: Result, exercise: int) -> str:
    return next((str(e["state"]) for e in result["exercises"] if e["number"] == exercise), "missing")


def hurried(lesson: Lesson) -> Lesson:
    """The lesson with short limits: a mutant may never come to an end."""
    limits = replace(lesson.rubric.limits, cell_s=CELL_S, exercise_s=EXERCISE_S)
    return replace(lesson, rubric=replace(lesson.rubric, limits=limits))


def main(arguments: list[str] | None = None) -> int:
    """`python -m assay.mutating LESSON [WORD...]`: the mutation score and every survivor; 1 below 95 %."""
    parser = argparse.ArgumentParser(prog="python -m assay.mutating", description=main.__doc__)
    parser.add_argument("lesson", nargs="?", help="the lesson's slug, such as textual-inversion")
    parser.add_argument("words", nargs="*", help="only those of the sample whose change holds one of these")
    parser.add_argument("--most", type=int, default=MOST, help=f"mutants of a lesson at the most (default {MOST})")
    parser.add_argument("--seed", type=int, default=SEED, help="which sample is drawn")
    add_run_options(parser)
    options = parser.parse_args(arguments)
    lessons = load_lessons()
    chosen = asked(lessons, options.lesson, options.all)
    lessons |= {slug: hurried(lessons[slug]) for slug in chosen}
    status = 0
    kit = ensure_kit()
    with tempfile.TemporaryDirectory(prefix="assay-") as scratch:
        (Path(scratch) / "runs").mkdir()
        with start_warm(kit, warm_imports(lessons), Path(scratch), "cpu") as warm:
            session = Session(lessons, None, kit, warm, "fork", "limits", SECRET)
            for slug in chosen:
                mutating = Mutating(session, lessons[slug], Path(scratch) / slug)
                sample = mutating.sites(options.most, options.seed, options.words)
                if options.write and not options.words:
                    keep(options.write, lessons[slug], mutating.possible, options.seed)
                verdicts = []
                for verdict in mutating.run(sample, options.jobs):
                    verdicts.append(_told(verdict))
                    if options.write:
                        keep(options.write, lessons[slug], mutating.possible, options.seed, verdict)
                status |= summary(verdicts)
    return status


def keep(folder: Path, lesson: Lesson, possible: int, seed: int, verdict: Verdict | None = None) -> None:
    """Put the verdict in place of an older one on the same mutant, and write the tables anew; without a verdict, all
    older ones go."""
    kept = replace(kept_so_far(folder, lesson), possible=possible, seed=seed)
    if verdict is None:
        kept = replace(kept, mutants=())
    else:
        site, mutant = verdict.site, verdict.site.mutant
        found = KeptMutant(
            site.exercise, site.cell, mutant.line, mutant.description, verdict.kind, verdict.caught_by, verdict.reason
        )
        kept = kept.with_mutants([found])
    write(folder / "proofs", kept)
    write_pages(folder)


def _told(verdict: Verdict) -> Verdict:
    by = f" by {', '.join(verdict.caught_by)}" if verdict.caught_by else ""
    why = f" ({verdict.reason})" if verdict.reason else ""
    print(f"{verdict.kind}{by}{why}: {verdict.site}", flush=True)
    return verdict


def summary(verdicts: list[Verdict]) -> int:
    """Print the table; 0 when at least 95 % of the mutants that count are caught and no legal one is refused."""
    kinds = Counter(verdict.kind for verdict in verdicts)
    by_criterion = Counter((v.site.exercise, name) for v in verdicts if v.kind == "caught" for name in v.caught_by)
    print("\nmutants caught, by criterion:")
    for (exercise, name), count in sorted(by_criterion.items()):
        print(f"  exercise {exercise}  {count:4d}  {name}")
    noticed = kinds["caught"] + kinds["stopped"]
    counted = noticed + kinds["survived"]
    score = noticed / counted if counted else 1.0
    print(f"noticed {noticed} of {counted} that change what is observed: {score:.1%}")
    print(f"  {kinds['stopped']} of them ended their exercise in an error, which the result shows")
    print(f"not counted: {kinds['legal']} legal ones passed, {kinds['unnoticeable']} changed nothing that is observed")
    print(f"legal ones refused: {kinds['refused']}")
    return 0 if score >= 0.95 and not kinds["refused"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Misuse, Fault) as error:
        sys.exit(f"assay.mutating: {error}")
