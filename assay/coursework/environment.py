"""Decides what a notebook needs of the machine that it is run on, and does not say or cannot have there."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from assay.coursework.code import Piece, calls, dotted, keyword, page_text, pieces, text_of
from assay.coursework.finding import Finding
from assay.coursework.page import Page
from assay.coursework.placing import Placed
from assay.coursework.rules import Rules

_INSTALL = re.compile(r"^\s*[!%]\s*(?:\S*python\S*\s+-m\s+)?(?:uv\s+)?pip3?\s+install\b(.*)$", re.MULTILINE)
_LOADERS = ("from_pretrained", "load_dataset", "load_lora_weights", "load_textual_inversion")
_PLACEHOLDER = re.compile(r"^(?:/path/to/.*|<[\w -]*(?:your|here)[\w -]*>|your[-_][\w/-]+|x{3,}|_{3,})$", re.I)
# Modules whose packages have other names, for those that are not installed here.
_OTHER_NAMES = {
    "cv2": ["opencv-python", "opencv-python-headless", "opencv-contrib-python"],
    "skimage": ["scikit-image"],
    "sklearn": ["scikit-learn"],
    "bs4": ["beautifulsoup4"],
}
_GPU = re.compile(r"cuda(?::\d+)?")
_FOREIGN = re.compile(r"^(?:/home/|/Users/|/content/|/kaggle/|/mnt/|/root/|[A-Za-z]:\\)")
_DOWNLOADS = {"requests.get", "requests.post", "requests.head", "urlopen", "urllib.request.urlopen", "request.urlopen"}


def environment(page: Page, placed: Placed, rules: Rules) -> Iterator[Finding]:
    """Imports, models, placeholders, downloads, devices and paths, from the code with its solutions."""
    known = _installed(page, rules)
    met: set[str] = set()
    chooses = any("cuda.is_available" in cell.source for cell in page.code)
    for piece in pieces(page, placed):
        yield from _imports(page, piece, known, met)
        yield from _placeholders(page, piece, placed)
        for call, name in calls(piece.tree):
            yield from _models(page, piece, call, name, rules)
            yield from _downloads(page, piece, call, name)
            yield from _devices(page, piece, call, name)
        if chooses:
            yield from _widths(page, piece)
        yield from _paths(page, piece)


def _installed(page: Page, rules: Rules) -> set[str]:
    """The packages that are there: the agreed ones, those that the notebook installs, and what these need."""
    listed = [word for cell in page.code for line in _INSTALL.findall(cell.source) for word in line.split()]
    names = {_package(word) for word in listed if not word.startswith("-")} | set(rules.preinstalled)
    found: set[str] = set()
    waiting: list[str] = [canonicalize_name(name) for name in names if name]
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += _needs(name)
    return found


def _package(word: str) -> str:
    try:
        return Requirement(word.strip("'\"")).name
    except InvalidRequirement:
        return ""


@functools.cache
def _needs(package: str) -> tuple[str, ...]:
    """The packages that a package brings with it, as far as it is installed here."""
    try:
        lines = importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        return ()
    required = map(Requirement, lines)
    return tuple(canonicalize_name(r.name) for r in required if r.marker is None or r.marker.evaluate({"extra": ""}))


@functools.cache
def _packages_of(module: str) -> frozenset[str]:
    """The packages that offer a module; one that is not installed here is taken for its own package's name."""
    found = importlib.metadata.packages_distributions().get(module, _OTHER_NAMES.get(module, [module]))
    return frozenset(canonicalize_name(name) for name in found)


