"""What tests of backups stand on: the programs, a PostgreSQL, a Redis, some files, and a job over them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import psycopg

from stackyard.backup.job import BACKUP_ROLE, Account, FilesPart, Job, PostgresPart, RedisPart, Repository
from stackyard.model.values import Version
from stackyard.resources.postgres.backup_rights import changes
from stackyard.resources.postgres.catalog import Catalog, Role
from stackyard.resources.postgres.observed import ObservedDatabase
from stackyard.targets.native.toolchain import Tool, Want, obtain
from stackyard.targets.native.toolchain.clients import AGE, REDIS_CHECK, REDIS_CLI, RESTIC, postgres_clients
from tests.backup.quick_repository import make_quick
from tests.resources.servers import (
    HERE,
    SUPERUSER_PASSWORD,
    Running,
    free_port,
    identity,
    private_folder,
    running,
    wait_until,
)

REPOSITORY_PASSWORD = "the-repository-of-these-tests-only-4711"
ROLE_PASSWORD = "the-backup-role-of-these-tests-only-0816"
CACHE_PASSWORD = "the-cache-of-these-tests-only-0817"
A_SECRET = "what-nobody-may-see-0818"

ROLE = f"""
CREATE ROLE {BACKUP_ROLE} LOGIN REPLICATION BYPASSRLS PASSWORD '{ROLE_PASSWORD}';
GRANT pg_read_all_data TO {BACKUP_ROLE};
"""

TABLES = """
CREATE TABLE products (
  id int PRIMARY KEY, name text NOT NULL, cents int NOT NULL,
  euros numeric GENERATED ALWAYS AS (cents / 100.0) STORED
);
INSERT INTO products SELECT n, 'product ' || n, n * 7 FROM generate_series(1, 500) n;
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, day date NOT NULL, note text) PARTITION BY RANGE (day);
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE orders_2026 PARTITION OF orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO orders (day, note)
  SELECT '2025-07-01'::date + n, E'a\\tnote\\nof two lines \\\\.' FROM generate_series(1, 300) n;
