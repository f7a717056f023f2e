"""Restores of a real system on the native target: a table dropped by mistake, the way back, kills, a full disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.backup.quick_repository import make_quick
from tests.e2e.conftest import Checkout, Run, copy_example, eventually

pytestmark = pytest.mark.real

STACK_FILE = """\
system: guestbook
services:
  app:
    build: .
    command: uvicorn main:app
    port: 21881
    health: /healthz
    needs: [db]
resources: {db: {postgres: ">=15", port: 21882}}
backups: {wal: continuous, drill: never}
"""


@dataclass(frozen=True)
class Book:
    """A guest book with a backup, up."""

    checkout: Checkout

    @property
    def data(self) -> Path:
        return self.checkout.folder / ".stackyard" / "development" / "data"

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.data.iterdir())

    def write(self, name: str) -> None:
        told = {"name": name, "message": "hello"}
        port = self.checkout.ports()["app-1"]
        assert httpx.post(f"http://127.0.0.1:{port}/entries", json=told, timeout=10).status_code == 201

    def guests(self, database: str = "guestbook") -> list[str]:
        return self.ask("SELECT name FROM entries ORDER BY id", database)

    def ask(self, query: str, database: str = "guestbook") -> list[str]:
        """What the database answers, as its owner."""
        words = ("--write", "--", f"--dbname={database}", "-Atqc", query)
        done = self.checkout.stackyard("db", "shell", *words)
        assert done.code == 0, done.error
        return done.out.split()

    def restore(self, *words: str) -> Run:
        return self.checkout.stackyard("restore", *words)

    def moment(self) -> str:
        """A moment that lies clearly between what was before and what comes after."""
        time.sleep(0.05)
        now = datetime.now(UTC).isoformat()
        time.sleep(0.05)
        return now


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="stackyard-restore-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def book(place: Path) -> Iterator[Book]:
    checkout = copy_example("guestbook", place / "guestbook")
    (checkout.folder / "stackyard.yaml").write_text(STACK_FILE)
    checkout.up()
    made = Book(checkout)
    made.write("before the backup")
    done = checkout.stackyard("backup", "create")
    assert done.code == 0, f"{done.out}\n{done.error}"
    password = made.data.parent / "secrets" / "backups.repository"
    make_quick(made.data.parent / "backups" / "repository", password.read_text().strip())
    yield made
    checkout.stackyard("down")


def test_a_table_dropped_by_mistake_comes_back_to_the_second_before_and_undo_leads_back(book: Book) -> None:
    """BAK-04, BAK-05: everything that was acknowledged before the moment, nothing after it; and a way back."""
    book.write("ada")
    book.write("grace")
    before = book.moment()
    book.ask("DROP TABLE entries")

    done = book.restore("--to", before, "--yes", "--json")
    assert done.code == 0, done.error
    told = json.loads(done.out)
    assert book.guests() == ["before", "the", "backup", "ada", "grace"]
    assert told["safety_set"]
    assert told["new_set"]
    assert told["away_seconds"] < 30
    assert book.checkout.stackyard("status").code == 0
    assert book.names == ["db", f"db.before-{told['id']}"]

    book.write("after the restore")
    done = book.restore("--undo", "--yes")
    assert done.code == 0, done.error
    assert "gone back" in done.out
    assert book.ask("SELECT count(*) FROM pg_class WHERE relname = 'entries'") != []
    assert "after" not in book.guests()
    # What is committed on the old data from now on can be had again, too: it went on under a timeline of its own.
    book.write("on the old data")
    last = book.moment()
    book.ask("DELETE FROM entries")
    done = book.restore("--to", last, "--yes")
    assert done.code == 0, f"{done.out}\n{done.error}"
    assert book.guests() == ["on", "the", "old", "data"]

    done = book.restore("--finish", "--yes")
    assert "there is no way back any more" in done.out
    assert book.names == ["db"]


def test_without_a_terminal_and_without_yes_it_shows_the_plan_and_does_nothing(book: Book) -> None:
    """BAK-05: plan first; nothing without a question."""
    done = subprocess.run(
        book.checkout.command("restore"), **book.checkout.process(), stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "is replaced; what is there now is kept beside it" in done.stdout
    assert "there is nobody to ask" in done.stderr
    assert book.names == ["db"]


def test_a_copy_for_looking_comes_as_a_folder_or_as_a_database_and_touches_nothing(book: Book, place: Path) -> None:
    """BAK-04: into a side copy for looking."""
    book.write("looked for")
    then, pids = book.moment(), book.checkout.pids()
    book.ask("DELETE FROM entries")
    done = book.restore("--to", then, "--into", "looked_into")
    assert done.code == 0, done.error
    assert "looked" in book.guests("looked_into")
    assert book.guests() == []
    done = book.restore("--into", "looked_into")
    assert (done.code, "there is a database looked_into in db already" in done.error) == (1, True)

    folder = place / "copy"
    done = book.restore("--to", then, "--into", str(folder), "--json")
    assert done.code == 0, done.error
    (copy,) = json.loads(done.out)["copies"]
    server = subprocess.Popen(copy["look"].split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: "looked for" in _names(folder))
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    assert book.checkout.pids() == pids
    assert book.names == ["db"]


def _names(folder: Path) -> list[str]:
    """Who has written into the guestbook of a copy; nobody as long as its server does not answer."""
    try:
        with psycopg.connect(host=str(folder), user="postgres", dbname="guestbook") as connection:
            return [str(row[0]) for row in connection.execute("SELECT name FROM entries")]
    except psycopg.OperationalError:
        return []


def test_a_lost_data_folder_comes_back_with_everything_that_was_received(book: Book) -> None:
    """BAK-04: nothing acknowledged is missing; the last of it lies in what was received and not yet put away."""
    book.write("just before the loss")
    eventually(lambda: "received" in book.checkout.stackyard("status").out)
    time.sleep(1.0)
    book.checkout.stackyard("down")
    shutil.rmtree(book.data / "db")
    done = book.restore("--yes")
    assert done.code == 0, done.error
    assert book.guests()[-4:] == ["just", "before", "the", "loss"]
    book.restore("--finish", "--yes")


def test_ended_at_any_moment_it_leaves_one_usable_system(book: Book) -> None:
    """BAK-05: Ctrl-C and SIGKILL at several moments; the next `up` says what was done, and every guest is there."""
    book.write("before the end")
    guests = book.guests()
    moments = ((signal.SIGINT, "swap"), *((signal.SIGKILL, step) for step in ("fetching", "checksums", "swap")))
    for kind, step in moments:
        restoring = subprocess.Popen(
            book.checkout.command("restore", "--yes"), **_without_check(book.checkout), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        said = _end_after(restoring, kind, step)
        assert kind == signal.SIGKILL or "the old data is in use, as before" in said
        assert book.checkout.stackyard("up", "--detach", "--quiet").code == 0
        assert book.guests() == guests
        assert not (book.data.parent / "restore.json").exists()
        assert book.names[0] == "db"
    done = book.restore("--yes")
    assert done.code == 0, f"{done.out}\n{done.error}"
    assert not any(".restored-" in name for name in book.names)
    assert book.guests() == guests
    book.restore("--finish", "--yes")


def _without_check(checkout: Checkout) -> dict[str, Any]:
    return {key: value for key, value in checkout.process().items() if key != "check"}


def _end_after(restoring: subprocess.Popen[str], kind: signal.Signals, step: str) -> str:
    """End it in the middle of what comes after that step; what it said after that."""
    assert restoring.stdout is not None
    assert any(line.startswith(f"✓ {step}") for line in restoring.stdout), f"it never came to: {step}"
    time.sleep(0.1)
    os.kill(restoring.pid, kind)
    # What a killed process has started may still hold its output open.
    said = restoring.stdout.read() if kind == signal.SIGINT else ""
    restoring.wait(60)
    restoring.stdout.close()
    return said


def test_too_little_space_is_told_before_anything_happens(book: Book) -> None:
    """BAK-05: it would have filled the disk under the running system."""
    sets = book.data.parent / "backups" / "sets"
    newest = max(sets.glob("*.json"))
    text = newest.read_text()
    told = json.loads(text)
    for piece in told["pieces"]:
        piece["size"] = 10**16
    newest.write_text(json.dumps(told))
    try:
        done = book.restore("--yes")
    finally:
        newest.write_text(text)
    assert done.code == 1
    assert "are free" in done.error
    assert "Nothing was changed" in done.error
    assert book.names == ["db"]


def test_a_lost_machine_comes_back_from_the_backups_and_an_identity_alone(book: Book, place: Path) -> None:
    """BAK-02, BAK-05: secrets, configuration and data, on a machine that has seen none of them."""
    book.write("on the lost machine")
    # The keeper may be making one itself.
    eventually(lambda: book.checkout.stackyard("backup", "create").code == 0, 120.0)
    guests = book.guests()
    book.checkout.stackyard("down")
    away, old = place / "away", book.data.parent
    shutil.copytree(old / "backups" / "repository", away / "repository")
    shutil.copy(old / "backups" / "recovery-kit.age", away)
    shutil.copy(old / "secrets" / "backups.identity", away / "identity")
    checkout = copy_example("guestbook", place / "new" / "guestbook")
    # Not even the stack file: the backup has it.
    (checkout.folder / "stackyard.yaml").unlink()
    words = ("restore", "--from", str(away / "repository"), "--yes", "--key")
    try:
        wrong = checkout.stackyard(*words, str(away / "nobody"))
        assert (wrong.code, "there is no age identity" in wrong.error) == (2, True)
        done = checkout.stackyard(*words, str(away / "identity"))
        assert done.code == 0, f"{done.out}\n{done.error}"
        assert (checkout.folder / "stackyard.yaml").read_text() == STACK_FILE
        assert Book(checkout).guests() == guests
        assert checkout.stackyard("status").code == 0
    finally:
        checkout.stackyard("down")
