"""Systems on a real engine, to be sabotaged: reached as somebody with Docker at hand would."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from stackyard.observe.compose_view import ComposeView
from stackyard.resources.certificates import Pair
from stackyard.spec.load import load
from stackyard.targets.compose.dockerfiles.backups import JOB
from stackyard.targets.compose.target import ComposeTarget
from stackyard.targets.names import COMPOSE
from tests.e2e.conftest import Checkout, eventually
from tests.verify import backing
from tests.verify.ground import SPOILED, Others, children, copy

_PORTS = {
    "goldshop": {
        "edge.http": 23280,
        "edge.https": 23243,
        "api-1": 23200,
        "worker-1": 23201,
        "web": 23202,
        "db": 23232,
        "cache": 23279,
        "files": 23290,
    },
    "inventr": {"edge.http": 23080, "edge.https": 23043, "api-1": 23000, "web": 23001, "db": 23032, "cache": 23079},
    "everything": {
        "edge.http": 23180,
        "edge.https": 23143,
        "api-1": 23100,
        "site": 23101,
        "db": 23132,
        "cache": 23179,
        "photos": 23190,
    },
}


class ComposeGround(Others):
    """One running system, and the ways into it. What `Ground` has is said there."""

    target = COMPOSE

    def __init__(self, checkout: Checkout) -> None:
        super().__init__()
        self.checkout = checkout
        self._view: ComposeView | None = None
        self._changes: dict[str, dict[str, Any]] = {}

    @property
    def home(self) -> Path:
        return self.checkout.folder / ".stackyard/development"

    @property
    def rendered(self) -> Path:
        """The folder of the Compose project."""
        return self.home / "compose"

    @property
    def view(self) -> ComposeView:
        """A look into the system as it has been since something was last made anew."""
        if self._view is None:
            self._view = ComposeView(load(self.checkout.folder, "development"))
        return self._view

    def look_away(self) -> None:
        """Containers are others now: the next look is a new one."""
        if self._view is not None:
            self._view.close()
        self._view = None

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The documents of the project, as words of `docker compose`."""
        target = ComposeTarget(load(self.checkout.folder, "development"))
        project = target.project
        target.close()
        words = [word for name in project.files for word in ("--file", str(self.rendered / name))]
        return ("--project-name", project.name, "--project-directory", str(self.rendered), *words)

    @property
    def project(self) -> str:
        return self.files[1]

    def put_right(self) -> None:
        self.look_away()
        self._changes.clear()
        self._up()

    def take_down(self) -> None:
        self.look_away()
        self.checkout.stackyard("down")
        self.checkout.stackyard("clean", "--data", "--backups", "--yes")

    def bring_up(self) -> None:
        self._up()
        if self.view.system.backups is not None:
            backing.back_up(self)

    def _up(self) -> None:
        self.stackyard("up", "--detach", "--target", COMPOSE)

    def stackyard(self, *words: str) -> None:
        done = self.checkout.stackyard(*words, timeout=600)
        assert done.code == 0, f"{done.out}\n{done.error}"

    def inside(self, script: str) -> str:
        argv = ("docker", "exec", "--interactive", self.container("backups"), "python3", "-", JOB)
        return backing.run(argv, script)

    def stop_part(self, name: str) -> None:
        docker("stop", self.container(name))

    def verify(self, *words: str) -> dict[str, Any]:
        done = self.checkout.stackyard("verify", "--target", COMPOSE, "--json", *words)
        assert done.out, done.error
        found: dict[str, Any] = json.loads(done.out)
        return found

    def path(self, name: str) -> Path:
        return self.rendered / "config" / name

    def edit(self, name: str, old: str, new: str) -> None:
        """In place, so that containers see it."""
        path = self.path(name)
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def reload_edge(self, *, old: str = "", new: str = "", file: str = "nginx.conf") -> None:
        if old:
            self.edit(f"edge/{file}", old, new)
        (master,) = children(self.pid("edge"))
        before = children(master)
        docker("kill", "--signal", "HUP", self.container("edge"))
        eventually(lambda: children(master) and not children(master) & before, 60)

    def certify(self, part: str, pair: Pair) -> None:
        """In the place that it is kept in, and in the one that the container has it from."""
        for new, ending in ((pair.key, "key"), (pair.certificate, "pem")):
            (self.home / "tls" / part / f"edge.{ending}").write_bytes(new.read_bytes())
            (self.rendered / "secrets" / f"{part}.{ending}").write_bytes(new.read_bytes())
        if part != "edge":
            # A server reads its own copy of the key, which it makes when it starts.
            self.start_again(part)
            eventually(lambda: self.state(part)["Health"]["Status"] == "healthy", 60)

    def leave_out(self, name: str) -> None:
        service, number = self._split(name)
        left = f"{self.project}-{service}-{number}"
        own = next(one for one in self.view.containers() if one.part == service and one.name != left)
        address = next(one for network, one in own.addresses.items() if network.endswith("_front"))
        port = self.view.system.service(service).port
        self.reload_edge(old=f'"{service}:{port}" resolve', new=f'"{address}:{port}"')

    def sql(self, text: str, resource: str = "db") -> None:
        with self.view.database(self.view.system.resource(resource)) as connection:  # type: ignore[arg-type]
            connection.execute(text.encode())

    def tell(self, name: str, variable: str, value: str | None) -> None:
        """What holds a secret stands in the assembled file, the rest in the document."""
        service, _ = self._split(name)
        file = self.rendered / "secrets" / f"{service}.env"
        text = file.read_text() if file.exists() else ""
        own = re.search(rf"^{variable}=.*\n", text, re.MULTILINE)
        if own is None:
            self.redefine(service, environment={variable: value})
            return
        line = "" if value is None else f"{variable}={shlex.quote(value)}\n"
        file.write_text(text.replace(own[0], line))
        self.start_again(name)

    def tell_secret(self, name: str, secret: str) -> None:
        service, _ = self._split(name)
        with (self.rendered / "secrets" / f"{service}.env").open("a") as file:
            file.write(f"MORE={shlex.quote(self.view.secret(secret))}\n")
        self.start_again(name)

    def spoil(self, what: str) -> None:
        place = self.checkout.folder.parent / "spoiled"
        place.mkdir(exist_ok=True)
        shutil.copy(SPOILED, place)
        self.redefine(
            "api",
            command=["uvicorn", "spoiled:create_app", "--factory"],
            environment={"PYTHONPATH": "/spoiled", "SPOIL": what},
            volumes=[{"type": "bind", "source": str(place), "target": "/spoiled", "read_only": True}],
        )

    def serve(self, name: str, text: str) -> None:
        """Over the file in the image, which nobody can write to."""
        place = self.checkout.folder.parent / "served"
        shutil.rmtree(place, ignore_errors=True)
        docker("cp", f"{self.container('edge')}:/srv/www/site", str(place))
        (place / name).write_text(text)
        mount = {"type": "bind", "source": str(place), "target": "/srv/www/site", "read_only": True}
        self.redefine("edge", volumes=[mount])

    def log(self, name: str, text: str) -> None:
        """Into what the engine reads of the first process."""
        docker("exec", self.container(name), "sh", "-c", 'echo "$1" > /proc/1/fd/1', "log", text)

    def silence(self, name: str) -> None:
        """The engine keeps a log for as long as its container lasts."""
        docker("compose", *self.files, "up", "--detach", "--no-deps", "--force-recreate", self._split(name)[0])

    def slip_in(self, name: str, *, count: int = 1, confined: bool = True) -> None:
        """As root of this machine can, and the engine knows nothing of it."""
        self.await_running(name)
        user = self.view.account(self._split(name)[0])
        assert user is not None
        space = ("setsid", "--fork", "nsenter", "--target", str(self.pid(name)), "--pid", "--")
        rights = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all") if confined else ()
        who = ("setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups", *rights)
        for _ in range(count):
            subprocess.run((*space, *who, "sleep", "600"), check=True, timeout=30, stdout=subprocess.DEVNULL)

    def restart(self, *parts: str) -> None:
        self.look_away()
        done = self.checkout.stackyard("restart", *parts)
        assert done.code == 0, done.error

    def redefine(self, service: str, *, waits: bool = True, **changes: Any) -> None:
        """Have Compose make the containers of a service anew from the document with these changes to it.

        What a service was changed to before stays, until all is put right.
        """
        self.look_away()
        known = self._changes.setdefault(service, {})
        for name, value in changes.items():
            known[name] = {**known.get(name, {}), **value} if isinstance(value, dict) else value
        theirs = self.home / "theirs.yaml"
        theirs.write_text(yaml.safe_dump({"services": {service: known}}).replace("'!reset'", "!reset null"))
        how = ("up", "--detach", "--no-deps", "--no-build", *(("--wait",) if waits else ()))
        try:
            docker("compose", *self.files, "--file", str(theirs), *how, service)
        finally:
            theirs.unlink()

    def start_again(self, name: str) -> None:
        """The same container, started anew."""
        docker("restart", self.container(name))
        self.look_away()

    def await_running(self, name: str) -> None:
        """What needs another part ends when that goes away, and comes back by itself."""
        eventually(lambda: self.state(name)["Status"] == "running", 60)
        self.look_away()

    def container(self, name: str) -> str:
        """The engine's name of the container of a part."""
        service, number = self._split(name)
        return f"{self.project}-{service}-{number}"

    def state(self, name: str) -> Mapping[str, Any]:
        """What the engine says of how a container is."""
        found: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", self.container(name)))
        return found

    def pid(self, name: str) -> int:
        """The first process of a part on this machine."""
        return int(self.state(name)["Pid"])

    def _split(self, name: str) -> tuple[str, int]:
        service, _, number = name.rpartition("-")
        return (service, int(number)) if number.isdigit() else (name, 1)


def make(system: str, place: Path) -> ComposeGround:
    """A system to sabotage, not up, under a name and at ports of its own: an engine has one system of each name."""
    checkout = copy(system, place)
    if system != "everything":
        checkout.edit("stackyard.yaml", f"system: {system}\n", f"system: verify-{system}\n")
    ports = checkout.folder / ".stackyard/development/ports.json"
    ports.parent.mkdir(parents=True)
    ports.write_text(json.dumps(_PORTS.get(system, {})))
    return ComposeGround(checkout)


def docker(*argv: str, given: str = "") -> str:
    """What Docker says, which must not be a complaint. `given` is its input."""
    done = subprocess.run(("docker", *argv), input=given, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"docker {' '.join(argv)}: {done.stderr}"
    return done.stdout.strip()
