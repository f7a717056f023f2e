"""An invoice as a PDF to send or to print: what was bought, the totals by rate of tax, and how to pay."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from segno import helpers

from goldshop import typesetting as type_

_LEFT, _RIGHT = 22 * mm, A4[0] - 22 * mm
_TOP, _BOTTOM = A4[1] - 24 * mm, 34 * mm
_WIDTH = _RIGHT - _LEFT

# Right edges of the columns of numbers.
_QUANTITY, _PRICE, _RATE, _GROSS = _RIGHT - 76 * mm, _RIGHT - 45 * mm, _RIGHT - 27 * mm, _RIGHT
_NAME = _LEFT + 10 * mm
_NAME_WIDTH = _QUANTITY - 20 * mm - _NAME


@dataclass(frozen=True)
class Seller:
    """Who sells: what the law wants to see on an invoice, and where to pay."""

    name: str = "Goldshop"
    address: str = "Goldsmiths’ Lane 7\n1012 Harbour Quarter"
    tax_id: str = "XX 123456789"
    email: str = "hello@goldshop.example"
    bank: str = "Harbour Savings Bank"
    iban: str = "DE75512108001245126199"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Seller:
        """The seller of SHOP_NAME, SHOP_ADDRESS, SHOP_TAX_ID, SHOP_EMAIL, SHOP_BANK, SHOP_IBAN; else the sample's."""
        names = ("name", "address", "tax_id", "email", "bank", "iban")
        given = {name: environment.get(f"SHOP_{name.upper()}", "") for name in names}
        return cls(**{name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class Line:
    """A line as it was sold; `unit_price` and `gross` hold the tax."""

    sku: str
    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate: Decimal
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class Invoice:
    """What the document says. `customer` has a line for each of its lines of address."""

    number: str
    sale_number: str
    issued: date
    due: date | None
    paid: date | None
    customer: str
    customer_tax_id: str
    lines: tuple[Line, ...]

    @property
    def gross(self) -> Decimal:
        return sum((line.gross for line in self.lines), Decimal(0))

    def by_rate(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """Rate, net and tax of each rate of tax that occurs, the highest first."""
        rates = sorted({line.tax_rate for line in self.lines}, reverse=True)
        return [(rate, self._sum("net", rate), self._sum("tax", rate)) for rate in rates]

    def _sum(self, part: str, rate: Decimal) -> Decimal:
        return sum((getattr(line, part) for line in self.lines if line.tax_rate == rate), Decimal(0))


def render(invoice: Invoice, seller: Seller) -> bytes:
    """The PDF; the same invoice gives the same bytes."""
    type_.register_fonts()
    # Twice: only the first run knows how many pages the second may announce.
    pages = _Document(invoice, seller, 0).draw()[1]
    return _Document(invoice, seller, pages).draw()[0]


class _Document:
    """The pages of one invoice while they are drawn, from top to bottom; `y` is where the next line goes."""

    def __init__(self, invoice: Invoice, seller: Seller, pages: int) -> None:
        self.invoice = invoice
        self.seller = seller
        self.pages = pages
        self.page = 1
        self.file = io.BytesIO()
        self.canvas = Canvas(self.file, pagesize=A4, pageCompression=1, invariant=1, lang="en")
        self.canvas.setTitle(f"Invoice {invoice.number}")
        self.canvas.setAuthor(seller.name)
        self.y = _TOP

    def draw(self) -> tuple[bytes, int]:
        """The bytes, and how many pages they are."""
        self._letterhead()
        self._addresses()
        self._column_heads()
        for number, line in enumerate(self.invoice.lines, 1):
            self._line(number, line)
        self._totals()
        self._payment()
        self._foot()
        self.canvas.showPage()
        self.canvas.save()
        return self.file.getvalue(), self.page

    def _letterhead(self) -> None:
        canvas = self.canvas
        canvas.setFillColor(type_.GOLD)
        canvas.circle(_LEFT + 4.2 * mm, self.y + 1.7 * mm, 4.2 * mm, stroke=0, fill=1)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.circle(_LEFT + 4.2 * mm, self.y + 1.7 * mm, 2.6 * mm, stroke=0, fill=1)
        self._write(_LEFT + 12 * mm, self.seller.name, type_.SEMIBOLD, 17)
        self._write(_RIGHT, "Invoice", type_.LIGHT, 24, align="right")
        self.y -= 22 * mm

    def _addresses(self) -> None:
        sender = " · ".join((self.seller.name, *self.seller.address.splitlines()))
        self._write(_LEFT, sender, type_.REGULAR, 7, quiet=True)
        top = self.y - 6 * mm
        self.y = top
        for line in self.invoice.customer.splitlines() or ["Cash customer"]:
            self._write(_LEFT, type_.lines_of(line, type_.REGULAR, 11, 85 * mm, 1)[0] if line.strip() else "", size=11)
            self.y -= 14
        if self.invoice.customer_tax_id:
            self._write(_LEFT, f"VAT no. {self.invoice.customer_tax_id}", size=9, quiet=True)
            self.y -= 14
        below = self.y
        self.y = top
        for name, value in self._particulars():
            self._write(_RIGHT - 62 * mm, name, size=9, quiet=True)
            self._write(_RIGHT, value, type_.SEMIBOLD if name == "Invoice no." else type_.REGULAR, 10, align="right")
            self.y -= 14
        self.y = min(self.y, below) - 14 * mm

    def _particulars(self) -> list[tuple[str, str]]:
        invoice = self.invoice
        told = [("Invoice no.", invoice.number), ("Date of issue", type_.day(invoice.issued))]
        told.append(("Sale", invoice.sale_number))
        if invoice.paid:
            told.append(("Paid on", type_.day(invoice.paid)))
        elif invoice.due:
            told.append(("Due on", type_.day(invoice.due)))
        return told

    def _column_heads(self) -> None:
        self._write(_LEFT, "Pos.", size=8, quiet=True)
        self._write(_NAME, "Description", size=8, quiet=True)
        for at, text in ((_QUANTITY, "Quantity"), (_PRICE, "Price in €"), (_RATE, "VAT"), (_GROSS, "Amount in €")):
            self._write(at, text, size=8, quiet=True, align="right")
        self.y -= 5
        self._rule(type_.INK, 0.8)
        self.y -= 14

    def _line(self, number: int, line: Line) -> None:
        names = type_.lines_of(line.name, type_.REGULAR, 10, _NAME_WIDTH, 2)
        self._make_room(12 * len(names) + 20)
        quantity = f"{type_.amount_of(line.quantity)} {line.unit}".strip()
        self._write(_LEFT, str(number), quiet=True)
        self._write(_QUANTITY, quantity, align="right")
        self._write(_PRICE, type_.money(line.unit_price), align="right")
        self._write(_RATE, type_.percent(line.tax_rate), align="right")
        self._write(_GROSS, type_.money(line.gross), align="right")
        for name in names:
            self._write(_NAME, name)
            self.y -= 12
        self._write(_NAME, line.sku, size=8, quiet=True)
        self.y -= 7
        self._rule(type_.RULE, 0.4)
        self.y -= 13

    def _totals(self) -> None:
        rates = self.invoice.by_rate()
        self._make_room(16 * (2 * len(rates) + 3))
        self.y -= 4
        left = _RIGHT - 92 * mm
        for rate, net, tax in rates:
            self._write(left, f"Net at {type_.percent(rate)}", quiet=True)
            self._write(_GROSS, type_.money(net), align="right")
            self.y -= 15
            self._write(left, f"VAT {type_.percent(rate)}" if rate else "VAT-exempt investment gold", quiet=True)
            self._write(_GROSS, type_.money(tax), align="right")
            self.y -= 15
        self.y += 6
        self._rule(type_.INK, 0.8, left)
        self.y -= 18
        self._write(left, "Total", type_.SEMIBOLD, 13)
        self._write(_GROSS, type_.euros(self.invoice.gross), type_.SEMIBOLD, 13, align="right")
        self.y -= 16 * mm

    def _payment(self) -> None:
        invoice, seller = self.invoice, self.seller
        if invoice.paid:
            self._make_room(20)
            self._write(_LEFT, f"Paid with thanks on {type_.day(invoice.paid)}.", size=10)
            return
        self._make_room(34 * mm)
        text_left = _LEFT
        if Decimal("0.01") <= invoice.gross <= Decimal("999999999.99"):
            code = helpers.make_epc_qr(
                name=seller.name, iban=seller.iban, amount=invoice.gross, text=f"Invoice {invoice.number}"
            )
            type_.draw_qr(self.canvas, code, _LEFT - 1.5 * mm, self.y - 22 * mm, 27 * mm)
            text_left = _LEFT + 31 * mm
        due = f"Please pay by {type_.day(invoice.due)} to:" if invoice.due else "Please pay to:"
        self._write(text_left, due, type_.SEMIBOLD, 10)
        iban = " ".join(seller.iban[at : at + 4] for at in range(0, len(seller.iban), 4))
        for line in (f"{seller.name}, {seller.bank}", f"IBAN {iban}", f"Reference {invoice.number}"):
            self.y -= 14
            self._write(text_left, line)
        self.y -= 16
        if text_left != _LEFT:
            self._write(text_left, "Scan the code with your bank's app.", size=8, quiet=True)

    def _make_room(self, height: float) -> None:
        if self.y - height > _BOTTOM:
            return
        self._foot()
        self.canvas.showPage()
        self.page += 1
        self.y = _TOP
        self._write(_LEFT, f"Invoice {self.invoice.number}", type_.SEMIBOLD, 10)
        self.y -= 10 * mm
        self._column_heads()

    def _foot(self) -> None:
        before, self.y = self.y, 20 * mm
        self._rule(type_.RULE, 0.4)
        self.y -= 11
        seller = self.seller
        self._write(_LEFT, " · ".join((seller.name, *seller.address.splitlines())), size=8, quiet=True)
        self._write(_RIGHT, f"Page {self.page} of {self.pages}", size=8, quiet=True, align="right")
        self.y -= 10
        self._write(_LEFT, f"{seller.email} · VAT no. {seller.tax_id}", size=8, quiet=True)
        self.y = before

    def _rule(self, color: Color, width: float, left: float = _LEFT) -> None:
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(width)
        self.canvas.line(left, self.y, _RIGHT, self.y)

    def _write(
        self,
        x: float,
        text: str,
        font: str = type_.REGULAR,
        size: float = 10,
        *,
        quiet: bool = False,
        align: str = "left",
    ) -> None:
        color = type_.QUIET if quiet else type_.INK
        type_.write(self.canvas, x, self.y, text, font, size, color, align=align)
