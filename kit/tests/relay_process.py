"""Relays in processes of their own, for tests that kill them: each writes what it delivers as a line of a file.

A line on standard input begins one more, whose id is the answer. They are forked, so that a start takes no time.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys

from sqlalchemy import MetaData

from stackyard_kit.database import Database
from stackyard_kit.outbox import Envelope, Outbox, outbox_table
from stackyard_kit.relay import Pace, Relay
from stackyard_kit.settings import Secret


async def main(path: str) -> None:
    """Deliver to the file until killed; the URL comes by the environment, as a secret does."""
    url = Secret(os.environ["DATABASE_URL"])
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    async def deliver(envelope: Envelope) -> None:
        os.write(file, f"{envelope.event.key} {envelope.event.payload['number']}\n".encode())
        await asyncio.sleep(random.uniform(0, 0.004))

    database = Database(url, application="relay", limit=2)
    outbox = Outbox(outbox_table(MetaData()))
    await Relay(database, outbox, deliver, listen=url, pace=Pace(keys=4, events_of_key=16, poll=0.1)).run()


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        born = os.fork()
        if born == 0:
            asyncio.run(main(sys.argv[1]))
        sys.stdout.write(f"{born}\n")
        sys.stdout.flush()
