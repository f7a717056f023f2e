"""Pictures of goods: what was uploaded is checked, turned upright, freed of its metadata, and made in our sizes.

    made = render(data)          # in a process of its own: see image_process

Only pixels survive: every file that is kept is encoded anew. What is no honest picture is refused with a reason that
may be shown to whoever uploaded it. Nothing here touches a file, the network or the environment.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

LARGEST_BYTES = 12 * 1024 * 1024
"""Bytes of an upload; a telephone's best photograph has about 8 MB."""

MOST_PIXELS = 50_000_000
"""Pixels of an upload, whatever the file says it weighs: 50 million are 150 MB in memory."""

LONGEST_SIDE = 12_000
SHORTEST_SIDE = 32

SIZES = {"thumb": 320, "card": 720, "full": 1600}
"""Pixels of the longer side of each size; none is made larger than what was uploaded."""

FORMATS = {"webp": "image/webp", "avif": "image/avif", "jpg": "image/jpeg"}
"""Names of the formats that are made, and their media types. AVIF only where Pillow was built with it."""

_QUALITY: dict[str, dict[str, object]] = {
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
    "avif": {"format": "AVIF", "quality": 62, "speed": 8},
    "jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
}

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_KINDS = ("JPEG", "PNG", "WEBP")

# Nothing that encodes pixels writes these by chance: they are long enough.
_FOREIGN = re.compile(
    rb"<script|<html|<\?php|<!doctype|javascript:|__HALT_COMPILER|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c", re.IGNORECASE
)
# In the data of a scan 0xFF is followed by 0, by a restart marker or by another 0xFF; anything else ends it.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


class RefusedImageError(Exception):
    """The upload is not a picture that we take; the message says why, in words for whoever sent it."""


@dataclass(frozen=True)
class Rendering:
    """One file that was made: "card", "webp" and its bytes."""

    size: str
    format: str
    data: bytes


@dataclass(frozen=True)
class Rendered:
    """What became of an upload: the pixels of the largest size, and all files."""

    width: int
    height: int
    files: tuple[Rendering, ...]


def check(data: bytes) -> str:
    """Look at the bytes alone, without decoding a pixel: "JPEG", "PNG" or "WEBP". Raises RefusedImageError."""
    if len(data) > LARGEST_BYTES:
        raise RefusedImageError(f"The file is larger than {LARGEST_BYTES // 1024**2} MB.")
    kind = _kind(data)
    end = {"JPEG": _end_of_jpeg, "PNG": _end_of_png, "WEBP": _end_of_webp}[kind](data)
    if not _may_follow(kind, data[end:]) or _is_something_else(data):
        raise RefusedImageError("The file holds something besides the picture.")
    return kind


def render(data: bytes) -> Rendered:
    """Check `data`, decode it within the limits, and make every size in every format. Raises RefusedImageError."""
    picture = _decoded(data, check(data))
    files: list[Rendering] = []
    full = _fitted(picture, SIZES["full"])
    for size, longest in SIZES.items():
        fitted = _fitted(full, longest)
        files += (Rendering(size, name, _encoded(fitted, name)) for name in formats())
    return Rendered(full.width, full.height, tuple(files))


def formats() -> tuple[str, ...]:
    """The formats that this machine can make."""
    from PIL import features

    return tuple(name for name in FORMATS if name != "avif" or features.check("avif"))


def _kind(data: bytes) -> str:
    if data.startswith(_JPEG):
        return "JPEG"
    if data.startswith(_PNG):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    raise RefusedImageError("Only JPEG, PNG and WebP pictures are taken.")


def _decoded(data: bytes, kind: str) -> Image.Image:
    from PIL import Image, ImageOps

    try:
        # Pillow warns and refuses at its own sizes; ours are read from the header, before a pixel is decoded.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=(kind,))
        with opened:
            _check_size(opened.width, opened.height)
            if getattr(opened, "n_frames", 1) > 1:
                raise RefusedImageError("A moving picture is not taken.")
            profile = opened.info.get("icc_profile")
            # A JPEG is decoded at the size that is needed, which saves most of the work.
            opened.draft("RGB", (SIZES["full"], SIZES["full"]))
            upright = ImageOps.exif_transpose(opened)
        return _flat(_in_srgb(upright, profile))
    except RefusedImageError:
        raise
    except Image.DecompressionBombError:
        raise RefusedImageError("The picture has too many pixels.") from None
    # Pillow's decoders raise whatever their formats brought them to.
    except Exception as failure:
        raise RefusedImageError("The picture is damaged or incomplete.") from failure


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise RefusedImageError(f"The picture has more than {MOST_PIXELS // 10**6} million pixels or an endless side.")
    if min(width, height) < SHORTEST_SIDE:
        raise RefusedImageError(f"The picture is smaller than {SHORTEST_SIDE} pixels.")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    # Without its profile a photograph in a wide gamut would look pale everywhere.
    from PIL import ImageCms

    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return picture
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return turned or picture


def _flat(picture: Image.Image) -> Image.Image:
    # On white, as goods are shown: no format then differs in what stands behind them.
    from PIL import Image

    if picture.mode == "RGB":
        return picture
    if picture.mode.startswith("I") or picture.mode == "F":
        picture = picture.point(lambda value: value / 256).convert("L")
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(ground, layered).convert("RGB")


def _fitted(picture: Image.Image, longest: int) -> Image.Image:
    from PIL import Image

    fitted = picture.copy()
    fitted.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return fitted


def _encoded(picture: Image.Image, name: str) -> bytes:
    from PIL import Image

    # New pixels in a new picture: nothing that the upload said about itself can come along.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    file = io.BytesIO()
    clean.save(file, **_QUALITY[name])  # type: ignore[arg-type]
    return file.getvalue()


def _end_of_jpeg(data: bytes) -> int:
    at = 2
    while at + 4 <= len(data) or data[at : at + 2] == b"\xff\xd9":
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == _END_OF_IMAGE:
            return at + 2
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        length: int = struct.unpack_from(">H", data, at + 2)[0]
        if length < 2:
            break
        at += 2 + length
        if marker == _START_OF_SCAN:
            found = _END_OF_SCAN.search(data, at)
            at = found.start() if found else len(data)
    raise RefusedImageError("The picture is damaged or incomplete.")


def _end_of_png(data: bytes) -> int:
    for name, end in _png_chunks(data):
        if name == b"IEND":
            return end
    raise RefusedImageError("The picture is damaged or incomplete.")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    at = len(_PNG)
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if at <= len(data):
            yield name, at


def _end_of_webp(data: bytes) -> int:
    size: int = struct.unpack_from("<I", data, 4)[0]
    if size + 8 > len(data):
        raise RefusedImageError("The picture is damaged or incomplete.")
    return size + 8


def _may_follow(kind: str, rest: bytes) -> bool:
    # Telephones put a second picture or a short film behind a JPEG; it is cut off like all that is not pixels.
    if not rest.strip(b"\0"):
        return True
    return kind == "JPEG" and (rest.lstrip(b"\0").startswith(_JPEG) or rest[4:8] == b"ftyp")


def _is_something_else(data: bytes) -> bool:
    suspicions: tuple[Callable[[], bool], ...] = (
        lambda: b"%PDF-" in data[:1024],
        lambda: _FOREIGN.search(data) is not None,
        lambda: zipfile.is_zipfile(io.BytesIO(data)),
    )
    return any(suspicion() for suspicion in suspicions)
