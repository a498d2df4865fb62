"""The submission's own pictures: decoded, limited and drawn anew, or left out with a reason."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO

import pytest
import report_runs as runs
from PIL import Image, PngImagePlugin

from assay.report.executed import ShownCell
from assay.report.markup import join
from assay.report.outputs import cell_outputs
from assay.report.pictures import COUNT, Album, Unshowable, redrawn


def opened(uri: str) -> Image.Image:
    kind, _, encoded = uri.partition(";base64,")
    assert kind in ("data:image/png", "data:image/jpeg")
    return Image.open(BytesIO(base64.b64decode(encoded)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_pictures_of_every_mode_are_drawn_anew(mode: str) -> None:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "orange").convert(mode).save(buffer, "PNG")
    assert opened(redrawn(base64.b64encode(buffer.getvalue()).decode())).size == (40, 30)


def test_wide_pictures_are_made_smaller() -> None:
    assert opened(redrawn(runs.picture((1800, 600)))).size == (900, 300)
    assert opened(redrawn(runs.picture((3000, 1000), "JPEG"))).size == (900, 300)


def test_only_pixels_survive() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "<script>alert(1)</script>")
    encoded = runs.picture((20, 20), pnginfo=words)
    trailing = base64.b64encode(base64.b64decode(encoded) + b"<script>").decode()
    data = base64.b64decode(redrawn(trailing).partition(",")[2])
    assert b"script" not in data and b"Comment" not in data
    assert b"Exif" not in base64.b64decode(redrawn(runs.picture((20, 20), "JPEG")).partition(",")[2])


def test_a_transparent_figure_lies_on_white() -> None:
    buffer = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(buffer, "PNG")
    assert opened(redrawn(base64.b64encode(buffer.getvalue()).decode())).getpixel((4, 4)) == (255, 255, 255)


def png_header(width: int, height: int) -> str:
    """A PNG that claims a size and holds nothing."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"")
    chunks = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (head, body, b"IEND")]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def gif() -> str:
    buffer = BytesIO()
    Image.new("P", (9, 9)).save(buffer, "GIF")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "not base64!",
        "ÄÖ",
        base64.b64encode(b"<svg onload=alert(1)>").decode(),
        gif(),
        runs.picture((400, 400))[:200],
        png_header(50, 50),
        runs.picture((4_001, 40)),
        runs.picture((40, 4_001), "JPEG"),
        png_header(60_000, 60_000),
        png_header(0, 0),
    ],
)
def test_a_picture_that_cannot_be_shown_is_refused(encoded: str) -> None:
    with pytest.raises(Unshowable):
        redrawn(encoded)


def test_a_report_shows_a_limited_number_of_pictures() -> None:
    outputs = tuple(runs.display(image_png=runs.picture((8, 8))) for _ in range(COUNT + 5))
    album = Album()
    shown = join(cell_outputs(ShownCell(3, "code", "", 1, outputs), album))
    assert shown.count("<img") == COUNT and album.left_out == 5 and shown.count("A picture was left out") == 1


def test_a_broken_picture_becomes_a_note() -> None:
    shown = join(cell_outputs(ShownCell(3, "code", "", 1, (runs.display(image_png="zzz="),)), Album()))
    assert "A picture was left out" in shown and "<img" not in shown


def test_the_pages_of_one_run_draw_a_picture_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, str] = {}
    first = Album(drawn).add(runs.picture((8, 8)))
    monkeypatch.setattr("assay.report.pictures.redrawn", lambda encoded: pytest.fail("drawn twice"))
    assert Album(drawn).add(runs.picture((8, 8))) == first
