"""A repository whose password is quick to check. restic makes it slow on purpose, at each of a test's many commands."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path


def make_quick(repository: Path, password: str) -> None:
    """Encrypt the repository's master key anew, with the same password and next to no work to derive a key from it."""
    from cryptography.hazmat.primitives.poly1305 import Poly1305

    (file,) = (repository / "keys").iterdir()
    told = json.loads(file.read_text())
    data = base64.b64decode(told["data"])
    nonce, secret = data[:16], data[16:-16]
    slow, _, _ = _derived(password, told, told["N"])
    quick, once, mask = _derived(password, told, 2)
    text = _stream(quick, nonce, _stream(slow, nonce, secret))
    tag = Poly1305.generate_tag(mask + _block(once, nonce), text)
    told |= {"N": 2, "data": base64.b64encode(nonce + text + tag).decode()}
    content = json.dumps(told, separators=(",", ":")).encode()
    (file.parent / hashlib.sha256(content).hexdigest()).write_bytes(content)
    file.unlink()


def _derived(password: str, told: dict[str, int | str], work: int) -> tuple[bytes, bytes, bytes]:
    salt, r, p = base64.b64decode(str(told["salt"])), int(told["r"]), int(told["p"])
    key = hashlib.scrypt(password.encode(), salt=salt, n=work, r=r, p=p, dklen=64, maxmem=1 << 30)
    return key[:32], key[32:48], key[48:]


def _stream(key: bytes, nonce: bytes, text: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(key), modes.CTR(nonce)).encryptor()
    return cipher.update(text) + cipher.finalize()


def _block(key: bytes, text: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return cipher.update(text) + cipher.finalize()
