"""A shell with some volumes of the engine at hand, and nothing else: it reaches no network, and ends when we do."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType

from stackyard.errors import StateError
from stackyard.operate.compose import spoken_to
from stackyard.targets.compose import commands

MOUNTS = "/volumes"
"""Where they are, each below its own name."""
_END = "stackyard: done, "
_PATIENCE = 20.0
"""Seconds for the container to be gone."""


class VolumeShell:
    """Opened with `with`. `image` is one that has a shell, `user` somebody in it.

    Starting a container takes half a second, in which a switchover has nobody write: so one answers all questions.
    """

    def __init__(self, image: str, user: str, volumes: Iterable[str]) -> None:
        self._argv = commands.apart(image, ("/bin/sh",), {name: f"{MOUNTS}/{name}" for name in volumes}, user=user)

    def ask(self, script: str, *arguments: str) -> str:
        """What a script says. Raises StateError when it fails, with what it said."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        words = shlex.join(["sh", "-euc", script, "sh", *arguments])
        with suppress(BrokenPipeError):
            stdin.write(f'{words} </dev/null 2>&1; echo "{_END}$?"\n')
            stdin.flush()
        said: list[str] = []
        for line in stdout:
            if line.startswith(_END):
                if line.removeprefix(_END).strip() != "0":
                    break
                return "".join(said)
            said.append(line)
        raise StateError("the data in its volumes cannot be worked on", details=[one.rstrip() for one in said][-5:])

    def __enter__(self) -> VolumeShell:
        self._process = spoken_to.begin(self._argv, stderr=subprocess.STDOUT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        spoken_to.end(self._process, _PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
