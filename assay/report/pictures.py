"""Which of a submission's pictures a page may show: PNG and JPEG, decoded and drawn anew, within limits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SIDE_PIXELS = 4_000  # a picture decodes to at most 4000 x 4000 pixels: 48 MB as RGB, far above any figure's need
WIDTH, HEIGHT = 900, 2_400  # as wide as the page's column on a dense screen; taller than any sensible grid of samples
COUNT = 40  # pictures per report
TOTAL_BYTES = 16_000_000  # of one report's pictures together, so that the page opens at once and can be mailed
RUNS = 3  # zlib's Z_RLE
ENCODED_CHARACTERS = 30_000_000  # base64 of one picture; beyond it nothing is decoded at all


class Unshowable(ValueError):  # noqa: N818 - it names the state of a picture, and always becomes a note
    """A picture that is left out; the message says why and reads on after 'a picture was left out: '."""


@dataclass
class Album:
    """What the pictures of one report have used up so far; `drawn` may be shared by the pages of one run."""

    drawn: dict[str, str] = field(default_factory=dict)
    count: int = 0
    bytes: int = 0
    left_out: int = 0

    def add(self, encoded: str) -> str:
        """The picture as a data URI of our own encoding.

        Raises:
            Unshowable: the picture is broken, too large, of another kind, or the report has enough pictures.
        """
        if self.count >= COUNT or self.bytes >= TOTAL_BYTES:
            self.left_out += 1
            raise Unshowable(f"this report already shows {self.count} pictures")
        name = hashlib.sha256(encoded.encode("utf-8", "replace")).hexdigest()
        uri = self.drawn.get(name) or self.drawn.setdefault(name, redrawn(encoded))
        self.count, self.bytes = self.count + 1, self.bytes + len(uri)
        return uri


def redrawn(encoded: str) -> str:
    """A base64 PNG or JPEG, decoded, laid on white, made at most 900 pixels wide, and encoded anew as a data URI.

    Nothing but pixels survives: no metadata, no second frame, no bytes after the end.

    Raises:
        Unshowable: the data is no such picture, is broken, or is too large.
    """
    if len(encoded) > ENCODED_CHARACTERS:
        raise Unshowable("its file is too large")
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unshowable("its data is not base64") from None
    kind, pixels = _redraw(data)
    return f"data:image/{kind};base64,{base64.b64encode(pixels).decode('ascii')}"


def _redraw(data: bytes) -> tuple[str, bytes]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a strange file makes Pillow remark is of no use to a reader
            kind, canvas = _decoded(data)
    except Unshowable:
        raise
    except Exception:  # Pillow raises a dozen kinds on hostile data; all mean the same to the reader
        raise Unshowable("it is broken or of an unknown kind") from None
    canvas.thumbnail((WIDTH, HEIGHT))
    out = BytesIO()
    # Looking for runs of one colour alone takes a third of the time of Pillow's default, and figures are as small.
    canvas.save(out, kind, **({"quality": 85} if kind == "jpeg" else {"compress_level": 1, "compress_type": RUNS}))
    return kind, out.getvalue()


def _decoded(data: bytes) -> tuple[str, Picture]:
    """The kind to encode as, and the pixels; the size is known and refused before anything is decoded."""
    from PIL import Image

    with Image.open(BytesIO(data), formats=["PNG", "JPEG"]) as picture:
        _refuse_giants(picture.size)
        kind = "jpeg" if picture.format == "JPEG" else "png"
        picture.draft("RGB", (WIDTH, HEIGHT))  # lets a large JPEG decode small at once
        return kind, _on_white(picture)


def _refuse_giants(size: tuple[int, int]) -> None:
    if size[0] > SIDE_PIXELS or size[1] > SIDE_PIXELS:
        raise Unshowable(f"{size[0]:,} x {size[1]:,} pixels are more than {SIDE_PIXELS:,} x {SIDE_PIXELS:,}")


def _on_white(picture: Picture) -> Picture:
    """An RGB copy on white: a transparent figure stays readable on a dark page, and metadata stays behind."""
    from PIL import Image

    drawn = picture.convert("RGBA")
    canvas = Image.new("RGB", drawn.size, "white")
    canvas.paste(drawn, mask=drawn.getchannel("A"))
    return canvas
