"""The files of a system on Compose: data in volumes, rendered files, secrets, front ends in the image of the edge."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.model.system import Postgres, Redis, Resource, Service, System
from stackyard.observe import processes
from stackyard.observe.compose_asking import CONFIG, Asking
from stackyard.observe.compose_containers import Own
from stackyard.observe.files import files_below
from stackyard.observe.seen import ConfigView, DataView
from stackyard.resources import nginx
from stackyard.targets.compose.names import ETC, STATIC
from stackyard.targets.compose.parts.redis import STORE
from stackyard.targets.names import EDGE

if TYPE_CHECKING:
    from stackyard.backup.upkeep import Report

_COARSE = 0.02
"""Seconds by which the kernel's time of a start may be off."""


class Files(Asking):
    """See `View` for what each member means."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self._sites: dict[str, Path] = {}

    def data(self, resource: Resource) -> DataView:
        rendered = self._compose.blueprint.rendered
        volume = next(one for one in rendered.volumes if one.part == resource.name)
        body = rendered.document["services"][resource.name]
        target = next(str(one["target"]) for one in body["volumes"] if one.get("source") == volume.key)
        own = self._one(resource.name)
        mounts = (one for one in own.found["Mounts"] if one.get("Destination") == target) if own else ()
        found = next((f"{one.get('Name') or one.get('Source')} at {target}" for one in mounts), "")
        mode, owner = self._access(resource.name, str(body.get("environment", {}).get("PGDATA", target)))
        account = self.account(resource.name)
        return DataView(
            wanted=f"{volume.name} at {target}",
            found=found if own is not None and own.container.is_running else "",
            mode=mode,
            owner=owner,
            user=account.uid if account else -1,
            guard=self._guard(own, target),
        )

    def upkeep(self, resource: Postgres) -> Report | None:
        from stackyard.observe.upkeep import on_compose

        return on_compose(self._compose, resource.name)

    def has_file(self, resource: Resource, path: str) -> bool:
        rendered = self._compose.blueprint.rendered
        targets = [str(one["target"]) for one in rendered.document["services"][resource.name]["volumes"]]
        folder = f"{targets[0]}/{STORE}" if isinstance(resource, Redis) else targets[0]
        return self._inside(resource.name, ("test", "-f", f"{folder}/{path}")).is_good

    def config(self, part: str) -> ConfigView:
        return ConfigView(self.layout.rendered / CONFIG / part, ETC)

    def config_files(self) -> Iterator[tuple[str, Iterable[Path]]]:
        folder, home = self.layout.rendered, self.layout.folder
        below = [path for path in files_below(folder) if not path.is_relative_to(folder / "secrets")]
        yield "the rendered project", below
        yield "state and summary", sorted(home.glob("*.json"))

    def secret_folders(self) -> Iterator[tuple[Path, int]]:
        yield self.layout.secrets, 0o600
        # Containers run as other users; the folder lets nobody pass.
        yield self.layout.rendered / "secrets", 0o444

    def key_users(self) -> frozenset[int]:
        return frozenset()

    def site(self, service: Service) -> Path | None:
        with self._lock:
            if service.name not in self._sites:
                folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="stackyard-")))
                argv = ("docker", "cp", "--quiet", f"{self._running(EDGE)}:{STATIC}/{service.name}", str(folder))
                if not self._ask(argv).is_good:
                    return None
                self._sites[service.name] = folder / service.name
            return self._sites[service.name]

    def test_edge(self) -> tuple[int, tuple[str, ...]]:
        answer = self._inside(EDGE, (*nginx.command("nginx", ETC, "/tmp"), "-t"))
        return answer.code, tuple(answer.errors.splitlines())

    def is_edge_current(self) -> bool:
        """A file that was put in the place of another is one that a container never sees: contents are compared."""
        folder = self.config(EDGE).folder
        files = sorted(path for path in folder.iterdir() if path.is_file())
        there = self._inside(EDGE, ("cat", *(f"{ETC}/{path.name}" for path in files)))
        if there.output != "".join(path.read_text() for path in files):
            return False
        pair = [path for path in (self.layout.rendered / "secrets").glob(f"{EDGE}.*") if path.is_file()]
        changed = max([*(path.stat().st_ctime for path in files), *(path.stat().st_mtime for path in pair)])
        pids = [one.pid for one in self.members() if one.id == EDGE]
        began = [processes.began(found) for pid in pids if _is_worker(pid) and (found := processes.read(pid))]
        if pids and not began:
            # It runs, and nothing takes requests: whatever it may have read, it does not work by it.
            return False
        return all(one + _COARSE >= changed for one in began)

    def _access(self, service: str, path: str) -> tuple[int | None, int | None]:
        answer = self._inside(service, ("stat", "-c", "%a %u", path))
        words = answer.output.split()
        return (int(words[0], 8), int(words[1])) if answer.is_good and len(words) == 2 else (None, None)

    def _guard(self, own: Own | None, target: str) -> str:
        """The folder above a volume that only the engine's own user passes, "" where there is none."""
        mounts = own.found["Mounts"] if own else ()
        source = next((Path(one["Source"]) for one in mounts if one.get("Destination") == target), None)
        for folder in source.parents if source else ():
            with contextlib.suppress(OSError):
                if not folder.stat().st_mode & 0o001:
                    return f"below {folder}, which lets no others pass"
        return ""


def _is_worker(pid: int) -> bool:
    line = processes.command_line(pid)
    return line.startswith("nginx: worker process") and "shutting down" not in line
