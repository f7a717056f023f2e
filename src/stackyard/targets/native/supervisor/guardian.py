"""The guardian: a small process that holds a pipe from the supervisor and acts when it breaks without a goodbye.

In the foreground it ends every process that the supervisor left, so that nothing outlives a `kill -9`. Detached it
starts a successor, which adopts them. It has its own session, so Ctrl-C in a terminal does not reach it.

It starts with every supervisor, while programs start that people wait for; so what it does only at the end is imported
a little later, and still long before it is needed: what it does then must not depend on files that may be gone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

GOODBYE = b"bye"
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTTOU, signal.SIGQUIT)
QUICK = 5.0
"""Seconds: a supervisor that lived shorter died quickly."""
_CALM = 3.0
"""Seconds after which nobody waits for a start any more."""


def _watch() -> bool:
    """Wait for the end of the pipe at stdin; whether it came without a goodbye."""
    if not select.select([0], [], [], _CALM)[0]:
        import stackyard.targets.native.supervisor.aftermath
        import stackyard.targets.native.supervisor.client  # noqa: F401 - both only to have them
    heard = b""
    while data := os.read(0, 64):
        heard += data
    return not heard.endswith(GOODBYE)


def main(folder: str, mode: str, lives: int) -> None:
    """Guard one supervisor."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    born = time.monotonic()
    if not _watch():
        return
    from pathlib import Path

    from stackyard.targets.native.supervisor import aftermath

    if mode == "foreground":
        aftermath.end_foreground(Path(folder))
    else:
        aftermath.replace_supervisor(Path(folder), lives + 1 if time.monotonic() - born < QUICK else 0)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    main(given["folder"], given["mode"], given["lives"])
