"""A ledger kept outside of a database that is being switched over: what was acknowledged, and what is there."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from stackyard.resources.postgres.replication import STANDBY_SIGNAL
from stackyard.targets.native.layout import Layout
from tests.e2e.conftest import Checkout

DRIVER = """
import os, pkgutil, signal, sys
from pathlib import Path
from stackyard.operate.switching.outcome import Wanted
from stackyard.operate.system import verbs_for
from stackyard.spec.load import load

place, number, forced = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "forced"
count = 0

def reached():
    global count
    count += 1
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)

def tell(sentence):
    if place == "sentence":
        reached()

if place != "sentence":
    owner, name = pkgutil.resolve_name(place.rpartition(".")[0]), place.rpartition(".")[2]
    done = getattr(owner, name)

    def do(*given):
        done(*given)
        reached()

    setattr(owner, name, do)
system = load(Path(), "development", ())
verbs_for(Path(), "development", None).switch_over(system, Wanted(forced=forced), tell)
"""
"""A switchover that is killed at the beginning of a step, or right after a function has done its work."""


class Ledger:
    """Writes one row after the other as the service does, and keeps those that were acknowledged."""

    def __init__(self, checkout: Checkout, system: str = "ledger") -> None:
        self.checkout = checkout
        self.system = system
        self.acknowledged: list[int] = []
        self._is_over = threading.Event()
        with self.connect("db") as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS ledger (entry bigint PRIMARY KEY)")
            ((last,),) = connection.execute("SELECT coalesce(max(entry), 0) FROM ledger").fetchall()
        self._next = last + 1

    def connect(self, server: str, role: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        role = role or f"{self.system}_clerk"
        secret = self.checkout.folder / f".stackyard/development/secrets/db.{role}"
        return psycopg.connect(
            host=str(sockets(self.checkout)) if role == "postgres" else "127.0.0.1",
            port=self.checkout.ports()[server],
            user=role,
            password=secret.read_text().strip(),
            dbname="postgres" if role == "postgres" else self.system,
            autocommit=True,
            connect_timeout=5,
        )

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Somebody writes all the time, meanwhile."""
        self._is_over.clear()
        writer = threading.Thread(target=self._write)
        writer.start()
        try:
            yield
        finally:
            self._is_over.set()
            writer.join()

    def _write(self) -> None:
        while not self._is_over.is_set():
            try:
                with self.connect("db") as connection:
                    while not self._is_over.is_set():
                        entry = self._next
                        # Whether an entry that failed was written nobody knows: its number is not used again.
                        self._next += 1
                        connection.execute("INSERT INTO ledger VALUES (%s)", (entry,))
                        self.acknowledged.append(entry)
            except psycopg.Error:
                time.sleep(0.005)

    def lost(self, server: str = "db") -> set[int]:
        """What was acknowledged and is not there."""
        with self.connect(server) as connection:
            there = {row[0] for row in connection.execute("SELECT entry FROM ledger").fetchall()}
        return set(self.acknowledged) - there

    def leaders(self) -> list[str]:
        """The servers that would take a write now."""
        return [name for name in ("db", "db-replica-1") if self._leads(name)]

    def _leads(self, server: str) -> bool:
        try:
            with self.connect(server) as connection:
                ((follows,),) = connection.execute("SELECT pg_is_in_recovery()").fetchall()
        except psycopg.Error:
            return False
        return not follows


def sockets(checkout: Checkout) -> Path:
    return Layout(checkout.folder.resolve(), "development").sockets


def unfenced(checkout: Checkout) -> list[str]:
    """The data folders on which a server would lead."""
    folders = (checkout.folder / ".stackyard/development/data").iterdir()
    return sorted(one.name for one in folders if (one / "PG_VERSION").exists() and not (one / STANDBY_SIGNAL).exists())


def killed_switchover(checkout: Checkout, place: str, number: int, *, forced: bool = False) -> None:
    """A switchover that is killed at its sentence of that number, or when the function `place` was called so often."""
    words = [sys.executable, "-c", DRIVER, place, str(number), "forced" if forced else "planned"]
    done = subprocess.run(words, **checkout.process(), capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
