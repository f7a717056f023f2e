"""Running systems to be sabotaged: reached as their operator would, and looked at with `stackyard verify`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from stackyard.observe.native_view import NativeView
from stackyard.resources.certificates import Pair
from stackyard.spec.load import load
from stackyard.targets.names import NATIVE
from stackyard.targets.native.program import Program, SecretPiece, from_json
from stackyard.targets.native.supervisor.client import connect
from stackyard.targets.native.supervisor.places import Places, read_json
from tests.e2e.conftest import LEFT_OUT, REPOSITORY, Checkout, copy_system, eventually
from tests.verify import backing

SPOILED = REPOSITORY / "tests/verify/sabotages/spoiled.py"
_WORD = "sabotage-of-the-log"


class Others:
    """Processes of this machine that are none of the system's."""

    def __init__(self) -> None:
        self.others: list[subprocess.Popen[bytes]] = []

    def beside(self, *words: str, **how: Any) -> None:
        null = subprocess.DEVNULL
        self.others.append(subprocess.Popen(words, start_new_session=True, stdin=null, stdout=null, stderr=null, **how))

    def end_others(self) -> None:
        """End what `beside` has started."""
        for one in self.others:
            one.kill()
            one.wait()
        self.others.clear()


class NativeGround(Others):
    """One running system, and the ways into it. What `Ground` has is said there."""

    target = NATIVE

    def __init__(self, checkout: Checkout) -> None:
        super().__init__()
        self.checkout = checkout
        self.strays: dict[str, Others] = {}
        """By the part whose mark they carry."""

    @property
    def home(self) -> Path:
        return self.checkout.folder / ".stackyard/development"

    @cached_property
    def view(self) -> NativeView:
        """A look into the system as it was when it was first asked for; ports and secrets stay."""
        return NativeView(load(self.checkout.folder, "development"))

    def verify(self, *words: str) -> dict[str, Any]:
        done = self.checkout.stackyard("verify", "--json", *words)
        assert done.out, done.error
        found: dict[str, Any] = json.loads(done.out)
        assert (done.code == 4) == bool(found["counts"]["broken"])
        return found

    def bring_up(self) -> None:
        self.checkout.up()
        self.back_up()

    def back_up(self) -> None:
        """Where the system has backups: a set, and a drill of it."""
        if self.view.system.backups is not None:
            backing.back_up(self)

    def inside(self, script: str) -> str:
        return backing.run((sys.executable, "-", str(self.home / "etc/backups/job.json")), script)

    def stackyard(self, *words: str) -> None:
        done = self.checkout.stackyard(*words)
        assert done.code == 0, f"{done.out}\n{done.error}"

    def stop_part(self, name: str) -> None:
        self.remove(name)

    def take_down(self) -> None:
        self.checkout.stackyard("down")

    def put_right(self) -> None:
        self.checkout.up_in_turn()

    def path(self, name: str) -> Path:
        return self.home / "etc" / name

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.path(name)
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def reload_edge(self, *, old: str = "", new: str = "", file: str = "nginx.conf") -> None:
        if old:
            self.edit(f"edge/{file}", old, new)
        master = self.checkout.pids()["edge"]
        before = children(master)
        os.kill(master, signal.SIGHUP)
        eventually(lambda: children(master) and not children(master) & before, 15)

    def certify(self, part: str, pair: Pair) -> None:
        for new, name in ((pair.key, "edge.key"), (pair.certificate, "edge.pem")):
            (self.home / "tls" / part / name).write_bytes(new.read_bytes())

    def leave_out(self, name: str) -> None:
        place = f'server "127.0.0.1:{self.view.port(name)}"'
        self.reload_edge(old=place, new=f"{place} down")

    def sql(self, text: str, resource: str = "db") -> None:
        with self.view.database(self.view.system.resource(resource)) as connection:  # type: ignore[arg-type]
            connection.execute(text.encode())

    def tell(self, name: str, variable: str, value: str | None) -> None:
        rest = {one: known for one, known in self.definition(name).env.items() if one != variable}
        self.redefine(name, env=rest if value is None else {**rest, variable: (value,)})

    def tell_secret(self, name: str, secret: str) -> None:
        piece = SecretPiece(str(self.home / "secrets" / secret))
        self.redefine(name, env={**self.definition(name).env, "MORE": (piece,)})

    def spoil(self, what: str) -> None:
        # Where the user of the parts may read it, whatever folder the tests are in.
        place = self.checkout.folder.parent / "spoiled"
        place.mkdir(exist_ok=True)
        shutil.copy(SPOILED, place)
        env = {**self.definition("api-1").env, "PYTHONPATH": (str(place),), "SPOIL": (what,)}
        self.redefine("api-1", argv=("uvicorn", "spoiled:create_app", "--factory"), env=env)

    def serve(self, name: str, text: str) -> None:
        (self.home / "sites/site/current").resolve().joinpath(name).write_text(text)

    def _log(self, name: str) -> Path:
        return self.home / "log" / f"{name.rpartition('-')[0] or name}.jsonl"

    def log(self, name: str, text: str, ahead: timedelta = timedelta()) -> None:
        moment = (datetime.now(UTC) + ahead).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        part, line = name.rpartition("-")[0] or name, f"{_WORD} {text}"
        record = {"ts": moment, "part": part, "id": name, "stream": "out", "line": line}
        self.forge(name, json.dumps(record, separators=(",", ":")))

    def forge(self, name: str, line: str) -> None:
        """Add a line to the file of the log, as it is; `silence` takes out the one that has the word in it."""
        with self._log(name).open("a") as file:
            file.write(f"{line}\n")

    def silence(self, name: str) -> None:
        """Others write to the file, which is kept."""
        with self._log(name).open("r+") as file:
            lines = [line for line in file if _WORD not in line]
            file.seek(0)
            file.truncate()
            file.writelines(lines)

    def slip_in(self, name: str, *, count: int = 1, confined: bool = True) -> None:
        words = ("setpriv", "--no-new-privs", *(("--bounding-set=-all",) if os.geteuid() == 0 else ()))
        for _ in range(count):
            self.stray(name, *(words if confined else ()))

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

    def stray(self, part: str, *words: str) -> None:
        """Start a process that carries the mark of a part, as its user, out of the supervisor's sight."""
        account = self.view.account(part)
        # By setpriv and not by Popen, for the words before may need to be root.
        user = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups") if account.is_dropped else ()
        words = (*words, *user) if words else ("setpriv", *user) if user else ()
        mark = {"STACKYARD_PROGRAM": f"{Places(self.home).mark}/{part}", "PATH": os.defpath}
        self.strays.setdefault(part, Others()).beside(*words, "sleep", "600", env=mark, cwd="/")

    def restart(self, *parts: str) -> None:
        """It ends whatever carries the mark of these, too."""
        done = self.checkout.stackyard("restart", *parts)
        assert done.code == 0, done.error
        for name in list(self.strays):
            if not parts or name.rpartition("-")[0] in parts:
                for one in self.strays.pop(name).others:
                    one.wait(10)


def children(pid: int) -> set[int]:
    """The processes that a process has started itself."""
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def make(system: str, place: Path) -> NativeGround:
    """A system to sabotage, not up."""
    return NativeGround(copy(system, place))


def copy(system: str, place: Path) -> Checkout:
    """A copy of a system: `inventr`, `everything`, which has every kind of part that runs here, or `backed-up`."""
    if system == "backed-up":
        return _copy_backed_up(place)
    if system != "everything":
        return copy_system(system, place)
    shutil.copytree(REPOSITORY / "tests/e2e/every_part", place, ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "tests/verify/everything", place, dirs_exist_ok=True)
    return Checkout(place)


def _copy_backed_up(place: Path) -> Checkout:
    """What goes off site goes beside the copy."""
    folder = place / "backed-up"
    shutil.copytree(REPOSITORY / "tests/verify/backed_up", folder, ignore=LEFT_OUT)
    file = folder / "stackyard.yaml"
    file.write_text(file.read_text().replace("/srv/elsewhere", str(place / "elsewhere")))
    return Checkout(folder)
