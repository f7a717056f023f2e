"""Restores on a real engine that go wrong, and backups that are elsewhere: a bucket, a folder, another machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.targets.compose import images
from tests.e2e.conftest import ground

from .docker import container, docker
from .standins import provide
from .yard import Yard, running

__all__ = ["ground"]

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]

NAME = "stackyard-restores"
KEYS = {"access": "restores-access-key-1", "secret": "restores-secret-key-0123456789"}
STORE_PORT = 25790
STACK = f"""
system: {NAME}
services:
  api:
    build: ./api
    command: python -I -S server.py
    port: 25700
    health: {{path: /, start_timeout: 10s, interval: 2s, retries: 2}}
    needs: [db]
resources:
  db: {{postgres: 17, port: 25701, init: ./database}}
backups:
  drill: never
  to: "s3:http://HOST:{STORE_PORT}/backups/shop"
  offsite: OFFSITE
"""


class Shop(Yard):
    """The same, while it is restored."""

    @property
    def phase(self) -> str:
        """How far a restore has come, "" when none is under way."""
        try:
            found: dict[str, Any] = json.loads(self.journal.read_text())
        except FileNotFoundError:
            return ""
        return str(found["phase"])

    @property
    def journal(self) -> Path:
        return self.folder / ".stackyard/development/compose-restore.json"


@pytest.fixture(scope="module")
def bucket(ground: Path) -> Iterator[str]:
    """An S3-compatible store on an address of this machine that containers reach; the folder of its buckets."""
    provide((images.RCLONE,))
    data = ground / "s3"
    (data / "backups").mkdir(parents=True)
    for folder in (data, data / "backups"):
        folder.chmod(0o777)
    host = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    os.environ["RCLONE_AUTH_KEY"] = f'"{KEYS["access"]},{KEYS["secret"]}"'
    options = ("--network", "host", "--env", "RCLONE_AUTH_KEY", "--volume", f"{data}:/data")
    words = (
        "serve",
        "s3",
        "/data",
        "--addr",
        f"{host}:{STORE_PORT}",
        "--config",
        "/dev/null",
        "--dir-cache-time",
        "1s",
    )
    with container(images.RCLONE, *words, options=options):
        yield host
    del os.environ["RCLONE_AUTH_KEY"]


@pytest.fixture(scope="module")
def shop(ground: Path, bucket: str) -> Iterator[Shop]:
    provide(("postgres:17", images.PYTHON.format(version="3.13")))
    made = Shop(ground / "restores-on-compose")
    offsite = ground / "offsite"
    made.write(STACK.replace("HOST", bucket).replace("OFFSITE", str(offsite)))
    for name, key in KEYS.items():
        given = {**made.process(), "input": key, "text": True, "check": True}
        subprocess.run(made.command("secrets", "set", f"backups.{name}-key"), **given, capture_output=True)
    with running(made):
        yield made


@pytest.fixture(scope="module")
def backup(shop: Shop) -> dict[str, Any]:
    made: dict[str, Any] = shop.told("backup", "create")
    return made


def test_sets_are_kept_in_a_bucket_and_copied_into_a_folder_of_the_machine(
    shop: Shop, backup: dict[str, Any], ground: Path
) -> None:
    """BAK-02, BAK-03: read back from there; with a recovery kit beside each, and no key on any command line."""
    assert backup["is_good"]
    assert backup["offsite"]
    assert (ground / "s3/backups/shop/config").is_file()
    assert (ground / "s3/backups/shop-recovery-kit/config").is_file()
    assert (ground / "offsite/repository/config").is_file()
    assert (ground / "offsite/recovery-kit.age").is_file()
    assert shop.told("backup", "verify", backup["id"])["is_good"]
    (found,) = json.loads(docker("inspect", shop.container("backups")))
    assert KEYS["secret"] not in json.dumps(found)
    report = shop.told("drill")
    assert report["kept"], report["findings"]
    machine = [one for one in report["losses"] if (one["part"], one["disaster"]) == ("db", "machine lost")]
    assert machine, "how much is lost with the machine is measured against the bucket"


@pytest.mark.parametrize(
    ("phase", "orders"),
    [("preparing", "501"), ("stopping", "501"), ("swapping", "501"), ("swapped", "500"), ("returning", "501")],
)
def test_killed_in_any_phase_it_leaves_one_usable_system_and_the_next_command_says_which(
    shop: Shop, backup: dict[str, Any], phase: str, orders: str
) -> None:
    """BAK-05: the old one until the swap has taken place, from then on the new one."""
    shop.sql("INSERT INTO orders VALUES (1001, 'since') ON CONFLICT DO NOTHING")
    assert shop.sql("SELECT count(*) FROM orders") == "501"
    with subprocess.Popen(
        shop.command("restore", backup["id"], "--yes"), cwd=shop.folder, env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as restoring:  # fmt: skip
        if phase == "returning":
            await_phase(shop, "swapped")
            restoring.send_signal(signal.SIGTERM)
        await_phase(shop, phase)
        restoring.kill()
    said = shop.stackyard("up", "--detach", timeout=600)
    assert said.code == 0, f"{said.out}\n{said.error}"
    told = "completed" if orders == "500" else "the old data is in place"
    assert told in said.error + said.out
    assert shop.phase == ""
    assert shop.sql("SELECT count(*) FROM orders") == orders
    assert shop.status()["is_up"]
    shop.rest()
    made = shop.told("backup", "create")
    assert made["is_good"], "what is made from now on follows from what is in use"


def await_phase(shop: Shop, phase: str) -> None:
    deadline = time.monotonic() + 240
    while shop.phase != phase:
        assert time.monotonic() < deadline, f"it is {shop.phase!r}, and never was {phase}"
        time.sleep(0.005)


@pytest.mark.parametrize("kept", ["folder", "bucket"])
def test_a_lost_machine_comes_back_from_elsewhere_and_an_identity_alone(
    shop: Shop, backup: dict[str, Any], bucket: str, ground: Path, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BAK-02, BAK-05: secrets, stack file and data, in a folder and on an engine without any."""
    shop.sql("UPDATE orders SET what = 'on the lost machine' WHERE id = 1")
    shop.rest()
    last = shop.told("backup", "create")
    orders = shop.sql("SELECT count(*), max(what) FROM orders")
    state = shop.folder / ".stackyard/development"
    identity = ground / "identity"
    shutil.copy(state / "secrets/backups.identity", identity)
    written = (shop.folder / "stackyard.yaml").read_text()
    assert shop.stackyard("down").code == 0
    assert shop.stackyard("clean", "--data", "--backups", "--yes").code == 0
    assert not (state / "secrets").exists()
    # Not even the stack file: the backup has it.
    (shop.folder / "stackyard.yaml").unlink()
    for name, key in (("AWS_ACCESS_KEY_ID", "access"), ("AWS_SECRET_ACCESS_KEY", "secret")):
        monkeypatch.setenv(name, KEYS[key])
    place = str(ground / "offsite") if kept == "folder" else f"s3:http://{bucket}:{STORE_PORT}/backups/shop"
    done = shop.stackyard(
        "restore", "--from", place, "--key", str(identity), "--target", "compose", "--yes", timeout=600
    )
    assert done.code == 0, f"{done.out}\n{done.error}"
    assert (shop.folder / "stackyard.yaml").read_text() == written
    assert shop.sql("SELECT count(*), max(what) FROM orders") == orders
    assert shop.status()["is_up"]
    assert (ground / "offsite/repository").stat().st_uid != 0, "backups go on being copied there"
    shop.rest()
    assert shop.told("backup", "list")[0]["id"] > last["id"]
    assert shop.told("backup", "create")["offsite"]
