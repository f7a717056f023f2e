"""Running systems to be sabotaged: reached as their operator would, and looked at with `stackyard verify`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.observe.native_view import NativeView
from stackyard.spec.load import load
from stackyard.targets.native.program import Program, from_json
from stackyard.targets.native.supervisor.client import connect
from stackyard.targets.native.supervisor.places import Places, read_json
from tests.e2e.conftest import LEFT_OUT, REPOSITORY, Checkout, copy_system, eventually


@dataclass(frozen=True)
class Sabotage:
    """Harm done to a running system. `breaks` are the ids of exactly the checks that must say so.

    `up` must put it right. Where it cannot by its nature, `undo` does what the check tells a person to do.
    """

    name: str
    breaks: frozenset[str]
    harm: Callable[[Ground], None]
    system: str = "inventr"
    undo: Callable[[Ground], None] | None = None

    def __str__(self) -> str:
        return self.name


@dataclass
class Ground:
    """One running system, and the ways into it."""

    checkout: Checkout
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The folder of what runs."""
        return self.checkout.folder / ".stackyard/development"

    @cached_property
    def view(self) -> NativeView:
        """A look into the system as it was when it was first asked for; ports and secrets stay."""
        return NativeView(load(self.checkout.folder, "development"))

    def verify(self, *words: str) -> dict[str, Any]:
        """The report of `stackyard verify --json`."""
        done = self.checkout.stackyard("verify", "--json", *words)
        assert done.code in (0, 4), f"{done.out}\n{done.error}"
        found: dict[str, Any] = json.loads(done.out)
        assert done.code == (4 if found["counts"]["broken"] else 0)
        return found

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a rendered file below etc, and fail when there is nothing to change."""
        path = self.home / "etc" / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def reload_edge(self, *, old: str = "", new: str = "", file: str = "nginx.conf") -> None:
        """Edit the files of the edge, have nginx take them in, and wait until its new workers serve."""
        if old:
            self.edit(f"edge/{file}", old, new)
        master = self.checkout.pids()["edge"]
        before = _children(master)
        os.kill(master, signal.SIGHUP)
        eventually(lambda: _children(master) and not _children(master) & before, 15)

    def sql(self, text: str, resource: str = "db") -> None:
        """Run SQL as the superuser."""
        with self.view.database(self.view.system.resource(resource)) as connection:  # type: ignore[arg-type]
            connection.execute(text.encode())

    def redefine(self, name: str, **changes: Any) -> None:
        """Have the supervisor run a process in another way than the stack file says; returns when it has begun."""
        client, facts = connect(self.home), read_json(Places(self.home).program(name))
        assert client is not None
        assert facts is not None
        before = self.checkout.pids()[name]
        client.start([replace(from_json(facts["program"]), **changes)])
        eventually(lambda: self.checkout.pids()[name] not in (None, before), 30)

    def definition(self, name: str) -> Program:
        """How the supervisor runs a process now."""
        facts = read_json(Places(self.home).program(name))
        assert facts is not None
        return from_json(facts["program"])

    def remove(self, name: str) -> None:
        """Have the supervisor stop a process and forget it."""
        client = connect(self.home)
        assert client is not None
        client.stop([[name]])

    def beside(self, *words: str, **how: Any) -> None:
        """Start a process that is none of the system's; `end_others` ends it."""
        null = subprocess.DEVNULL
        self.others.append(subprocess.Popen(words, start_new_session=True, stdin=null, stdout=null, stderr=null, **how))

    def stray(self, part: str, *words: str) -> None:
        """Start a process that carries the mark of a part, as its user, out of the supervisor's sight."""
        account = self.view.account(part)
        # By setpriv and not by Popen, for the words before may need to be root.
        user = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups") if account.is_dropped else ()
        words = (*words, *user) if words else ("setpriv", *user) if user else ()
        mark = {"STACKYARD_PROGRAM": f"{Places(self.home).mark}/{part}", "PATH": os.defpath}
        self.beside(*words, "sleep", "600", env=mark, cwd="/")

    def restart(self, *parts: str) -> None:
        """`stackyard restart PARTS`, which must succeed; it ends whatever carries the mark of these, too."""
        done = self.checkout.stackyard("restart", *parts)
        assert done.code == 0, done.error
        for one in self.others:
            one.wait(10)
        self.others.clear()

    def end_others(self) -> None:
        """End what `beside` and `stray` have started."""
        for one in self.others:
            one.kill()
            one.wait()
        self.others.clear()

    def append(self, path: Path, text: str) -> None:
        """Add to the end of a file."""
        with path.open("a") as file:
            file.write(text)

    def take_out(self, path: Path, word: str) -> None:
        """Take the lines that hold a word out of a file that others write to, keeping the file itself."""
        with path.open("r+") as file:
            lines = [line for line in file if word not in line]
            file.seek(0)
            file.truncate()
            file.writelines(lines)

    def kill(self, part: str, number: int = signal.SIGKILL) -> None:
        """A signal to the process of a part ("api-1")."""
        os.kill(self.checkout.pids()[part], number)


def _children(pid: int) -> set[int]:
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def make(system: str, place: Path) -> Ground:
    """A system to sabotage, up: `inventr`, or `everything`, which has every kind of part that runs here."""
    if system == "everything":
        shutil.copytree(REPOSITORY / "tests/e2e/every_part", place, ignore=LEFT_OUT)
        shutil.copytree(REPOSITORY / "tests/verify/everything", place, dirs_exist_ok=True)
        checkout = Checkout(place)
    else:
        checkout = copy_system(system, place)
    checkout.up()
    return Ground(checkout)
