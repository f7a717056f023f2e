"""Codes on labels: EAN-13 with its check digit, and the text of QR codes."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

INTERNAL_PREFIX = "20"
"""EAN-13 numbers that begin so are for use inside a shop: no maker's number is among them."""

_QR_PATH = "/v/"


def check_digit(digits: str) -> str:
    """The last digit of the EAN-13 that begins with these twelve. Raises ValueError for anything but twelve digits."""
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        raise ValueError("an EAN-13 begins with twelve digits")
    odd, even = sum(map(int, digits[0::2])), sum(map(int, digits[1::2]))
    return str(-(odd + 3 * even) % 10)


def is_ean13(code: str) -> bool:
    """Whether `code` is thirteen digits of which the last is right."""
    return len(code) == 13 and code.isascii() and code.isdigit() and check_digit(code[:12]) == code[12]


def internal_ean13(number: int) -> str:
    """The shop's own EAN-13 for `number`, from 0 to 9,999,999,999. Raises ValueError beyond."""
    if not 0 <= number < 10**10:
        raise ValueError("an internal EAN-13 has ten digits of its own")
    digits = f"{INTERNAL_PREFIX}{number:010d}"
    return digits + check_digit(digits)


def qr_text(public_url: str, sku: str) -> str:
    """What the QR code of a variant says: an address of the shop, so that any telephone can open it."""
    return f"{public_url.rstrip('/')}{_QR_PATH}{quote(sku, safe='')}"


def scanned(text: str) -> str:
    """The barcode or SKU in what a scanner or a camera has read: a QR code's address is reduced to its SKU."""
    text = text.strip()
    if "://" not in text:
        return text
    try:
        path = urlsplit(text).path
    except ValueError:
        return text
    return unquote(path.rpartition(_QR_PATH)[2]) if _QR_PATH in path else text
