"""Ten ways in which backups look fine and are not, and a few more. On each of them verification or a drill goes red.

Each is a story with real parts, and where a tool says that all is well, the story shows that it does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import archive, cache, create, drill, fetch, ladder, pipes, programs, recover, sets, store, verify
from stackyard.backup.drill_report import headline
from stackyard.backup.drilling import Copies
from stackyard.backup.events import silent
from stackyard.backup.job import BACKUP_ROLE, PostgresPart
from stackyard.backup.ownership import give_all
from stackyard.backup.problem import BackupError
from stackyard.backup.recover import Latest
from stackyard.backup.restic import Restic
from stackyard.backup.sets import BackupSet, Finding, Kind
from tests.backup import ground
from tests.backup.archived import Archived
from tests.backup.damage import flip
from tests.backup.scripts import replaced_program

pytestmark = pytest.mark.real

Story = Callable[[Archived], str]


def _drilled(archived: Archived, backup: BackupSet | None = None) -> str:
    """What a drill says; "" when it found nothing wrong."""
    report = drill.drill(archived.job, silent, backup=backup or archived.backup)
    assert report.kept == (not report.findings)
    return "\n".join(f"{one.piece}: {one.what}" for one in report.findings)


def _verified(archived: Archived, backup: BackupSet | None = None) -> str:
    done = verify.verify(archived.job, backup or archived.backup, silent)
    return "\n".join(f"{one.piece}: {one.what}" for one in done.findings)


def _only(archived: Archived, *kinds: str) -> Archived:
    """The same with these parts only, the database unless others are named: the story is about them."""
    job, wanted = archived.job, kinds or ("db",)
    fewer = replace(
        job,
        postgres=job.postgres if "db" in wanted else (),
        redis=job.redis if "redis" in wanted else (),
        files=job.files if "files" in wanted else (),
    )
    return replace(archived, shop=replace(archived.shop, job=fewer))


def _packs(archived: Archived) -> list[Path]:
    """The repository's data, largest first."""
    packs = [path for path in (archived.shop.repository / "data").rglob("*") if path.is_file()]
    return sorted(packs, key=lambda path: path.stat().st_size, reverse=True)


def flipped_bytes(archived: Archived) -> str:
    """1: four bytes flip in the repository. `restic check` answers 0, as long as nobody makes it read the data."""
    flip(_packs(archived)[0], 100_000)
    restic = Restic(archived.job, archived.job.repository)
    assert restic.check() == (), "the tool says that all is well"
    assert _verified(_only(archived)).startswith("db base: ")
    return _drilled(_only(archived))


def lost_segment(archived: Archived) -> str:
    """2: one segment of WAL is missing. A server that recovers without a target comes up, and has lost what follows."""
    archived.segments()[2].unlink()
    restic = Restic(archived.job, archived.job.repository)
    restic.forget([one.id for one in archive.snapshots(restic, "db")])
    return _drilled(_only(archived))


def foreign_timeline(archived: Archived) -> str:
    """3: a copy once wrote its own timeline into the archive. Who follows the newest timeline follows the copy."""
    (archived.spool / "00000002.history").write_text("1\t0/1100000\tno recovery target specified\n")
    last = archived.segments()[-1]
    shutil.copy(last, last.with_name("00000002" + last.name[8:]))
    into = Path(archived.job.scratch) / "foreign"
    shutil.rmtree(into, ignore_errors=True)
    found = recover.recover(archived.job, archived.backup, archived.part, into, Latest(), silent, throw_away=True)
    assert found.timeline == 1, "and even so nobody follows it"
    return _drilled(_only(archived))


def poisoned_by_the_drill(archived: Archived) -> str:
    """3, the other way round: the drill's own copy writes a timeline into the archive."""

    def services(_copies: Copies) -> tuple[Finding, ...]:
        last = archived.segments()[-1]
        shutil.copy(last, last.with_name("00000002" + last.name[8:]))
        return ()

    report = drill.drill(_only(archived).job, silent, backup=archived.backup, readiness=services)
    return "\n".join(f"{one.piece}: {one.what}" for one in report.findings)


def unreached_target(archived: Archived) -> str:
    """4: recovery ends before its target. A standby lets people in before it fails, so a start is no proof."""
    moment = replace(archived.backup.databases[0], restore_point="stackyard-never-written")
    return _drilled(_only(archived), replace(archived.backup, databases=(moment,)))


@contextmanager
def _damaged_page(archived: Archived, relation: str = "filler") -> Iterator[None]:
    shop = archived.shop
    ((path,),) = shop.sql(f"CHECKPOINT; SELECT pg_relation_filepath('{relation}')")
    file = shop.server.data / str(path)
    flip(file, 8192 + 4000)
    try:
        yield
    finally:
        flip(file, 8192 + 4000)


