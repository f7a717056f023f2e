"""DB-06 on Docker Compose: a replica follows, is read from, and is copied anew when it can no longer follow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stackyard.observe.compose_view import ComposeView
from stackyard.spec.load import load
from tests.e2e.conftest import Checkout, eventually, ground

__all__ = ["ground"]

pytestmark = pytest.mark.engine
LEDGER = Path(__file__).parents[1] / "e2e" / "ledger"


@pytest.fixture(scope="module")
def shop(ground: Path) -> Iterator[Checkout]:
    """The ledger on Compose, up; the name is its own, for an engine has one system of each name."""
    place = ground / "ledger-on-compose"
    shutil.copytree(LEDGER, place)
    made = Checkout(place)
    made.edit("stackyard.yaml", "system: ledger", "system: replica-ledger")
    done = made.stackyard("up", "--detach", "--target", "compose", timeout=600)
    try:
        assert done.code == 0, f"{done.out}\n{done.error}"
        yield made
    finally:
        made.stackyard("down")
        made.stackyard("clean", "--data", "--yes")


def test_a_replica_follows_is_read_from_and_is_copied_anew_when_it_fell_behind(shop: Checkout) -> None:
    """DB-06."""
    told = httpx.get(f"http://127.0.0.1:{shop.ports()['clerk-1']}/").json()
    assert (told["DATABASE_URL"], told["DATABASE_READ_URL"]) == ("db:5432", "db-replica-1:5432")
    (one,) = shop.status()["replicas"]
    assert (one["replica"], one["follows"]) == ("db-replica-1", True)
    view = ComposeView(load(shop.folder, "development"))
    try:
        with view.replica("db-replica-1") as replica:
            replica.execute("ALTER SYSTEM SET primary_conninfo = ''")
            replica.execute("SELECT pg_reload_conf()")
        with view.database(view.system.resource("db")) as primary:  # type: ignore[arg-type]
            eventually(lambda: not primary.execute("SELECT 1 FROM pg_stat_replication").fetchall())
            primary.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'")
            primary.execute("SELECT pg_reload_conf()")
            for _ in range(6):
                primary.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000))")
                primary.execute("SELECT pg_switch_wal()")
            primary.execute("CHECKPOINT")
    finally:
        view.close()
    assert not shop.status()["replicas"][0]["follows"]
    assert "how db-replica-1 follows" in shop.stackyard("plan").out
    shop.up()
    assert shop.status()["is_up"]
    assert shop.stackyard("plan", "--check").code == 0
