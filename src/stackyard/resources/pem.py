"""Certificates and keys as PEM files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import StateError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate in the file. Raises StateError when there is none that can be read."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def read_key(path: Path) -> EllipticCurvePrivateKey:
    """The elliptic curve key in the file. Raises StateError when there is none that can be read."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise _unreadable(path, ValueError("not an elliptic curve key"))
    return key


def _unreadable(path: Path, error: Exception) -> StateError:
    # The message of a parser may quote what it read: only the kind of error is told.
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return StateError(
        f"{path} cannot be read as a certificate or key: {reason}",
        hint=f"Remove the folder {path.parent}, and what is missing is made anew.",
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def key_pem(key: EllipticCurvePrivateKey) -> bytes:
    """The key as PEM, not encrypted: its file must be nobody else's to read."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write(path: Path, content: bytes, mode: int) -> None:
    """Writes the whole content or leaves the old one: beside first, then renamed, never readable with a wider mode.

    Raises OSError.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
