"""The small system that the suite breaks: how to reach each of its parts, and what of it runs that should not."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from bench.checkout import free_ports
from redis import Redis
from tests.e2e.conftest import Checkout

from stackyard.errors import StackyardError
from stackyard.targets.native.supervisor.client import Client, connect
from stackyard.targets.native.supervisor.places import Places, read_json
from stackyard.targets.native.supervisor.status import Status

NAME = "breakable"
PARTS = ("db", "cache", "photos", "api-1", "api-2", "worker-1", "edge")
_SLOTS = ("edge.http", "edge.https", "edge.probe", "web", "api-1", "api-2", "db", "cache", "photos")
_LOOK = 0.02
"""Seconds between two looks at something that is awaited."""


class Breakable(Checkout):
    """A copy of the system."""

    @property
    def state(self) -> Path:
        """Where Stackyard keeps what belongs to the development environment of this copy."""
        return self.folder / ".stackyard" / "development"

    @cached_property
    def variables(self) -> dict[str, str]:
        """What the API is given to reach the parts. It must have been up once."""
        rows = self.stackyard("run", "api", "--", "env").out.splitlines()
        return dict(row.split("=", 1) for row in rows if "=" in row)

    def web(self) -> httpx.Client:
        """A client of the edge."""
        return self.client(NAME)

    def database(self) -> psycopg.Connection:
        """A connection as the API. Raises psycopg.Error."""
        return psycopg.connect(self.variables["DATABASE_URL"], autocommit=True, connect_timeout=5)

    def cache(self) -> Redis:
        """A client as the API, which tries nothing twice."""
        return Redis.from_url(self.variables["REDIS_URL"], socket_timeout=5, retry=None, decode_responses=True)

    @contextlib.contextmanager
    def bucket(self) -> Iterator[Any]:
        """The bucket of the API, as boto3 has it, which tries nothing twice."""
        import boto3  # type: ignore[import-untyped]
        from botocore.config import Config  # type: ignore[import-untyped]

        given = self.variables
        store = boto3.resource(
            "s3",
            endpoint_url=given["AWS_ENDPOINT_URL_S3"],
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
            region_name=given["AWS_REGION"],
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=5,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        try:
            yield store.Bucket(given["PHOTOS_BUCKET"])
        finally:
            store.meta.client.close()

    # What runs

    def supervisor(self) -> Client | None:
        """The supervisor that answers, or None."""
        return connect(self.state)

    def supervisor_pid(self) -> int | None:
        """The process that is or becomes the supervisor; None when there is none."""
        card = read_json(Places(self.state).card)
        found = self._own("targets.native.supervisor")
        if card and card["pid"] in found:
            return int(card["pid"])
        return next(iter(found), None)

    def guardian_pid(self) -> int | None:
        """The process that guards the supervisor; None when there is none."""
        return next(iter(self._own("targets.native.supervisor.guardian")), None)

    def _own(self, module: str) -> list[int]:
        """Processes of Stackyard's own for this copy, by the module that they run."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                if f"stackyard.{module}" in process.cmdline():
                    found.append(process.pid)
        return found

    def orphans(self, seconds: float) -> list[str]:
        """Processes that after so many seconds still run and belong to nobody; [] as soon as there are none."""
        deadline = time.monotonic() + seconds
        while True:
            known = self._known()
            left = [process for process in self.processes() if process.pid not in known]
            if not left or time.monotonic() > deadline:
                return [words_of(process) for process in left]
            time.sleep(_LOOK)

    def _known(self) -> set[int]:
        """Every process that is accounted for: commands at work, and a supervisor that answers with all its kin."""
        found = {*self._own("cli.main")}
        client = self.supervisor()
        if client is None:
            return found
        try:
            status = client.status()
        except StackyardError:
            return found
        found |= {status.pid, *self._own("targets.native.supervisor.guardian")}
        leaders = {one.pid for one in status.programs if one.pid}
        return found | {process.pid for process in self.processes() if leaders & _kin(process)}

    def is_answering(self) -> bool:
        """Whether a write through the edge is acknowledged, and the store takes an object."""
        try:
            with self.web() as web:
                is_kept = web.post(f"/api/notes/probe-{time.time_ns()}").status_code == 201
                is_served = web.get("/").status_code == 200
            with self.bucket() as bucket:
                bucket.put_object(Key="probe", Body=b"probe")
        except Exception:  # noqa: BLE001 - whatever is not an answer
            return False
        return is_kept and is_served


def recover(checkout: Breakable) -> list[str]:
    """Bring it up again, as a person would; what was wrong with that, [] when it is as well as before."""
    reasons = []
    done = checkout.stackyard("up", "--detach", "--quiet", timeout=120)
    if done.code != 0:
        reasons.append(f"`up` ended with {done.code}: {' / '.join(done.error.split(chr(10)))[:400]}")
        checkout.stackyard("down")
        checkout.up("--quiet")
    if seconds_until(checkout.is_answering, 2.0) is None:
        reasons.append("no write through the edge was acknowledged within 2 s of `up`")
    return reasons


def is_ready(status: Status) -> bool:
    """Whether every part is ready."""
    return all((one := status.program(name)) is not None and one.phase == "ready" for name in PARTS)


def seconds_until(claim: Callable[[], bool], limit: float) -> float | None:
    """How long it takes until the claim holds; None when it does not within `limit` seconds."""
    begun = time.monotonic()
    while not claim():
        if time.monotonic() - begun > limit:
            return None
        time.sleep(_LOOK)
    return time.monotonic() - begun


@contextlib.contextmanager
def breakable(place: Path) -> Iterator[Breakable]:
    """A fresh copy of the system in a folder of its own, not up; whatever runs of it at the end is stopped."""
    folder = place / NAME
    shutil.copytree(Path(__file__).with_name("system"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    checkout = Breakable(folder)
    checkout.state.mkdir(parents=True)
    # Ports are free while a system is down: two runs at once must not choose the same.
    free = islice(free_ports(), random.randrange(150), None)
    (checkout.state / "ports.json").write_text(json.dumps({slot: next(free) for slot in _SLOTS}))
    try:
        yield checkout
    finally:
        checkout.stackyard("down")


def words_of(process: psutil.Process) -> str:
    """A process for people: its pid and the begin of its command line."""
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:80]}"
    except psutil.Error:
        return f"{process.pid} (gone meanwhile)"


def _kin(process: psutil.Process) -> set[int]:
    """The process, its ancestors, and the leader of its session."""
    found = {process.pid}
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        found.add(os.getsid(process.pid))
        found |= {one.pid for one in process.parents()}
    return found
