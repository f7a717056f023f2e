"""Labels to print: name, price, barcode and QR code of a variant, on a roll or on sheets, as PDF at true size."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import segno
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.eanbc import Ean13BarcodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from goldshop import typesetting as type_
from goldshop.codes import is_ean13

LayoutName = Literal["roll-58x40", "a4-3x8"]

_EAN_MODULE = 0.33 * mm
_BAR_HEIGHT = 11 * mm
_QR_SIDE = 15 * mm
_MARGIN = 3 * mm


@dataclass(frozen=True)
class Label:
    """What stands on a label; `code` is an EAN-13, or any text for Code 128; `qr` is what the QR code says."""

    name: str
    variant: str
    sku: str
    price: Decimal
    code: str
    qr: str


@dataclass(frozen=True)
class _Layout:
    """Points: of the page, of a label, and where the first of them begins; the rest follows."""

    page: tuple[float, float]
    label: tuple[float, float]
    columns: int = 1
    rows: int = 1

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    def place(self, number: int) -> tuple[float, float]:
        """The lower left corner of the label `number` of a page, in reading order; the sheet's rest is shared."""
        row, column = divmod(number, self.columns)
        left = (self.page[0] - self.columns * self.label[0]) / 2
        above = (self.page[1] - self.rows * self.label[1]) / 2
        return left + column * self.label[0], self.page[1] - above - (row + 1) * self.label[1]


_LAYOUTS: dict[LayoutName, _Layout] = {
    "roll-58x40": _Layout((58 * mm, 40 * mm), (58 * mm, 40 * mm)),
    "a4-3x8": _Layout(A4, (70 * mm, 37 * mm), 3, 8),
}


def render(wanted: Iterable[tuple[Label, int]], layout: LayoutName) -> bytes:
    """The PDF with so many copies of each label, in their order."""
    type_.register_fonts()
    plan = _LAYOUTS[layout]
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=plan.page, pageCompression=1, invariant=1)
    canvas.setTitle("Labels")
    copies = [label for label, amount in wanted for _ in range(amount)]
    for number, label in enumerate(copies):
        if number and number % plan.per_page == 0:
            canvas.showPage()
        canvas.saveState()
        canvas.translate(*plan.place(number % plan.per_page))
        _draw(canvas, label, *plan.label)
        canvas.restoreState()
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def qr_svg(text: str) -> str:
    """The QR code of `text` as an SVG that takes the size of its place."""
    code = segno.make(text, error="m", micro=False)
    drawn = io.BytesIO()
    # With its namespace: without one, a browser shows it as a part of a page, but not as an image.
    code.save(drawn, kind="svg", border=2, omitsize=True, xmldecl=False, nl=False)
    return drawn.getvalue().decode()


def _draw(canvas: Canvas, label: Label, width: float, height: float) -> None:
    inner = width - 2 * _MARGIN
    price = type_.euros(label.price)
    top = height - _MARGIN - 8
    type_.write(canvas, width - _MARGIN, top - 1, price, type_.SEMIBOLD, 12, align="right")
    beside = inner - canvas.stringWidth(price, type_.SEMIBOLD, 12) - 2 * mm
    name = type_.lines_of(label.name, type_.SEMIBOLD, 9, beside, 2)
    for line in name:
        type_.write(canvas, _MARGIN, top, line, type_.SEMIBOLD, 9)
        top -= 10
    if label.variant:
        for line in type_.lines_of(label.variant, type_.REGULAR, 7.5, inner, 1):
            type_.write(canvas, _MARGIN, top, line, type_.REGULAR, 7.5)
    type_.write(canvas, _MARGIN, _MARGIN + _QR_SIDE + 1.5 * mm, label.sku, type_.REGULAR, 6, type_.QUIET)
    _draw_barcode(canvas, label.code, width - 2 * _MARGIN - _QR_SIDE - 3 * mm)
    code = segno.make(label.qr, error="m", micro=False)
    type_.draw_qr(canvas, code, width - _MARGIN - _QR_SIDE + 1 * mm, _MARGIN - 1 * mm, _QR_SIDE)


def _draw_barcode(canvas: Canvas, code: str, width: float) -> None:
    canvas.setFillColorRGB(0, 0, 0)
    if is_ean13(code):
        widget = Ean13BarcodeWidget(
            code, barHeight=_BAR_HEIGHT + 8, barWidth=_EAN_MODULE, fontName=type_.REGULAR, fontSize=7, quiet=1
        )
        drawing = Drawing(113 * _EAN_MODULE, _BAR_HEIGHT + 8)
        drawing.add(widget)
        # Its quiet zone may lie in the margin; its first digit has to stay on the paper.
        renderPDF.draw(drawing, canvas, 1.2 * mm, _MARGIN)
        return
    bars = Code128(code, barWidth=_EAN_MODULE, barHeight=_BAR_HEIGHT, quiet=0, humanReadable=False)
    # Long texts are set narrower; below 0.19 mm a module is more than most printers can draw.
    bars = Code128(code, barWidth=min(_EAN_MODULE, _EAN_MODULE * width / bars.width), barHeight=_BAR_HEIGHT, quiet=0)
    bars.drawOn(canvas, _MARGIN, _MARGIN + 8)
    type_.write(canvas, _MARGIN, _MARGIN, code, type_.REGULAR, 7)