CREATE TABLE tenants (tenant text, secret bytea);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants USING (tenant = current_setting('app.tenant', true));
INSERT INTO tenants SELECT 'tenant ' || n % 3, decode(md5(n::text), 'hex') FROM generate_series(1, 120) n;
CREATE TABLE "odd ""name"", with; things" ("COPY" int, "t" text);
INSERT INTO "odd ""name"", with; things" VALUES (1, NULL), (2, '\\.');
CREATE TABLE nothing_in_it (id int);
CREATE TABLE no_columns ();
CREATE UNLOGGED TABLE scratchpad (id int);
INSERT INTO scratchpad VALUES (1);
CREATE VIEW dear AS SELECT * FROM products WHERE cents > 100;
CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM products;
"""
"""Tables of every kind that a copy may get wrong."""


def rights() -> str:
    """What the catalogue gives the role of the backups in each database."""
    catalog = Catalog("db", HERE, "shop", "shop", (Role(BACKUP_ROLE, "backups"),), (), ())
    return ";\n".join(one.sql for one in changes(catalog, ObservedDatabase("shop", frozenset(), {}, {}))) + ";\n"


@cache
def tool(want: Want) -> Tool:
    return obtain(want)


@cache
def server_tool() -> Tool:
    return obtain(Want("postgres", Version((14,), at_least=True)))


@dataclass(frozen=True)
class Cache:
    """A Redis that runs."""

    port: int
    folder: Path
    tool: Tool

    def tell(self, *words: str, stdin: bytes | None = None) -> str:
        argv = [str(tool(REDIS_CLI).path), "-p", str(self.port), *words]
        environment = {"REDISCLI_AUTH": CACHE_PASSWORD, **tool(REDIS_CLI).environment}
        return subprocess.run(argv, env=environment, input=stdin, check=True, capture_output=True).stdout.decode()


@contextmanager
def redis(place: Path) -> Iterator[Cache]:
    """A Redis with a password, an append-only file, and snapshots sent without a disk, as newer ones do."""
    program = tool(Want("redis", Version((7,), at_least=True)))
    folder, port = private_folder(place / "redis"), free_port()
    config = folder / "redis.conf"
    config.write_text(
        f"bind 127.0.0.1\nport {port}\ndir {folder}\nappendonly yes\nrequirepass {CACHE_PASSWORD}\n"
        "repl-diskless-sync yes\nrepl-diskless-sync-delay 0\n"
    )
    config.chmod(0o644)
    found = Cache(port, folder, program)
    with running((str(program.path), str(config)), place / "redis.log", program.environment):
        wait_until(lambda: _answers(found))
        yield found


def _answers(cache: Cache) -> bool:
    try:
        return cache.tell("ping").strip() == "PONG"
    except subprocess.CalledProcessError:
        return False


@dataclass
class Shop:
    """A system with data in all its parts, and the job of its backups. `folder` is all its own."""

    job: Job
    folder: Path
    server: Running
    cache: Cache
    database: str

    @property
    def part(self) -> PostgresPart:
        return self.job.postgres[0]

    @property
    def repository(self) -> Path:
        return Path(self.job.repository.url)

    def sql(self, statements: str, database: str = "") -> list[tuple[object, ...]]:
        """Run statements as the superuser; the rows of the last one, if it has any."""
        with admin(self.server, database or self.database) as connection:
            cursor = connection.execute(statements.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def changed(self, **values: object) -> Shop:
        """The same over another job."""
        return replace(self, job=replace(self.job, **values))  # type: ignore[arg-type]


def admin(server: Running, database: str) -> psycopg.Connection[tuple[object, ...]]:
    where = server.server
    return psycopg.connect(
        host=str(where.sockets), port=where.port, user="postgres", password=SUPERUSER_PASSWORD,
        dbname=database, autocommit=True,
    )  # fmt: skip


def prepare(server: Running) -> None:
    """Give the server the role of the backups."""
    with admin(server, "postgres") as connection:
        connection.execute(ROLE.encode())


def account() -> Account | None:
    who = identity()
    return Account(who.uid, who.gid) if who.drop else None


def postgres_part(server: Running, database: str, secrets: Path, **more: object) -> PostgresPart:
    clients = postgres_clients(server.tool)
    assert isinstance(clients, Tool)
    part = PostgresPart(
        name="db", host=str(server.server.sockets), port=server.server.port, database=database, user=BACKUP_ROLE,
        password_file=str(secrets / "db.stackyard_backup"), programs=str(clients.folder),
        server=str(server.tool.folder), data=str(server.data), config=str(server.folder / "etc" / "postgresql.conf"),
        account=account(), environment=dict(server.tool.environment), programs_environment=dict(clients.environment),
    )  # fmt: skip
    return replace(part, **more)  # type: ignore[arg-type]


def redis_part(cache: Cache, secrets: Path) -> RedisPart:
    return RedisPart(
        name="cache", host="127.0.0.1", port=cache.port, user="default",
        password_file=str(secrets / "cache.password"), cli=str(programs_of_redis() / "redis-cli"),
        server=str(cache.tool.path), data=str(cache.folder), account=account(),
        environment={**cache.tool.environment, **tool(REDIS_CLI).environment},
    )  # fmt: skip


@cache
def programs_of_redis() -> Path:
    """A folder with redis-cli and redis-check-rdb, wherever each was found."""
    folder = Path(tempfile.mkdtemp(prefix="sy-redis-tools-"))
    for name, want in (("redis-cli", REDIS_CLI), ("redis-check-rdb", REDIS_CHECK)):
        (folder / name).symlink_to(tool(want).path)
    return folder


def age_identity(folder: Path) -> tuple[Path, str]:
    """A new identity's file, and the recipient that it is."""
    file = folder / "identity.txt"
    program = tool(AGE).folder / "age-keygen"
    subprocess.run([str(program), "-o", str(file)], check=True, capture_output=True, env=dict(tool(AGE).environment))
    lines = file.read_text().splitlines()
    return file, next(line.partition(": ")[2] for line in lines if line.startswith("# public key"))


