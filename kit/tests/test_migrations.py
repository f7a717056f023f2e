"""Migrations as a command, on a real database."""

import asyncio
import gc
import io
import logging
import os
import subprocess
import sys
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest
from ground import Ground, make_ground, run

from stackyard_kit.migrating import migrate, migrate_or_explain
from stackyard_kit.migrations import Migrations, MigrationsError, Samples, run_command
from stackyard_kit.testing import CapturedLogs

pytestmark = pytest.mark.real

ENVIRONMENT = """
from sqlalchemy import MetaData
from stackyard_kit.migrating import run_environment
run_environment(MetaData())
"""

REVISION = """
from alembic import op
revision: str = "{revision}"
down_revision = {before}
def upgrade():
    for statement in {up}:
        op.execute(statement)
def downgrade():
    op.execute("{down}")
"""


def write(folder, revision, before, up, down):
    content = REVISION.format(revision=revision, before=repr(before), up=repr(up), down=down)
    (folder / "versions" / f"{revision}.py").write_text(content)


@pytest.fixture
def migrations(tmp_path) -> Migrations:
    folder = tmp_path / "100% migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENVIRONMENT)
    write(folder, "0001", None, ["create table things (id int primary key)"], "drop table things")
    write(folder, "0002", "0001", ["alter table things add what text"], "alter table things drop what")
    write(folder, "0003", "0002", ["create index things_what on things (what)"], "drop index things_what")
    return Migrations("shop", folder, lock_seconds=0.2, tries=2)


@pytest.fixture
def ground(postgres) -> Ground:
    return make_ground(postgres)


@contextmanager
def as_a_process():
    """What the command changes in its process is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)
        gc.enable()


def command(ground, migrations, *arguments, samples=None, environment="testing", url=None):
    variables = {"DATABASE_URL": url or ground.keeper_url.reveal(), "ENVIRONMENT": environment}
    with redirect_stdout(io.StringIO()) as said, as_a_process():
        code = run_command(migrations, arguments, variables, samples=samples)
    return code, said.getvalue()


def columns(ground):
    query = "select column_name from information_schema.columns where table_name = 'things' order by ordinal_position"
    return [name for (name,) in ground.as_keeper(query)]


def test_it_goes_to_the_head_back_to_a_revision_and_forward_again(ground, migrations):
    """DB-08: migrations are reversible, to any revision in either direction."""

    def status():
        return command(ground, migrations, "status")[1].strip()

    assert status() == "at base, head 0003"
    for target, at, there in (
        ((), "0003", ["id", "what"]),
        (("0001",), "0001", ["id"]),
        (("0002",), "0002", ["id", "what"]),
        (("-1",), "0001", ["id"]),
        (("base",), "base", []),
        (("head",), "0003", ["id", "what"]),
    ):
        assert command(ground, migrations, *target)[0] == 0
        assert (status(), columns(ground)) == (f"at {at}, head 0003", there)


def test_what_fails_leaves_nothing_and_says_so(ground, migrations):
    """DB-08: a failed migration is rolled back whole, and the exit code stops the deploy."""
    assert command(ground, migrations, "0002")[0] == 0
    broken = ["create table more (id int)", "insert into nowhere values (1)"]
    write(migrations.folder, "0004", "0003", broken, "drop table more")
    code, said = command(ground, migrations)
    assert (code, columns(ground)) == (1, ["id", "what"])
    assert "the migration failed and was rolled back" in said
    assert command(ground, migrations, "status")[1].strip() == "at 0002, head 0004"
    assert ground.as_keeper("select to_regclass('more')") == [(None,)]
    assert command(ground, migrations, "no-such-revision")[0] == 1
    assert command(ground, migrations, url="postgresql://keeper:x@127.0.0.1:1/none")[0] == 1
    assert run_command(migrations, [], {}) == 2


def test_several_at_once_come_one_after_the_other(ground, migrations):
    """DB-08: as many processes as one likes may start at the same time."""

    async def go():
        await asyncio.gather(*(migrate(ground.keeper_url, migrations) for _ in range(4)))

    run(go())
    assert columns(ground) == ["id", "what"]


def test_a_table_in_use_is_waited_for_a_moment_and_not_for_ever(ground, migrations):
    """DB-08: who works is not made to queue behind a migration that itself waits."""
    assert command(ground, migrations, "0001")[0] == 0
    with CapturedLogs("test") as captured, ground.postgres.connect(ground.name) as reader, reader.transaction():
        reader.execute("select * from things")
        assert migrate_or_explain(ground.keeper_url, migrations) == 1
    assert "a table is in use, trying again" in str(captured.entries)
    assert columns(ground) == ["id"]
    assert migrate_or_explain(ground.keeper_url, migrations) == 0


def test_samples_come_once_and_never_in_production(ground, migrations):
    """SEC-04: nothing of a sample reaches production."""
    loaded = []

    async def are_there(connection):
        return await connection.fetchval("select exists (select from things)")

    def load():
        loaded.append(True)
        return lambda connection: connection.exec_driver_sql("insert into things values (1)")

    samples = Samples(are_there, load)
    assert command(ground, migrations, samples=samples, environment="production")[0] == 0
    assert ground.as_keeper("select count(*) from things") == [(0,)]
    for _ in range(2):
        assert command(ground, migrations, samples=samples)[0] == 0
    assert ground.as_keeper("select count(*) from things") == [(1,)]
    assert loaded == [True]


def test_a_schema_at_its_head_is_found_out_without_loading_alembic(ground, migrations):
    """DB-08: every start runs the migrations, so the usual case is quick."""
    assert command(ground, migrations)[0] == 0
    script = (
        "import os, sys; from pathlib import Path; from stackyard_kit.migrations import Migrations, run_command;"
        "code = run_command(Migrations('shop', Path(sys.argv[1])), [], os.environ);"
        "print(code, sorted({'alembic', 'sqlalchemy', 'fastapi'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(migrations.folder)],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": ground.keeper_url.reveal()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_revisions_that_branch_are_refused(migrations):
    """DB-08: there is one line of revisions, or nobody knows where it ends."""
    assert migrations.head() == "0003"
    write(migrations.folder, "0009", "0001", [], "select 1")
    with pytest.raises(MigrationsError, match="shop has 2 newest revisions: 0003, 0009"):
        migrations.head()
    with pytest.raises(MigrationsError, match="0 newest revisions"):
        Migrations("bare", Path("/nowhere")).head()
