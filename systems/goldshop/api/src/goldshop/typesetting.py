"""What our PDF documents share: the typeface, how amounts and days are written, and codes as vector drawings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

REGULAR, SEMIBOLD, LIGHT = "SourceSansPro-Regular", "SourceSansPro-Semibold", "SourceSansPro-Light"

INK = HexColor("#1d1a16")
QUIET = HexColor("#6b655c")
RULE = HexColor("#d9d3c7")
GOLD = HexColor("#a07a2c")

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@cache
def register_fonts() -> None:
    """Make the typeface known to reportlab: Latin, Greek and Cyrillic, so that everybody's name can be printed."""
    folder = resources.files("font_source_sans_pro") / "files"
    for name in (REGULAR, SEMIBOLD, LIGHT):
        with resources.as_file(folder / f"{name}.ttf") as file:
            pdfmetrics.registerFont(TTFont(name, str(file)))


def money(amount: Decimal) -> str:
    """An amount of euros: 1,234.50, with a real minus sign."""
    return f"{amount:,.2f}".replace("-", "\N{MINUS SIGN}")


def euros(amount: Decimal) -> str:
    """An amount with its currency: €1,234.50."""
    return f"€{money(amount)}" if amount >= 0 else f"\N{MINUS SIGN}€{money(-amount)}"


def percent(rate: Decimal) -> str:
    """A tax rate: 0.2100 is 21 %."""
    return f"{(rate * 100).normalize():f}\N{NO-BREAK SPACE}%"


def amount_of(quantity: Decimal) -> str:
    """A quantity without zeros that say nothing: 2, or 3.25."""
    return f"{quantity.normalize():f}"


def day(value: date) -> str:
    """A day as in a letter: 3 May 2026."""
    return f"{value.day}\N{NO-BREAK SPACE}{_MONTHS[value.month - 1]}\N{NO-BREAK SPACE}{value.year}"


def lines_of(text: str, font: str, size: float, width: float, most: int) -> list[str]:
    """`text` in at most so many lines of `width` points; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    rest = text.split()
    while rest and len(lines) < most:
        line = rest.pop(0)
        while rest and _width(f"{line} {rest[0]}", font, size) <= width:
            line = f"{line} {rest.pop(0)}"
        lines.append(line)
    if lines and rest:
        lines[-1] = f"{lines[-1]} {' '.join(rest)}"
    return [_shortened(line, font, size, width) for line in lines]


def write(
    canvas: Canvas, x: float, y: float, text: str, font: str, size: float, color: Color = INK, *, align: str = "left"
) -> None:
    """Set a line of text with its baseline at `y`; `align` says where of it `x` is: left, right or centre."""
    canvas.setFont(font, size)
    canvas.setFillColor(color)
    draw = {"left": canvas.drawString, "right": canvas.drawRightString, "centre": canvas.drawCentredString}[align]
    draw(x, y, text)


def draw_qr(canvas: Canvas, code: segno.QRCode, x: float, y: float, side: float) -> None:
    """Draw a QR code, its quiet zone of two modules within `side` points, with its lower left corner at `x`, `y`."""
    rows = [list(row) for row in code.matrix_iter(border=2)]
    module = side / len(rows)
    canvas.setFillColorRGB(0, 0, 0)
    path: Any = canvas.beginPath()
    for number, row in enumerate(rows):
        top = y + side - (number + 1) * module
        for begin, length in _runs(row):
            path.rect(x + begin * module, top, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)


def _runs(row: Iterable[int]) -> list[tuple[int, int]]:
    # Modules side by side as one rectangle: viewers would show hairlines between them.
    runs: list[tuple[int, int]] = []
    for at, is_dark in enumerate(row):
        if not is_dark:
            continue
        if runs and sum(runs[-1]) == at:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((at, 1))
    return runs


def _shortened(line: str, font: str, size: float, width: float) -> str:
    if _width(line, font, size) <= width:
        return line
    while line and _width(line + "…", font, size) > width:
        line = line[:-1]
    return line.rstrip() + "…"


def _width(text: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))
