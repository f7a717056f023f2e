"""The password of the sample users, digested beside everything else: a digest is slow by intention."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

from stackyard_kit import passwords

PASSWORD = "vitrine-demo-26"
"""It stands in the README and opens nothing that matters."""


@cache
def digest() -> Future[str]:
    """Its digest, which is begun by the first call."""
    worker = ThreadPoolExecutor(1, thread_name_prefix="digest")
    begun = worker.submit(passwords.digest, PASSWORD)
    worker.shutdown(wait=False)
    return begun
