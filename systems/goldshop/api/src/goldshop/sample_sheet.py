"""A sheet on which metal and stone are drawn, for the sample's pictures: sheen, shadow, facets. Pillow only."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIDE = 512
"""Pixels of a drawing; it is made twice as large and then reduced, which makes its edges smooth."""

BIG = 2 * SIDE
"""Pixels of the sheet."""

Color = tuple[int, int, int]
Point = tuple[float, float]

METALS: dict[str, tuple[Color, Color, Color]] = {
    "yellow": ((255, 232, 168), (222, 172, 78), (140, 96, 28)),
    "white": ((250, 250, 252), (196, 200, 208), (112, 118, 130)),
    "rose": ((255, 222, 206), (222, 150, 124), (140, 78, 58)),
    "silver": ((252, 252, 250), (206, 206, 204), (124, 126, 130)),
    "none": ((250, 244, 232), (190, 176, 152), (110, 96, 78)),
}
STONES: dict[str, Color] = {
    "clear": (226, 236, 246),
    "blue": (38, 74, 176),
    "green": (22, 128, 84),
    "red": (184, 24, 56),
    "pink": (240, 164, 176),
    "sky": (130, 202, 226),
}
DIALS: dict[str, Color] = {
    "light": (244, 240, 230),
    "dark": (34, 36, 42),
    "blue": (26, 44, 96),
    "green": (20, 62, 46),
}
BOXES: dict[str, Color] = {
    "navy": (32, 44, 84),
    "ivory": (232, 224, 204),
    "racing": (18, 66, 48),
    "burgundy": (100, 24, 42),
}


class Sheet:
    """The picture while it is drawn; places are parts of its side, from 0 to 1."""

    def __init__(self, metal: str, stone: str, chance: random.Random) -> None:
        self.metal = METALS.get(metal, METALS["silver"])
        self.stone = STONES.get(stone)
        self.word = metal
        self.chance = chance
        self.picture = _ground()

    def of_metal(
        self, paint: Callable[[ImageDraw.ImageDraw], None], shades: tuple[Color, Color, Color] | None = None
    ) -> None:
        """A body of metal of the shape that `paint` draws in white: with a shadow, a sheen and rounded edges."""
        mask = Image.new("L", (BIG, BIG), 0)
        paint(ImageDraw.Draw(mask))
        self._shadow(mask)
        self.picture.paste(_sheen(shades or self.metal), (0, 0), mask)
        self._round(mask)

    def gem(self, x: float, y: float, radius: float, color: Color | None = None) -> None:
        """A brilliant seen from above."""
        color = color or self.stone or STONES["clear"]
        mask = Image.new("L", (BIG, BIG), 0)
        outline = ring_of(x, y, radius, 16)
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        self._shadow(mask, 0.5)
        pen = ImageDraw.Draw(self.picture)
        pen.polygon(outline, fill=mixed(color, (0, 0, 0), 0.12))
        table = ring_of(x, y, radius * 0.55, 8, 0.5)
        for number in range(16):
            near = table[(number // 2) % 8]
            facet = (outline[number], outline[(number + 1) % 16], near)
            pen.polygon(facet, fill=self._facet(color, number / 16))
        for number in range(8):
            facet = (table[number], table[(number + 1) % 8], outline[(2 * number + 2) % 16])
            pen.polygon(facet, fill=self._facet(color, number / 8 + 0.07))
        pen.polygon(table, fill=mixed(color, (255, 255, 255), 0.42))
        star = zip(
            ring_of(x - radius * 0.24, y - radius * 0.24, radius * 0.2, 4),
            ring_of(x - radius * 0.24, y - radius * 0.24, radius * 0.035, 4, 0.5),
            strict=True,
        )
        pen.polygon([point for pair in star for point in pair], fill="white")

    def pearl(self, x: float, y: float, radius: float) -> None:
        """A pearl, light or dark."""
        base = (92, 96, 104) if self.word == "dark" else (244, 238, 228)
        mask = Image.new("L", (BIG, BIG), 0)
        ImageDraw.Draw(mask).ellipse(box(x, y, radius), fill=255)
        self._shadow(mask, 0.45)
        pen = ImageDraw.Draw(self.picture)
        for step in range(24):
            part = step / 24
            color = mixed(mixed(base, (60, 50, 50), 0.45), (255, 255, 255), part**1.6)
            away = radius * part * 0.32
            pen.ellipse(box(x - away, y - away, radius * (1 - part)), fill=mixed(color, base, 0.35))

    def flat(self, paint: Callable[[ImageDraw.ImageDraw], None], color: Color) -> None:
        """A body of one colour, with a shadow and rounded edges."""
        self.of_metal(paint, (mixed(color, (255, 255, 255), 0.18), color, mixed(color, (0, 0, 0), 0.25)))

    def line(self, points: Iterable[Point], width: float, color: Color) -> None:
        """A thin line on top of everything."""
        ImageDraw.Draw(self.picture).line(
            [(x * BIG, y * BIG) for x, y in points], color, max(int(width * BIG), 1), "curve"
        )

    def _facet(self, color: Color, turn: float) -> Color:
        light = math.cos((turn - 0.62) * 2 * math.pi) * 0.5 + self.chance.uniform(-0.3, 0.3)
        return mixed(color, (255, 255, 255) if light > 0 else (8, 8, 24), min(abs(light) * 0.75, 0.7))

    def _shadow(self, mask: Image.Image, strength: float = 1.0) -> None:
        # At a quarter of the size: what is blurred needs no detail.
        small = mask.resize((BIG // 4, BIG // 4)).filter(ImageFilter.GaussianBlur(BIG // 130))
        soft = ImageChops.offset(small, 0, BIG // 140).resize((BIG, BIG))
        self.picture.paste((70, 52, 34), (0, 0), soft.point(lambda value: int(value * 0.34 * strength)))

    def _round(self, mask: Image.Image) -> None:
        quarter = mask.resize((BIG // 2, BIG // 2))
        soft = quarter.filter(ImageFilter.GaussianBlur(BIG // 260))
        away = BIG // 260
        moved = ImageChops.offset(soft, away, away)
        for color, edge, strength in (
            ((255, 255, 255), ImageChops.subtract(soft, moved), 1.5),
            ((30, 18, 6), ImageChops.subtract(moved, soft), 1.1),
        ):
            whole = ImageChops.multiply(
                edge.resize((BIG, BIG)).point(lambda value, by=strength: min(int(value * by), 235)), mask
            )
            self.picture.paste(color, (0, 0), whole)


def _ground() -> Image.Image:
    small = Image.new("RGB", (32, 32))
    for y in range(32):
        for x in range(32):
            away = math.hypot(x - 13, y - 10) / 28
            small.putpixel((x, y), mixed((253, 250, 245), (226, 216, 202), min(away, 1.0) ** 1.4))
    return small.resize((BIG, BIG), Image.Resampling.BICUBIC)


def _sheen(shades: tuple[Color, Color, Color]) -> Image.Image:
    light, middle, dark = shades
    stops = (middle, light, middle, dark, middle, light, middle, dark)
    strip = Image.new("RGB", (64, 64))
    for y in range(64):
        for x in range(64):
            place = (x * 0.45 + y) / (64 * 1.45) * (len(stops) - 1)
            first = min(int(place), len(stops) - 2)
            strip.putpixel((x, y), mixed(stops[first], stops[first + 1], place - first))
    return strip.resize((BIG, BIG), Image.Resampling.BICUBIC)


def mixed(one: Color, other: Color, part: float) -> Color:
    """A colour between two."""
    red, green, blue = (int(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def box(x: float, y: float, radius: float, tall: float | None = None) -> tuple[float, float, float, float]:
    """The corners of an ellipse around a place."""
    tall = radius if tall is None else tall
    return (x - radius) * BIG, (y - tall) * BIG, (x + radius) * BIG, (y + tall) * BIG


def ring_of(x: float, y: float, radius: float, corners: int, turn: float = 0.0) -> list[Point]:
    """The corners of a polygon around a place."""
    angles = ((number + turn) / corners * 2 * math.pi for number in range(corners))
    return [((x + radius * math.cos(angle)) * BIG, (y + radius * math.sin(angle)) * BIG) for angle in angles]


def hoop(
    x: float, y: float, radius: float, width: float, tall: float | None = None
) -> Callable[[ImageDraw.ImageDraw], None]:
    """A ring, round or, with `tall`, oval."""

    def paint(pen: ImageDraw.ImageDraw) -> None:
        tall_ = radius if tall is None else tall
        pen.ellipse(box(x, y, radius, tall_), fill=255)
        pen.ellipse(box(x, y, radius - width, tall_ - width), fill=0)

    return paint


def disc(x: float, y: float, radius: float) -> Callable[[ImageDraw.ImageDraw], None]:
    """A disc."""
    return lambda pen: pen.ellipse(box(x, y, radius), fill=255)


def slab(left: float, top: float, right: float, bottom: float, corner: float) -> Callable[[ImageDraw.ImageDraw], None]:
    """A rectangle with round corners."""
    place = (left * BIG, top * BIG, right * BIG, bottom * BIG)
    return lambda pen: pen.rounded_rectangle(place, corner * BIG, fill=255)


def links(points: list[Point], size: float) -> Callable[[ImageDraw.ImageDraw], None]:
    """The links of a chain, flat and upright in turn."""

    def paint(pen: ImageDraw.ImageDraw) -> None:
        for number, (x, y) in enumerate(points):
            wide, tall = (size, size * 0.72) if number % 2 else (size * 0.62, size)
            pen.ellipse(box(x, y, wide, tall), fill=255)
            pen.ellipse(box(x, y, wide * 0.52, tall * 0.52), fill=0)

    return paint


def curve(x: float, y: float, wide: float, tall: float, begin: float, end: float, amount: int) -> list[Point]:
    """Places along a part of an ellipse, from one angle in degrees to another."""
    angles = (math.radians(begin + (end - begin) * number / (amount - 1)) for number in range(amount))
    return [(x + wide * math.cos(angle), y + tall * math.sin(angle)) for angle in angles]
