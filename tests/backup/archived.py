"""A shop whose database keeps all its WAL: received by a real receiver, with one good set and a story after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from stackyard.backup import create, kit, marks, programs, push, receive
from stackyard.backup.events import silent
from stackyard.backup.job import Job, PostgresPart
from stackyard.backup.sets import BackupSet, Kind
from stackyard.backup.targets import iso
from tests.backup import ground
from tests.backup.ground import Cache, Shop
from tests.resources.servers import Running, postgres


@dataclass(frozen=True)
class Moments:
    """What happened after the set, in this order, to the table `ledger`: 1, the mark, 2, 3, and 4 with no products."""

    one: str
    mark: str
    two: int
    two_at: str
    dropped: int


@dataclass(frozen=True)
class Archived:
    """The shop, its set, and what happened since; all of it is in the spool and in the repository."""

    shop: Shop
    backup: BackupSet
    moments: Moments

    @property
    def job(self) -> Job:
        return self.shop.job

    @property
    def part(self) -> PostgresPart:
        return self.shop.part

    @property
    def spool(self) -> Path:
        (folder,) = self.job.places.wal("db", "x").parent.iterdir()
        return folder

    def segments(self) -> list[Path]:
        """The whole segments in the spool, oldest first."""
        return sorted(path for path in self.spool.iterdir() if len(path.name) == 24)

    def copied(self, folder: Path) -> Archived:
        """The same over a repository and a spool of its own, which nobody receives into; the server goes on."""
        shop = ground.with_own_backups(self.shop, folder)
        shutil.copy(kit.place(self.job), kit.place(shop.job))
        return replace(self, shop=shop)


@contextmanager
def receiving(job: Job, log: Path) -> Iterator[None]:
    """pg_receivewal, as the keeper runs it."""
    part = job.postgres[0]
    folder = receive.prepare(job, part)
    with log.open("ab") as sink:
        process = programs.start(receive.argv(part, folder), receive.env(part), stdout=sink, stderr=sink)
    try:
        receive.require_received(job, part)
        yield
    finally:
        programs.end(process)


def shop_over(place: Path, name: str, server: Running, cache: Cache, template: Path) -> Shop:
    """A shop with tables in it on that server, whose WAL is kept."""
    folder = place / name
    folder.mkdir()
    with ground.admin(server, "postgres") as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    job = ground.make_job(folder, server, cache, name, ground.new_repository(template, folder / "repository"))
    job = replace(job, postgres=(replace(job.postgres[0], wal=True),))
    shop = Shop(job, folder, server, cache, name)
    shop.sql(ground.rights() + ground.TABLES)
    return shop


@contextmanager
def archived_shop(place: Path, cache: Cache, template: Path) -> Iterator[Archived]:
    """The whole story, over a PostgreSQL of its own."""
    with postgres(place, ground.server_tool(), "pgwal") as server:
        ground.prepare(server)
        shop = shop_over(place, "ledgers", server, cache, template)
        with receiving(shop.job, shop.folder / "receive.log"):
            backup = create.create(shop.job, kind=Kind.MANUAL, tell=silent)
            moments = _story(shop)
            receive.require_received(shop.job, shop.part)
            push.push(shop.job, shop.part)
            yield Archived(shop, backup, moments)


def _story(shop: Shop) -> Moments:
    shop.sql("CREATE TABLE ledger (n int)")
    one = _commit(shop, 1)[1]
    mark = marks.mark(shop.job, "before-two").name
    two, two_at = _commit(shop, 2)
    _commit(shop, 3)
    shop.sql("SELECT pg_switch_wal()")
    # More than a segment, so that there is one in the middle that can be lost.
    shop.sql("CREATE TABLE filler AS SELECT n, md5(n::text) FROM generate_series(1, 40000) n")
    shop.sql("BEGIN; INSERT INTO ledger VALUES (4); DROP TABLE products CASCADE; COMMIT")
    ((dropped,),) = shop.sql("SELECT xmin::text FROM ledger WHERE n = 4")
    return Moments(one, mark, two, two_at, int(str(dropped)))


def _commit(shop: Shop, number: int) -> tuple[int, str]:
    """Commit a row; the transaction's id, and a time at which it was committed and nothing else since."""
    ((xid,),) = shop.sql(f"INSERT INTO ledger VALUES ({number}) RETURNING txid_current()")
    return int(str(xid)), iso(datetime.now(UTC))
