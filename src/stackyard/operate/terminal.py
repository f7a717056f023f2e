"""A program in our terminal: what is typed is its own, Ctrl-C too."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stackyard.targets.local.identity import Identity


def in_terminal(
    argv: Sequence[str], environment: Mapping[str, str], *, folder: Path | None = None, user: Identity | None = None
) -> int:
    """Run it to its end, as `user` where we drop root; its exit code as a shell tells it, 128 and the signal's number.

    Ctrl-C is the program's alone: psql ends a query with it and a Python prompt a line, and neither must be killed.
    """
    drop = user is not None and user.drop
    # A handler, for what is ignored here would be ignored by the program, too.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run(
            argv,
            cwd=folder,
            env=environment,
            check=False,
            user=user.uid if user and drop else None,
            group=user.gid if user and drop else None,
            extra_groups=[] if drop else None,
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code
