"""Drawings of jewellery for the sample shop: simple shapes of metal and stone on a soft ground."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from goldshop.sample_sheet import (
    BIG,
    BOXES,
    DIALS,
    METALS,
    SIDE,
    Sheet,
    box,
    curve,
    disc,
    hoop,
    links,
    mixed,
    ring_of,
    slab,
)


def draw(look: str) -> Image.Image:
    """The drawing of a look such as "ring yellow clear": what it is, of which metal, with which stone."""
    shape, metal, stone = look.split()
    sheet = Sheet(metal, stone, random.Random(look))
    _SHAPES[shape](sheet)
    return sheet.picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _ring(sheet: Sheet) -> None:
    sheet.of_metal(hoop(0.5, 0.6, 0.26, 0.038))
    for x in (0.43, 0.57):
        sheet.of_metal(slab(x - 0.014, 0.26, x + 0.014, 0.37, 0.012))
    sheet.gem(0.5, 0.27, 0.115)


def _band(sheet: Sheet) -> None:
    sheet.of_metal(hoop(0.43, 0.5, 0.24, 0.05))
    sheet.of_metal(hoop(0.6, 0.57, 0.2, 0.042))


def _signet(sheet: Sheet) -> None:
    sheet.of_metal(hoop(0.5, 0.6, 0.25, 0.045))
    sheet.of_metal(lambda pen: pen.ellipse(box(0.5, 0.32, 0.17, 0.12), fill=255))
    sheet.line(curve(0.5, 0.32, 0.13, 0.085, 0, 360, 60), 0.004, sheet.metal[2])


def _eternity(sheet: Sheet) -> None:
    sheet.of_metal(hoop(0.5, 0.5, 0.3, 0.075))
    for x, y in curve(0.5, 0.5, 0.2625, 0.2625, 0, 340, 18):
        sheet.gem(x, y, 0.034)


def _chain(sheet: Sheet) -> None:
    sheet.of_metal(links(curve(0.5, 0.22, 0.34, 0.55, -12, 192, 46), 0.028))


def _bracelet(sheet: Sheet) -> None:
    sheet.of_metal(links(curve(0.5, 0.52, 0.33, 0.22, 0, 353, 46), 0.034))


def _pendant(sheet: Sheet) -> None:
    sheet.line(curve(0.5, 0.05, 0.3, 0.43, 0, 180, 60), 0.007, sheet.metal[1])
    sheet.of_metal(hoop(0.5, 0.5, 0.03, 0.01))
    sheet.of_metal(disc(0.5, 0.66, 0.135))
    sheet.line(curve(0.5, 0.66, 0.11, 0.11, 0, 360, 60), 0.004, sheet.metal[2])
    if sheet.stone:
        sheet.gem(0.5, 0.66, 0.055)


def _heart(sheet: Sheet) -> None:
    sheet.line(curve(0.5, 0.05, 0.3, 0.4, 0, 180, 60), 0.007, sheet.metal[1])
    turns = (number / 60 * 2 * math.pi for number in range(60))
    shape = [
        (16 * math.sin(t) ** 3, 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t))
        for t in turns
    ]
    outline = [((0.5 + x * 0.0105) * BIG, (0.6 - y * 0.0105) * BIG) for x, y in shape]
    sheet.of_metal(lambda pen: pen.polygon(outline, fill=255))
    if sheet.stone:
        sheet.gem(0.5, 0.58, 0.05)


def _pearls(sheet: Sheet) -> None:
    for x, y in curve(0.5, 0.24, 0.33, 0.5, -5, 185, 27):
        sheet.pearl(x, y, 0.034)


def _studs(sheet: Sheet) -> None:
    for x in (0.32, 0.68):
        sheet.of_metal(disc(x, 0.5, 0.145))
        sheet.gem(x, 0.5, 0.122)


def _hoops(sheet: Sheet) -> None:
    for x in (0.31, 0.69):
        sheet.of_metal(hoop(x, 0.52, 0.155, 0.026, 0.22))


def _drops(sheet: Sheet) -> None:
    for x in (0.34, 0.66):
        sheet.line([(x, 0.2), (x, 0.5)], 0.008, sheet.metal[1])
        sheet.gem(x, 0.24, 0.045)
        sheet.of_metal(disc(x, 0.62, 0.12))
        sheet.gem(x, 0.62, 0.098)


def _bangle(sheet: Sheet) -> None:
    sheet.of_metal(hoop(0.5, 0.5, 0.34, 0.045, 0.27))


def _cufflinks(sheet: Sheet) -> None:
    for x, y in ((0.34, 0.44), (0.66, 0.56)):
        sheet.of_metal(slab(x - 0.025, y, x + 0.025, y + 0.2, 0.02))
        sheet.of_metal(disc(x, y, 0.14))
        sheet.line(curve(x, y, 0.11, 0.11, 0, 360, 60), 0.004, sheet.metal[2])


def _watch(sheet: Sheet) -> None:
    strap = (68, 44, 30) if sheet.word != "dark" else (34, 34, 38)
    for top, bottom in ((0.04, 0.3), (0.7, 0.96)):
        sheet.flat(slab(0.4, top, 0.6, bottom, 0.03), strap)
    sheet.of_metal(slab(0.73, 0.47, 0.79, 0.53, 0.012), METALS["silver"])
    sheet.of_metal(disc(0.5, 0.5, 0.26), METALS["silver"])
    dial = DIALS.get(sheet.word, DIALS["light"])
    sheet.flat(disc(0.5, 0.5, 0.22), dial)
    ink = (40, 36, 30) if sheet.word == "light" else (232, 226, 210)
    for number in range(12):
        angle = number / 12 * 2 * math.pi
        near, far = (0.17 if number % 3 else 0.155), 0.195
        ends = [(0.5 + part * math.sin(angle), 0.5 - part * math.cos(angle)) for part in (near, far)]
        sheet.line(ends, 0.006, ink)
    for angle, length, width in ((305, 0.11, 0.012), (52, 0.16, 0.008), (170, 0.17, 0.003)):
        turn = math.radians(angle)
        sheet.line([(0.5, 0.5), (0.5 + length * math.sin(turn), 0.5 - length * math.cos(turn))], width, ink)


def _bar(sheet: Sheet) -> None:
    sheet.of_metal(slab(0.3, 0.18, 0.7, 0.82, 0.035))
    sheet.line([(0.36, 0.24), (0.64, 0.24), (0.64, 0.76), (0.36, 0.76), (0.36, 0.24)], 0.004, sheet.metal[2])
    sheet.line(curve(0.5, 0.38, 0.06, 0.06, 0, 360, 40), 0.006, sheet.metal[2])
    for y, half in ((0.53, 0.09), (0.58, 0.06), (0.66, 0.1)):
        sheet.line([(0.5 - half, y), (0.5 + half, y)], 0.008, sheet.metal[2])


def _coin(sheet: Sheet) -> None:
    sheet.of_metal(disc(0.5, 0.5, 0.32))
    sheet.line(curve(0.5, 0.5, 0.285, 0.285, 0, 360, 90), 0.006, sheet.metal[2])
    tips = zip(ring_of(0.5, 0.5, 0.17, 5, -1.25), ring_of(0.5, 0.5, 0.07, 5, -0.75), strict=True)
    star = [point for pair in tips for point in pair]
    sheet.of_metal(lambda pen: pen.polygon(star, fill=255))


def _grain(sheet: Sheet) -> None:
    def paint(pen: ImageDraw.ImageDraw) -> None:
        for _ in range(9):
            angle, away = sheet.chance.uniform(0, 2 * math.pi), sheet.chance.random() ** 0.6 * 0.26
            x, y = 0.5 + away * math.cos(angle) * 1.2, 0.55 + away * math.sin(angle) * 0.8
            disc(x, y, sheet.chance.uniform(0.024, 0.042))(pen)

    for _ in range(6):
        sheet.of_metal(paint)


def _fork(sheet: Sheet) -> None:
    def paint(pen: ImageDraw.ImageDraw) -> None:
        slab(0.485, 0.34, 0.515, 0.9, 0.015)(pen)
        slab(0.465, 0.78, 0.535, 0.92, 0.034)(pen)
        slab(0.42, 0.28, 0.58, 0.42, 0.06)(pen)
        for number in range(4):
            left = 0.42 + number * 0.044
            slab(left, 0.08, left + 0.028, 0.36, 0.012)(pen)

    sheet.of_metal(paint)


def _spoon(sheet: Sheet) -> None:
    def paint(pen: ImageDraw.ImageDraw) -> None:
        slab(0.485, 0.34, 0.515, 0.9, 0.015)(pen)
        slab(0.465, 0.78, 0.535, 0.92, 0.034)(pen)
        pen.ellipse(box(0.5, 0.25, 0.1, 0.165), fill=255)

    sheet.of_metal(paint)
    sheet.of_metal(
        lambda pen: pen.ellipse(box(0.5, 0.245, 0.075, 0.135), fill=255),
        (sheet.metal[1], sheet.metal[2], sheet.metal[0]),
    )


def _bowl(sheet: Sheet) -> None:
    sheet.of_metal(slab(0.4, 0.7, 0.6, 0.78, 0.02))
    sheet.of_metal(lambda pen: pen.pieslice(box(0.5, 0.42, 0.32, 0.32), 0, 180, fill=255))
    rim = (sheet.metal[2], sheet.metal[1], sheet.metal[0])
    sheet.of_metal(lambda pen: pen.ellipse(box(0.5, 0.42, 0.32, 0.075), fill=255))
    sheet.of_metal(lambda pen: pen.ellipse(box(0.5, 0.423, 0.29, 0.058), fill=255), rim)


def _stone(sheet: Sheet) -> None:
    sheet.gem(0.5, 0.5, 0.3)


def _tool(sheet: Sheet) -> None:
    sheet.flat(slab(0.44, 0.52, 0.56, 0.9, 0.05), (122, 74, 42))
    sheet.of_metal(slab(0.455, 0.47, 0.545, 0.56, 0.015), METALS["yellow"])

    def paint(pen: ImageDraw.ImageDraw) -> None:
        corners = ((0.47, 0.5), (0.53, 0.5), (0.515, 0.2), (0.5, 0.12), (0.485, 0.2))
        pen.polygon([(x * BIG, y * BIG) for x, y in corners], fill=255)

    sheet.of_metal(paint, METALS["silver"])


def _box_of(sheet: Sheet) -> None:
    color = BOXES.get(sheet.word, (90, 80, 70))
    sheet.flat(slab(0.24, 0.44, 0.76, 0.78, 0.03), color)
    sheet.flat(slab(0.24, 0.24, 0.76, 0.44, 0.03), mixed(color, (255, 255, 255), 0.12))
    sheet.line([(0.25, 0.44), (0.75, 0.44)], 0.006, METALS["yellow"][1])
    sheet.of_metal(slab(0.47, 0.42, 0.53, 0.47, 0.012), METALS["yellow"])


_SHAPES: dict[str, Callable[[Sheet], None]] = {
    "ring": _ring,
    "band": _band,
    "signet": _signet,
    "eternity": _eternity,
    "chain": _chain,
    "bracelet": _bracelet,
    "pendant": _pendant,
    "heart": _heart,
    "pearls": _pearls,
    "studs": _studs,
    "hoops": _hoops,
    "drops": _drops,
    "bangle": _bangle,
    "cufflinks": _cufflinks,
    "watch": _watch,
    "bar": _bar,
    "coin": _coin,
    "grain": _grain,
    "fork": _fork,
    "spoon": _spoon,
    "bowl": _bowl,
    "stone": _stone,
    "tool": _tool,
    "box": _box_of,
}
