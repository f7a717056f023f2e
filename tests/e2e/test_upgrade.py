"""A guest book moves from PostgreSQL 16 to 18: with its data, back again, and through being killed."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import httpx
import pytest

from .conftest import Checkout

pytestmark = pytest.mark.real

DATA = ".stackyard/development/data"
MORE = """
create table many as select n, md5(n::text) as what from generate_series(1, 20000) n;
create index on many (what); create sequence left_at start 41; select nextval('left_at');
create view seen as select n from many; alter table many enable row level security;
"""


def entries(book: Checkout) -> list[str]:
    with httpx.Client(base_url=f"http://127.0.0.1:{book.ports()['app-1']}", timeout=10) as client:
        return [entry["name"] for entry in client.get("/entries").raise_for_status().json()]


def write(book: Checkout, name: str) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{book.ports()['app-1']}", timeout=10) as client:
        client.post("/entries", json={"name": name, "message": "hello"}).raise_for_status()


def ask(book: Checkout, sql: str) -> str:
    done = book.stackyard("db", "shell", "--write", "--", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql)
    assert done.code == 0, done.error
    return done.out.strip()


def version(book: Checkout) -> str:
    return (book.folder / DATA / "db/PG_VERSION").read_text().strip()


def folders(book: Checkout) -> list[str]:
    return sorted(path.name.rpartition("-")[0] or path.name for path in (book.folder / DATA).iterdir())


def upgraded(book: Checkout, *words: str) -> dict[str, Any]:
    done = book.stackyard("upgrade", "--yes", "--json", *words)
    assert done.code == 0, f"{done.out}\n{done.error}"
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.fixture
def book(guestbook: Checkout) -> Checkout:
    """A guest book on PostgreSQL 16 with an entry."""
    guestbook.edit("stackyard.yaml", 'postgres: ">=15"', "postgres: 16")
    # While it is away for an upgrade, others must not take its ports.
    guestbook.edit("stackyard.yaml", "guestbook.localhost}", "guestbook.localhost, http: 24080, https: 24443}")
    guestbook.up()
    write(guestbook, "Ada")
    return guestbook


def test_everything_comes_along_and_the_way_back_is_one_command(book: Checkout) -> None:
    """DB-08, TOP-02: a major upgrade is planned, compared and reversible; no data is lost or removed unasked."""
    ask(book, MORE)
    book.edit("stackyard.yaml", "postgres: 16", "postgres: 18")
    refused = book.up_in_turn()
    assert refused.code == 1
    assert "`stackyard upgrade` moves it on" in refused.error
    assert entries(book) == ["Ada"]

    planned = book.stackyard("upgrade", "--dry-run")
    assert planned.code == 0
    assert "PostgreSQL 16 to 18" in planned.out
    unasked = book.stackyard("upgrade")
    assert unasked.code == 2
    assert version(book) == "16"

    done = upgraded(book)
    assert done["rows"] >= 20_001
    assert done["away_seconds"] < 60
    assert version(book) == "18"
    assert entries(book) == ["Ada"]
    assert ask(book, "select count(*), nextval('left_at') from seen") == "20000|42"
    assert ask(book, "select reltuples from pg_class where relname = 'many'") == "20000"
    assert folders(book) == ["db", "db.before"]
    assert book.stackyard("plan").code == 0

    write(book, "Grace")
    back = upgraded(book, "--undo")
    assert back["verb"] == "undo"
    assert (version(book), entries(book)) == ("16", ["Ada"])
    assert "is of PostgreSQL 16" not in book.stackyard("status").error
    book.edit("stackyard.yaml", "postgres: 18", "postgres: 16")
    assert book.up_in_turn().code == 0
    assert entries(book) == ["Ada"]
    # What was written since is not lost before somebody says so.
    assert folders(book) == ["db", "db.undone"]
    assert book.stackyard("upgrade", "--finish", "--yes").code == 0
    assert folders(book) == ["db"]
    assert book.stackyard("upgrade", "--undo", "--yes").code == 2

    book.edit("stackyard.yaml", "postgres: 16", "postgres: 15")
    downwards = book.stackyard("upgrade", "--yes")
    assert downwards.code == 1
    assert "there is no way back to 15" in downwards.error
    assert version(book) == "16"


def test_what_the_new_server_does_not_take_leaves_the_old_one_in_use(book: Checkout) -> None:
    """DB-08: an upgrade that fails is given up, and the system runs as before."""
    ask(book, "create view load as select buffers_backend from pg_stat_bgwriter")
    book.edit("stackyard.yaml", "postgres: 16", "postgres: 18")
    failed = book.stackyard("upgrade", "--yes")
    assert failed.code == 1
    assert "public.load read the server's own statistics" in failed.out
    assert "the upgrade was given up: pg_restore of db ended with exit code 1" in failed.error
    assert "The old data is in place, unchanged, and runs again" in failed.error
    assert "buffers_backend" in failed.error
    assert (version(book), entries(book), folders(book)) == ("16", ["Ada"], ["db"])


def kill_after(book: Checkout, step: str) -> None:
    """Begin an upgrade and kill it as soon as the step is over."""
    process = subprocess.Popen(
        book.command("upgrade", "--yes"), **_without_check(book), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(f"✓ {step}"):
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL, f"it ended before {step} was over"
    process.stdout.close()


def _without_check(book: Checkout) -> dict[str, Any]:
    return {key: value for key, value in book.process().items() if key != "check"}


def test_killed_anywhere_either_the_old_or_the_new_data_is_in_use(book: Checkout) -> None:
    """TOP-02, DB-08: a volume is never lost, and the next command says which one it is."""
    for step in ("an empty cluster", "stop the system", "dump guestbook"):
        book.edit("stackyard.yaml", "postgres: 16", "postgres: 18")
        kill_after(book, step)
        said = book.stackyard("status").error
        # While the watcher still runs, it may have been the one to whom it was said.
        if step != "an empty cluster":
            assert "was interrupted before its swap: the old data is in place" in said
        assert "`stackyard upgrade` moves it on" in book.up_in_turn().error
        book.edit("stackyard.yaml", "postgres: 18", "postgres: 16")
        assert book.up_in_turn().code == 0
        assert (version(book), entries(book)) == ("16", ["Ada"])
        assert not private_servers(book)

    book.edit("stackyard.yaml", "postgres: 16", "postgres: 18")
    kill_after(book, "swap")
    assert "was interrupted after its swap and is completed" in book.stackyard("status").error
    assert book.up_in_turn().code == 0
    assert (version(book), entries(book)) == ("18", ["Ada"])
    # Nor is anything left of what was begun and killed.
    assert folders(book) == ["db", "db.before"]


def private_servers(book: Checkout) -> list[str]:
    """Servers that run on this data for an upgrade alone."""
    lines = [" ".join(one.cmdline()) for one in book.processes()]
    return [line for line in lines if "unix_socket_directories" in line]
