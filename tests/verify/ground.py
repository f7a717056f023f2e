"""Running systems to be sabotaged: reached as their operator would, and looked at with `stackyard verify`."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.observe.native_view import NativeView
from stackyard.spec.load import load
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
    remembered: dict[Path, tuple[bytes, int]] = field(default_factory=dict)

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
