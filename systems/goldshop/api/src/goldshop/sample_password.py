"""The password of the sample users, digested beside everything else."""

from __future__ import annotations

from concurrent.futures import Future

from stackyard_kit.passwords import digest_begun

PASSWORD = "vitrine-demo-26"
"""It stands in the README and opens nothing that matters."""


def digest() -> Future[str]:
    """Its digest, which is begun by the first call."""
    return digest_begun(PASSWORD)