def write_secrets(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True)
    values = {
        "backups.repository": REPOSITORY_PASSWORD,
        "db.stackyard_backup": ROLE_PASSWORD,
        "cache.password": CACHE_PASSWORD,
        "web.key": A_SECRET,
    }
    for name, value in values.items():
        (folder / name).write_text(value)
        (folder / name).chmod(0o600)
    return folder


def new_repository(template: Path, folder: Path) -> Path:
    """A repository without snapshots. Making one takes seconds, so all are copies of one."""
    shutil.copytree(template, folder)
    return folder


def make_template(folder: Path) -> Path:
    """An empty repository with the password of these tests."""
    environment = {"RESTIC_PASSWORD": REPOSITORY_PASSWORD, "RESTIC_CACHE_DIR": str(folder.parent / "template-cache")}
    restic = tool(RESTIC)
    argv = [str(restic.path), "-r", str(folder), "init"]
    subprocess.run(argv, env={**environment, **restic.environment}, check=True, capture_output=True)
    make_quick(folder, REPOSITORY_PASSWORD)
    return folder


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def make_job(folder: Path, server: Running, cache: Cache, database: str, repository: Path) -> Job:
    """A job over a server, a cache and a folder of objects, with secrets and a stack file of its own."""
    secrets = write_secrets(folder / "secrets")
    (folder / "scratch").mkdir(mode=0o755)
    write_files(folder / "objects", {"photos/a.jpg": b"\xff\xd8" * 999, "photos/ü b.txt": b"umlaut", "empty": b""})
    write_files(folder / "config", {"stackyard.yaml": b"name: shop\n", "rendered/db/postgresql.conf": b"port = 1\n"})
    file, recipient = age_identity(folder)
    return Job(
        system="shop", environment="test", folder=str(folder / "backups"), scratch=str(folder / "scratch"),
        repository=Repository(str(repository), str(secrets / "backups.repository")),
        restic=str(tool(RESTIC).path), age=str(tool(AGE).path), secrets=str(secrets), recipients=(recipient,),
        identity=str(file), postgres=(postgres_part(server, database, secrets),),
        redis=(redis_part(cache, secrets),), files=(FilesPart("files", str(folder / "objects")),),
        config={"stackyard.yaml": str(folder / "config" / "stackyard.yaml"),
                "rendered": str(folder / "config" / "rendered")},
        facts={"release": "7"},
    )  # fmt: skip


def plain_job(folder: Path, repository: Path) -> Job:
    """A job over a stack file and secrets alone."""
    secrets = write_secrets(folder / "secrets")
    (folder / "scratch").mkdir()
    write_files(folder, {"stackyard.yaml": b"name: shop\n"})
    return Job(
        system="shop", environment="test", folder=str(folder / "backups"), scratch=str(folder / "scratch"),
        repository=Repository(str(repository), str(secrets / "backups.repository")),
        restic=str(tool(RESTIC).path), age=str(tool(AGE).path), secrets=str(secrets), recipients=(),
        config={"stackyard.yaml": str(folder / "stackyard.yaml")},
    )  # fmt: skip


def with_own_backups(shop: Shop, folder: Path) -> Shop:
    """The same system over copies of its repository and of the folder of its backups."""
    shutil.copytree(shop.repository, folder / "repository")
    shutil.copytree(shop.job.folder, folder / "backups", ignore=shutil.ignore_patterns("cache"))
    repository = replace(shop.job.repository, url=str(folder / "repository"))
    return shop.changed(folder=str(folder / "backups"), repository=repository)
