"""Labels and invoices: what is printed can be read again, by people and by scanners."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pypdf
import pypdfium2
import pytest
import zxingcpp
from goldshop import codes, invoicing, labels
from goldshop.invoicing import Invoice, Line, Seller
from goldshop.labels import Label

RING = Label(
    name="Solitaire ring, 18 ct yellow gold",
    variant="Size 54",
    sku="RNG-0001-54",
    price=Decimal("1249.00"),
    code="2000000000015",
    qr="https://goldshop.localhost/v/RNG-0001-54",
)


def scanned(pdf: bytes, page: int = 0) -> set[tuple[str, str]]:
    """What a scanner reads from a page, printed with 300 dots an inch."""
    picture = pypdfium2.PdfDocument(pdf)[page].render(scale=300 / 72).to_pil().convert("L")
    return {(found.format.name, found.text) for found in zxingcpp.read_barcodes(picture)}


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_a_label_of_a_roll_has_its_true_size_and_both_its_codes_can_be_scanned() -> None:
    """APP-09: QR codes and barcodes on labels."""
    pdf = labels.render([(RING, 2)], "roll-58x40")
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    sizes = [[round(float(side) / 72 * 25.4, 1) for side in page.mediabox[2:]] for page in pages]
    assert sizes == [[58.0, 40.0], [58.0, 40.0]]
    assert scanned(pdf) == {("EAN13", "2000000000015"), ("QRCode", "https://goldshop.localhost/v/RNG-0001-54")}
    assert "€1,249.00" in text_of(pdf)
    assert "RNG-0001-54" in text_of(pdf)


def test_a_sheet_holds_twenty_four_labels() -> None:
    """APP-09: labels on A4, three by eight."""
    pdf = labels.render([(RING, 30)], "a4-3x8")
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert [page.extract_text().count("RNG-0001-54") for page in pages] == [24, 6]
    assert ("EAN13", "2000000000015") in scanned(pdf)


def test_what_is_no_ean_is_printed_as_code_128() -> None:
    """APP-09: any code can be printed, also one that a maker gave."""
    pdf = labels.render([(replace(RING, code="WB-7/A"), 1)], "roll-58x40")
    assert ("Code128", "WB-7/A") in scanned(pdf)


def test_the_same_labels_give_the_same_file() -> None:
    assert labels.render([(RING, 3)], "a4-3x8") == labels.render([(RING, 3)], "a4-3x8")


@pytest.mark.parametrize("name", ["Łódź Żółć ring", "Ταμείο", "Кольцо", "Ring " + "very " * 80 + "long", ""])
def test_every_name_finds_its_place(name: str) -> None:
    pdf = labels.render([(replace(RING, name=name, variant=name), 1)], "roll-58x40")
    assert name.split(" ")[0] in text_of(pdf)


@pytest.mark.parametrize(
    ("code", "is_right"),
    [("4006381333931", True), ("4006381333932", False), ("400638133393", False), ("40063813339x1", False)],
)
def test_the_last_digit_of_an_ean_checks_the_others(code: str, is_right: bool) -> None:
    assert codes.is_ean13(code) == is_right


def test_the_shops_own_numbers_are_right_and_in_the_range_for_use_within_a_shop() -> None:
    made = [codes.internal_ean13(number) for number in (0, 1, 4711, 9_999_999_999)]
    assert all(codes.is_ean13(code) and code.startswith("20") for code in made)
    with pytest.raises(ValueError, match="ten digits"):
        codes.internal_ean13(10**10)


@pytest.mark.parametrize("sku", ["RNG-1", "Ring/54", "Größe 5", "a?b#c%d"])
def test_a_qr_code_leads_back_to_its_sku(sku: str) -> None:
    assert codes.scanned(codes.qr_text("https://goldshop.localhost/", sku)) == sku


def test_what_is_no_address_of_ours_stays_as_it_is() -> None:
    assert [codes.scanned(text) for text in (" 4006381333931\n", "https://[", "https://elsewhere/x")] == [
        "4006381333931",
        "https://[",
        "https://elsewhere/x",
    ]


def line(name: str, net: str, tax: str, rate: str) -> Line:
    gross = Decimal(net) + Decimal(tax)
    return Line("SKU-1", name, Decimal(1), "pc", gross, Decimal(rate), Decimal(net), Decimal(tax))


INVOICE = Invoice(
    number="2026-000123",
    sale_number="S-4711",
    issued=date(2026, 11, 21),
    due=date(2026, 12, 5),
    paid=None,
    customer="Zofia Łąkowska\nHřbitovní 12\n616 00 Brno",
    customer_tax_id="CZ12345678",
    lines=(
        line("Solitaire ring", "1032.23", "216.77", "0.21"),
        line("Curb chain", "148.60", "31.20", "0.21"),
        line("Gold bar, 10 g", "890.00", "0.00", "0"),
    ),
)


def test_an_invoice_says_what_was_bought_and_the_totals_of_each_rate_of_tax() -> None:
    text = text_of(invoicing.render(INVOICE, Seller(name="Aurum & Sons", iban="DE75512108001245126199")))
    wanted = ("2026-000123", "S-4711", "Zofia Łąkowska", "VAT no. CZ12345678", "Aurum & Sons", "Page 1 of 1")
    # Net and tax at 21 %, net at 0 %, and all of it.
    sums = ("1,180.83", "247.97", "890.00", "€2,318.80", "5 December 2026", "DE75 5121 0800 1245 1261 99")
    assert [part for part in (*wanted, *sums) if part not in text.replace("\N{NO-BREAK SPACE}", " ")] == []


def test_a_banks_app_can_read_how_to_pay_an_open_invoice_and_nothing_asks_for_money_that_was_paid() -> None:
    seller = Seller()
    (found,) = scanned(invoicing.render(INVOICE, seller))
    assert found[1].split("\n")[5:] == ["Goldshop", seller.iban, "EUR2318.8", "", "", "Invoice 2026-000123"]
    paid = invoicing.render(replace(INVOICE, paid=date(2026, 11, 30)), seller)
    assert scanned(paid) == set()
    assert "Paid with thanks on 30 November 2026" in text_of(paid).replace("\N{NO-BREAK SPACE}", " ")


def test_a_long_invoice_has_several_pages_that_say_so() -> None:
    long = replace(
        INVOICE, lines=tuple(line(f"Ring number {number}", "100.00", "21.00", "0.21") for number in range(60))
    )
    pages = pypdf.PdfReader(io.BytesIO(invoicing.render(long, Seller()))).pages
    assert [f"Page {number} of {len(pages)}" in page.extract_text() for number, page in enumerate(pages, 1)] == [
        True
    ] * 4
    assert "€7,260.00" in pages[-1].extract_text()


def test_who_sells_the_environment_says() -> None:
    seller = Seller.from_environment({"SHOP_NAME": "Aurum", "SHOP_IBAN": ""})
    assert (seller.name, seller.iban) == ("Aurum", Seller().iban)
