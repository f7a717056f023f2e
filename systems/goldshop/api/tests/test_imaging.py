"""Pictures that come from outside: honest ones are made ours, hostile ones are refused."""

from __future__ import annotations

import asyncio
import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from goldshop import image_process, imaging
from goldshop.imaging import RefusedImageError, Rendered
from PIL import Image, ImageCms

RED, BLUE = (200, 30, 40), (30, 40, 200)


def picture(width: int = 900, height: int = 600, kind: str = "JPEG", mode: str = "RGB", **how: object) -> bytes:
    """The left half red, the right half blue."""
    drawn = Image.new("RGB", (width, height), RED)
    drawn.paste(BLUE, (width // 2, 0, width, height))
    file = io.BytesIO()
    drawn.convert(mode).save(file, kind, **how)
    return file.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says that it is so large."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("run.sh", "echo gotcha")
    return file.getvalue()


def gps() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 22.0, 13.0)
    return exif


def opened(made: Rendered, size: str, name: str) -> Image.Image:
    data = next(one.data for one in made.files if (one.size, one.format) == (size, name))
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_in_every_size_and_format_and_never_larger_than_it_was(kind: str) -> None:
    """APP-09: thumbnails and modern formats."""
    made = imaging.render(picture(900, 600, kind))
    assert (made.width, made.height) == (900, 600)
    assert {(one.size, one.format) for one in made.files} == {
        (size, name) for size in ("thumb", "card", "full") for name in imaging.formats()
    }
    sizes = {size: opened(made, size, "webp").size for size in ("thumb", "card", "full")}
    assert sizes == {"thumb": (320, 213), "card": (720, 480), "full": (900, 600)}
    for name in imaging.formats():
        left = opened(made, "card", name).convert("RGB").getpixel((100, 200))
        assert isinstance(left, tuple)
        assert all(abs(one - wanted) < 12 for one, wanted in zip(left, RED, strict=True)), name


def test_where_the_camera_was_and_everything_else_it_said_is_gone() -> None:
    """APP-09: metadata is stripped: EXIF with GPS, XMP, comments, profiles."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = picture(exif=gps(), comment=b"my secret comment", icc_profile=profile)
    assert b"Secret Camera" in data
    assert b"my secret comment" in data
    made = imaging.render(data)
    for one in made.files:
        assert not any(
            word in one.data for word in (b"Secret Camera", b"my secret", b"Exif\0\0", b"ICC_PROFILE", b"XMP")
        )
        assert dict(Image.open(io.BytesIO(one.data)).getexif()) == {}


def test_a_picture_taken_with_the_camera_turned_stands_upright() -> None:
    """APP-09: orientation is applied before it is stripped."""
    exif = Image.Exif()
    exif[0x0112] = 6
    made = imaging.render(picture(900, 600, exif=exif))
    assert (made.width, made.height) == (600, 900)
    top = opened(made, "full", "jpg").getpixel((300, 50))
    assert isinstance(top, tuple)
    assert abs(top[0] - RED[0]) < 12


def test_what_can_be_seen_through_is_shown_on_white() -> None:
    """APP-09: all formats show the same."""
    file = io.BytesIO()
    Image.new("RGBA", (100, 100), (10, 10, 10, 0)).save(file, "PNG")
    assert opened(imaging.render(file.getvalue()), "full", "webp").convert("RGB").getpixel((50, 50)) == (255, 255, 255)


def test_a_telephones_second_picture_behind_the_first_is_cut_off() -> None:
    """APP-09: what honest cameras append is no reason to refuse."""
    data = picture() + picture(40, 40, exif=gps())
    made = imaging.render(data)
    assert all(b"Secret Camera" not in one.data for one in made.files)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb of 2,500 million pixels": (lambda: bomb(50_000, 50_000), "pixels"),
    "a bomb of one endless line": (lambda: bomb(100_000, 40), "endless"),
    "more bytes than we take": (lambda: picture() + b"\0" * imaging.LARGEST_BYTES, "larger than 12 MB"),
    "a JPEG that ends too early": (lambda: picture()[:-400], "damaged"),
    "a JPEG with a broken middle": (lambda: b"\xff\xd8\xff\xe0" + b"\0" * 900, "damaged"),
    "a PNG that ends too early": (lambda: picture(kind="PNG")[:-30], "damaged"),
    "a PNG whose pixels are missing": (lambda: bomb(400, 400), "damaged"),
    "a WebP that ends too early": (lambda: picture(kind="WEBP")[:-30], "damaged"),
    "a JPEG that is also an archive": (lambda: picture() + archive(), "besides"),
    "a PNG that is also an archive": (lambda: picture(kind="PNG") + archive(), "besides"),
    "a JPEG that is also a page": (lambda: picture(comment=b"<script>alert(1)</script>"), "besides"),
    "a PNG with a page behind it": (lambda: picture(kind="PNG") + b"<html><script>1</script>", "besides"),
    "a JPEG that is also a PDF": (lambda: picture(comment=b"%PDF-1.7"), "besides"),
    "a WebP with a program behind it": (lambda: picture(kind="WEBP") + b"\x7fELF", "besides"),
    "an SVG with a script": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "Only JPEG"),
    "a GIF": (lambda: picture(kind="GIF"), "Only JPEG"),
    "a TIFF": (lambda: picture(kind="TIFF"), "Only JPEG"),
    "a page that says it is a picture": (lambda: b"<html>not a picture</html>", "Only JPEG"),
    "nothing": (lambda: b"", "Only JPEG"),
    "a moving picture": (lambda: moving(), "moving"),
    "a dot": (lambda: picture(4, 4, "PNG"), "smaller"),
}


def moving() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), (number * 20, 0, 0)) for number in range(9)]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason(name: str) -> None:
    """APP-09: hostile files are refused: bombs, polyglots, truncated ones, wrong types."""
    make, reason = HOSTILE[name]
    with pytest.raises(RefusedImageError, match=reason):
        imaging.render(make())


def test_a_picture_is_made_in_a_process_that_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """APP-09: the decoder works apart, and gives the same as here."""
    monkeypatch.setenv("JWT_SECRET", "not for decoders")
    data = picture(400, 300)
    assert asyncio.run(image_process.render(data)) == imaging.render(data)
    with pytest.raises(RefusedImageError, match="Only JPEG"):
        asyncio.run(image_process.render(b"<svg/>"))


def test_a_picture_that_takes_too_long_is_refused_and_its_process_ended() -> None:
    """APP-09: time is limited."""

    async def story() -> None:
        with pytest.raises(RefusedImageError, match="too long"):
            await image_process.render(picture(4000, 3000), seconds=0.02)

    asyncio.run(story())


def test_a_picture_that_needs_more_memory_than_it_may_have_ends_only_its_own_process() -> None:
    """APP-09: memory is limited."""

    async def story() -> None:
        with pytest.raises(RefusedImageError, match=r"damaged|within the limits"):
            await image_process.render(picture(7000, 7000, "PNG"), memory=150 * 1024 * 1024)

    asyncio.run(story())