def damaged_page_alive(archived: Archived) -> str:
    """5: a page of the living cluster is damaged. A tool that copies it all the same says that the backup is fine."""
    with _damaged_page(archived), pytest.raises(BackupError) as caught:
        create.create(_only(archived).job, kind=Kind.MANUAL, tell=silent)
    assert [one.id for one in store.sets(archived.job)] == [archived.backup.id], "no set came of it"
    return f"{caught.value.what} {caught.value.details}"


def damaged_page_that_nobody_reads(archived: Archived) -> str:
    """5: a page of an index is damaged, and the tool does not look. The dump is whole, and all that was stored comes
    back as it was: only a drill looks into the copy."""
    shop, part = archived.shop, archived.part
    blind = _blind_programs(shop.folder / "blind", part.programs)
    job = replace(_only(archived).job, postgres=(replace(part, wal=False, programs=blind),))
    shop.sql("CREATE INDEX filler_n ON filler (n)")
    with _damaged_page(archived, "filler_n"):
        made = create.create(job, kind=Kind.MANUAL, tell=silent)
        assert made.is_good, "the tool says that all is well"
    report = drill.drill(job, silent, backup=made)
    assert store.find(job, made.id).state == sets.State.BROKEN
    return "\n".join(f"{one.piece}: {one.what}" for one in report.findings)


def _blind_programs(folder: Path, programs: str) -> str:
    """PostgreSQL's programs, of which pg_basebackup does not look at pages."""
    return replaced_program(folder, programs, "pg_basebackup", 'exec "$REAL" --no-verify-checksums "$@"')


def damaged_page_in_the_copy(archived: Archived) -> str:
    """5: the page is damaged in what came back."""
    into = Path(archived.job.scratch) / "page"
    shutil.rmtree(into, ignore_errors=True)
    recover.recover(archived.job, archived.backup, archived.part, into, Latest(), silent, throw_away=True)
    with recover.serving(archived.part, into) as server, server.connect() as session:
        ((path,),) = session.execute("SELECT pg_relation_filepath('filler')").fetchall() or [("",)]
    flip(into / str(path), 8192 + 4000)
    found = ladder.examine(archived.job, archived.backup, archived.part, into, target_is_moment=False)
    return "\n".join(one.what for one in found)


def stale_archive(archived: Archived) -> str:
    """6: nobody receives WAL any more. Nothing is broken; but more would be lost than was promised."""
    job = _only(archived).job
    job = replace(job, policy=replace(job.policy, rpo=0.001))
    report = drill.drill(job, silent, backup=archived.backup)
    assert not report.findings
    assert not report.kept
    return headline(report)


def redis_trap(archived: Archived) -> str:
    """7: a dump.rdb beside `appendonly yes` is ignored without a word; the cache starts empty."""
    (part,) = archived.job.redis
    folder = Path(archived.job.scratch) / "trap"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    fetch.rdb(archived.job, archived.backup, part, folder / "dump.rdb")
    give_all(folder, part.account)
    with cache.running(part, folder, "yes") as trapped:
        assert trapped.keys() == 0, "200 keys lie there, and Redis says nothing"
    good = Path(archived.job.scratch) / "good-cache"
    shutil.rmtree(good, ignore_errors=True)
    assert cache.recover_cache(part, folder / "dump.rdb", good) == 200
    with cache.running(part, good, "yes") as recovered:
        assert recovered.keys() == 200
    return _drilled(_only(archived, "redis"), replace(archived.backup, keys={"cache": 300}))


def role_that_row_security_binds(archived: Archived) -> str:
    """8: somebody's session decides which tenant's rows are seen. Bound by row security, a backup would hold those."""
    archived.shop.sql(f"ALTER ROLE {BACKUP_ROLE} NOBYPASSRLS")
    try:
        with pytest.raises(BackupError) as caught:
            create.create(_only(archived).job, kind=Kind.MANUAL, tell=silent)
    finally:
        archived.shop.sql(f"ALTER ROLE {BACKUP_ROLE} BYPASSRLS")
    return f"{caught.value.what} {caught.value.details}"


def _with_dump(archived: Archived, content: bytes) -> BackupSet:
    """The set with another dump, stored as well as the first was."""
    restic = Restic(archived.job, archived.job.repository)
    old = archived.backup.piece("db", "dump")
    assert old is not None
    kept = restic.backup_bytes(content, old.path, {"set": archived.backup.id, "kind": "dump", "part": "db"})
    snapshot = next(one.id for one in restic.snapshots() if one.id.startswith(kept.snapshot))
    new = replace(old, snapshot=snapshot, size=kept.size, sha256=kept.sha256)
    return replace(archived.backup, pieces=tuple(new if one == old else one for one in archived.backup.pieces))