def _imports(page: Page, piece: Piece, known: set[str], met: set[str]) -> Iterator[Finding]:
    for node in ast.walk(piece.tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        else:
            continue
        for module in {name.split(".")[0] for name in modules} - met - set(sys.stdlib_module_names):
            met.add(module)
            if not _packages_of(module) & known:
                packages = " or ".join(sorted(_packages_of(module)))
                yield page.finding(
                    piece.cell_of(node), "import-not-installed", "warning",
                    f"Nothing installs {module!r}: add {packages} to the cell that installs packages.",
                    piece.text(node),
                )  # fmt: skip


def _placeholders(page: Page, piece: Piece, placed: Placed) -> Iterator[Finding]:
    """What was to be replaced, in cells that are handed out complete and in solutions."""
    if piece.cell in page.open_cells and piece.cell not in placed.sources:
        return
    for node in ast.walk(piece.tree):
        text = text_of(node)
        if (text is not None and _PLACEHOLDER.match(text)) or (isinstance(node, ast.Name) and set(node.id) == {"_"}
                                                              and len(node.id) > 2):  # fmt: skip
            yield page.finding(
                piece.cell_of(node), "placeholder-left", "warning", "A placeholder stands in code that is run.",
                piece.text(node),
            )  # fmt: skip


def _models(page: Page, piece: Piece, call: ast.Call, name: str, rules: Rules) -> Iterator[Finding]:
    if name.split(".")[-1] not in _LOADERS:
        return
    for given in (*call.args[:1], *(k.value for k in call.keywords if k.arg == "pretrained_model_name_or_path")):
        text = text_of(given) or page_text(page, given)
        if text is None:
            continue
        if text in rules.moved_models:
            yield page.finding(
                piece.cell_of(call), "model-id", "error",
                f"{text} is no longer there: load {rules.moved_models[text]}.", piece.text(call),
            )  # fmt: skip
        elif text.count("/") == 1 and not text.startswith((".", "/", "~")) and not _is_repository(text):
            yield page.finding(
                piece.cell_of(call), "model-id", "error", f"{text!r} can be no repository's name.", piece.text(call)
            )


def _is_repository(text: str) -> bool:
    from huggingface_hub import errors, utils

    try:
        utils.validate_repo_id(text)  # type: ignore[attr-defined]
    except errors.HFValidationError:
        return False
    return True


def _downloads(page: Page, piece: Piece, call: ast.Call, name: str) -> Iterator[Finding]:
    if name in _DOWNLOADS and keyword(call, "timeout") is None and not any(k.arg is None for k in call.keywords):
        yield page.finding(
            piece.cell_of(call), "no-timeout", "warning",
            "This download waits for ever when the server does not answer: give it a timeout.", piece.text(call),
        )  # fmt: skip


def _devices(page: Page, piece: Piece, call: ast.Call, name: str) -> Iterator[Finding]:
    last = name.split(".")[-1]
    given = [text_of(argument) for argument in (*call.args, keyword(call, "device"), keyword(call, "device_map"))]
    is_gpu = any(text is not None and _GPU.fullmatch(text) for text in given)
    if (last == "cuda" and name != "torch.cuda" and not call.args) or (
        is_gpu and (last in ("to", "Generator", "device") or keyword(call, "device") is not None)
    ):
        yield page.finding(
            piece.cell_of(call), "hard-coded", "warning",
            "The GPU is named whatever the machine has: use the device that the set-up found.", piece.text(call),
        )  # fmt: skip


def _widths(page: Page, piece: Piece) -> Iterator[Finding]:
    """float16 without a choice, in a notebook that chooses its device; one finding for each place to mend it."""
    told: dict[int, list[str]] = {}
    for call, name in calls(piece.tree):
        given = [*call.args, *(k.value for k in call.keywords if k.arg in ("torch_dtype", "dtype"))]
        if name.split(".")[-1] == "half" or any(dotted(one) == "torch.float16" for one in given):
            told.setdefault(piece.cell_of(call), []).append(" ".join(ast.unparse(call).split())[:120])
    for cell, texts in told.items():
        more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
        yield page.finding(
            cell, "hard-coded", "warning",
            "float16 is asked for whatever the machine has, and a CPU is slow with it or refuses.", f"{texts[0]}{more}",
        )  # fmt: skip


def _paths(page: Page, piece: Piece) -> Iterator[Finding]:
    for node in ast.walk(piece.tree):
        text = text_of(node)
        if text is not None and _FOREIGN.match(text) and "\n" not in text:
            yield page.finding(
                piece.cell_of(node),
                "hard-coded",
                "warning",
                "This path exists on one kind of machine only.",
                text[:200],
            )
