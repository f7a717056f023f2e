"""Have the binaries that tests need, and put them into one folder: `python scripts/tools.py FOLDER`.

Each becomes a small script that starts the real one, wherever it lies, with the libraries that it came with.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.model.values import Version
from stackyard.targets.native.toolchain import Tool, Want, obtain
from stackyard.targets.native.toolchain.catalogue import POSTGRES_CLIENTS
from stackyard.targets.native.toolchain.clients import AGE, REDIS_CHECK, REDIS_CLI, RESTIC

WANTS = {
    Want("postgres", Version((16,))): ("postgres", "initdb", "pg_ctl"),
    Want("redis", Version((7,), at_least=True)): ("redis-server",),
    Want("nginx"): ("nginx",),
    Want("rclone"): ("rclone",),
    Want("postgres-clients", Version((16,))): POSTGRES_CLIENTS,
    RESTIC: ("restic",),
    AGE: ("age", "age-keygen"),
    REDIS_CLI: ("redis-cli",),
    REDIS_CHECK: ("redis-check-rdb",),
}


def main(folder: Path) -> int:
    """Find or fetch each, and write the scripts; 1 when one cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    for want, names in WANTS.items():
        try:
            tool = obtain(want, lambda text: print(f"  {text}"))  # noqa: T201
        except StackyardError as error:
            print(f"tools: {error.what} {error.hint}", file=sys.stderr)  # noqa: T201
            return 1
        for name in names:
            _write(folder / name, tool, tool.path if len(names) == 1 else tool.folder / name)
    return 0


def _write(script: Path, tool: Tool, program: Path) -> None:
    settings = " ".join(f"{key}={shlex.quote(value)}" for key, value in tool.environment.items())
    script.write_text(
        f'#!/bin/sh\n{f"export {settings}" if settings else ":"}\nexec {shlex.quote(str(program))} "$@"\n'
    )
    script.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