def _dumped_by_the_clerk(archived: Archived, session: str = "") -> BackupSet:
    """The set with a dump of the tenants' table in which the clerk left out what he may not see. pg_dump says that all
    is well."""
    part, password = archived.part, "clerk-0817"
    argv = (f"{part.programs}/pg_dump", "-h", part.host, "-p", str(part.port), "-U", "clerk", "-Fc", "-Z0")
    tables = ("--enable-row-security", "-t", "tenants", part.database)
    env = {"PGPASSWORD": password, "PGOPTIONS": session, **part.programs_environment}
    archived.shop.sql(f"CREATE ROLE clerk LOGIN IN ROLE pg_read_all_data PASSWORD '{password}'")
    try:
        with pipes.source((*argv, *tables), env=env) as taken:
            return _with_dump(archived, taken.whole())
    finally:
        archived.shop.sql("DROP ROLE clerk")


def dump_in_a_tenants_session(archived: Archived) -> str:
    """8: a pooler hands on a session whose tenant somebody has set. The dump made in it holds that tenant's rows."""
    few = _dumped_by_the_clerk(archived, r"-c app.tenant=tenant\ 1")
    assert "it holds 40 of the 120 rows of public.tenants" in _verified(_only(archived), few)
    return _drilled(_only(archived), replace(few, state=sets.State.VERIFIED))


def dump_of_few_rows(archived: Archived) -> str:
    """9: with --enable-row-security pg_dump answers 0, and leaves out the rows that its role may not see."""
    few = _dumped_by_the_clerk(archived)
    assert "it holds 0 of the 120 rows of public.tenants" in _verified(_only(archived), few)
    return _drilled(_only(archived), replace(few, state=sets.State.VERIFIED))


def files_without_the_database(archived: Archived) -> str:
    """10: the database comes back, and the files that its rows name do not."""
    piece = archived.backup.piece("files", "objects")
    assert piece is not None
    Restic(archived.job, archived.job.repository).forget([piece.snapshot])
    return _drilled(_only(archived, "files"))


def truncated_dump(archived: Archived) -> str:
    """A dump that ends early. `pg_restore -l` lists it as if it were whole."""
    whole = Path(archived.job.folder) / "whole.dump"
    fetch.dump(archived.job, archived.backup, archived.part, whole)
    half = Path(archived.job.folder) / "half.dump"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert _lists(archived.part, half), "the tool says that all is well"
    short = _with_dump(archived, half.read_bytes())
    assert _verified(_only(archived), short).startswith("db dump: ")
    return _drilled(_only(archived), replace(short, state=sets.State.VERIFIED))


def _lists(part: PostgresPart, file: Path) -> bool:
    return programs.run((f"{part.programs}/pg_restore", "-l", str(file)), env=part.programs_environment).is_done


def empty_repository(archived: Archived) -> str:
    """The repository is there, and empty; what lies on this machine still tells of a good set."""
    for folder in ("data", "index", "snapshots"):
        for path in (archived.shop.repository / folder).rglob("*"):
            if path.is_file():
                path.unlink()
    assert Restic(archived.job, archived.job.repository).check() == (), "the tool says that all is well"
    return _drilled(_only(archived))


def lost_key(archived: Archived) -> str:
    """The identity that secrets are encrypted to is not the one that is kept: nobody could ever open them."""
    other, _recipient = ground.age_identity(Path(archived.job.folder))
    return _drilled(replace(archived, shop=_only(archived, "secrets").shop.changed(identity=str(other))))


STORIES: list[tuple[Story, str]] = [
    (flipped_bytes, "db base: .*"),
    (lost_segment, "wal db: .* is missing: nothing after can be recovered"),
    (foreign_timeline, "wal db: there is WAL of timeline 2, but the server is on 1"),
    (poisoned_by_the_drill, "archive: .*/00000002.* came into the spool during the drill, from another timeline"),
    (unreached_target, "db base: db could not be recovered to the restore point stackyard-never-written"),
    (damaged_page_alive, "pg_basebackup failed .*checksum verification failed"),
    (damaged_page_that_nobody_reads, "db base: .*"),
    (damaged_page_in_the_copy, "pages are damaged: .*"),
    (stale_archive, "Everything came back, but at most .* would be lost; 0.0 s were promised."),
    (redis_trap, "cache redis: the snapshot holds 200 keys; 300 were saved"),
    (role_that_row_security_binds, ".*row-level security.*"),
    (dump_in_a_tenants_session, "db dump: public.tenants has 40 rows; 120 were saved"),
    (dump_of_few_rows, "db dump: public.tenants has 0 rows; 120 were saved"),
    (files_without_the_database, "files objects: the objects of files is missing from the repository"),
    (truncated_dump, "db dump: .*"),
    (empty_repository, "db base: the base of db is missing from the repository"),
    (lost_key, "secrets: the identity in .* does not open what was encrypted"),
]


@pytest.mark.parametrize(("story", "expected"), STORIES, ids=[story.__name__ for story, _ in STORIES])
def test_what_looks_fine_and_is_not_goes_red(archived: Archived, tmp_path: Path, story: Story, expected: str) -> None:
    """BAK-03: integrity is verified, and drills would notice."""
    import re

    said = story(archived.copied(tmp_path))
    assert re.search(expected, said, re.DOTALL), said
