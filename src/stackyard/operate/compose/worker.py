"""Work on backups and on data, done in a container of the system: asked for and answered in lines of JSON."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.backup.events import Event, Tell, silent
from stackyard.backup.problem import BackupError
from stackyard.errors import StateError
from stackyard.operate.compose import spoken_to
from stackyard.operate.compose.beside import Beside
from stackyard.operate.compose.running import Running
from stackyard.targets.compose import commands
from stackyard.targets.compose.dockerfiles.backups import JOB
from stackyard.targets.compose.names import BACKUPS, MONITORING, RESTORE, RESTORER
from stackyard.targets.compose.render import BASE, overlay

_INSIDE = ("python3", "-m", "stackyard.operate.restoring.inside")
_ROOT = "0:0"
_RIGHTS = ("CHOWN", "DAC_OVERRIDE", "FOWNER")
_PATIENCE = 60.0
"""Seconds for a container to end when its work is not wanted any more: a server in it is stopped."""

Request = Mapping[str, object]
Reply = Callable[[Mapping[str, Any]], Request]


@dataclass(frozen=True)
class Worker:
    """What runs beside the data of one system. It needs the rendered project, and no stack file.

    `job` is what it goes by in there. With `folders` of this machine it reads the backups that are in them.
    """

    running: Running
    job: str = JOB
    folders: tuple[Path, ...] = ()

    @cached_property
    def project(self) -> commands.Project:
        """The project with the container that restores. Raises StateError where there is none."""
        folder = self.running.layout.rendered
        if not self._can_restore:
            raise StateError(
                "backups were never set up here", hint="`backups: {}` in the stack file and `stackyard up` begin them."
            )
        names = (BASE, overlay(MONITORING), overlay(RESTORE))
        return commands.Project(self.running.project, folder, tuple(one for one in names if (folder / one).is_file()))

    @property
    def _can_restore(self) -> bool:
        return bool(self.running.project) and (self.running.layout.rendered / overlay(RESTORE)).is_file()

    def require(self) -> None:
        """Raise StateError where backups were never set up."""
        assert self.project

    def keeper(self) -> str:
        """The id of the container that makes backups, "" when it does not run."""
        found = self.running.containers()
        return next((one.id for one in found if one.service == BACKUPS and one.is_running and not one.is_one_off), "")

    def run(self, words: Sequence[str], tell: Tell = silent) -> Any:
        """What a command of `stackyard.backup` ends with: "list", "create". Raises BackupError."""
        return self.look({"do": "run", "words": list(words)}, tell)

    def look(self, request: Request, tell: Tell = silent, reply: Reply | None = None) -> Any:
        """The answer to a request that changes no data; `reply` is asked what it asks back. Raises BackupError."""
        return _converse(self._beside(), request, tell, reply)

    def ask(self, request: Request, tell: Tell = silent, *, folders: Iterable[Path] = ()) -> Any:
        """The answer to a request, with all data at hand. Raises BackupError."""
        return _converse(self._apart(folders), request, tell)

    def pour(self, words: Sequence[str], reader: commands.Argv, *, folders: Iterable[Path] = ()) -> None:
        """Have a program of ours beside all data write what another program reads. Raises BackupError."""
        argv = commands.tool(self.project, RESTORER, ("python3", "-m", *words), folders=folders)
        quiet: dict[str, Any] = {"env": commands.environment(), "stderr": subprocess.PIPE}
        with (
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **quiet) as source,
            subprocess.Popen(reader, stdin=source.stdout, stdout=subprocess.DEVNULL, **quiet) as goal,
        ):
            assert source.stdout is not None
            source.stdout.close()
            complaints = b"".join(end for _, end in (goal.communicate(), source.communicate()) if end)
        if source.returncode != 0 or goal.returncode != 0:
            said = complaints.decode(errors="replace").splitlines()
            raise BackupError("the copy could not be brought over", details=said[-5:])

    @contextmanager
    def held(self, tell: Tell) -> Iterator[Conversation]:
        """Nobody else works on the backups meanwhile: what does goes through this one conversation.

        It goes on when the container that makes backups is stopped. Raises BackupError naming who works on them.
        """
        with Conversation(self._apart()) as talk:
            talk.ask({"do": "hold"}, tell)
            yield talk

    def shell(self, script: str, *arguments: str, folders: Iterable[Path] = (), there: Beside | None = None) -> str:
        """What a script says that root runs with all data at hand, or what is `there`, and with few of its rights.

        Raises StateError.
        """
        words = ("sh", "-euc", script, "sh", *arguments)
        beside = there or (None if self._can_restore else Beside.of(self.running.layout))
        argv = (
            beside.apart(words, user=_ROOT, capabilities=_RIGHTS)
            if beside
            else commands.tool(self.project, RESTORER, words, user=_ROOT, capabilities=_RIGHTS, folders=folders)
        )
        done = subprocess.run(
            argv, env=commands.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.strip()][-5:]
            raise StateError("the data in its volumes cannot be worked on", details=said)
        return done.stdout

    def _beside(self) -> commands.Argv:
        """In the container that makes backups, or where it does not run in one like it."""
        keeper = "" if self.folders else self.keeper()
        return commands.execute(keeper, (*_INSIDE, self.job)) if keeper else self._apart()

    def _apart(self, folders: Iterable[Path] = ()) -> commands.Argv:
        """In a container of its own."""
        whole = dict.fromkeys((*self.folders, *folders))
        return commands.tool(self.project, RESTORER, (*_INSIDE, self.job), folders=whole)


def _converse(argv: commands.Argv, request: Request, tell: Tell, reply: Reply | None = None) -> Any:
    with Conversation(argv) as talk:
        return talk.ask(request, tell, reply)


class Conversation:
    """A program in a container that answers requests; when the block ends, so does the program."""

    def __init__(self, argv: commands.Argv) -> None:
        self._argv = argv
        self._errors: list[str] = []

    def ask(self, request: Request, tell: Tell = silent, reply: Reply | None = None) -> Any:
        """The answer. Raises BackupError, in the words of whoever answers."""
        stdout = self._process.stdout
        assert stdout is not None
        self._say(request)
        for said in _objects(stdout):
            if "event" in said:
                tell(Event(**said["event"]))
            elif "question" in said and reply is not None:
                self._say(reply(said["question"]))
            elif "error" in said:
                error = said["error"]
                raise BackupError(error["what"], hint=error["hint"], details=error["details"])
            else:
                return said["result"]
        self._reader.join()
        said_last = [line for line in self._errors if line.strip()][-5:]
        raise BackupError(
            "the container that does it has ended without a word",
            hint="Where Stackyard is newer than what runs, `stackyard up` brings that in line.",
            details=said_last,
        )

    def _say(self, words: Request) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()

    def __enter__(self) -> Conversation:
        self._process = spoken_to.begin(self._argv, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        spoken_to.end(self._process, _PATIENCE)
        self._reader.join()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self._errors = self._process.stderr.read().splitlines()


def _objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The lines that are JSON objects. Others are somebody's who has lost their way."""
    for line in lines:
        with suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict):
                yield told
