"""What a log does not hold, however much it is asked to tell."""

import subprocess
import sys

KEY = "AKEYTHATISNOTTOBEREAD42"

SCRIPT = f"""
import asyncio
from stackyard_kit import logs
from stackyard_kit.breaker import DependencyAwayError
from stackyard_kit.objects import StoreSettings, open_store
from stackyard_kit.settings import Secret

logs.configure("shop", "debug")

async def ask():
    settings = StoreSettings("bucket", "http://127.0.0.1:1", {KEY!r}, Secret("not to be read"))
    async with open_store(settings) as store:
        try:
            await store.ask()
        except DependencyAwayError:
            print("away")

asyncio.run(ask())
"""


def test_debug_logs_hold_no_key_of_the_object_store():
    """SEC-01: libraries that write whole requests, headers and all, stay at info."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert "away" in done.stdout
    assert '"level": "debug"' in done.stdout
    assert KEY not in done.stdout + done.stderr
