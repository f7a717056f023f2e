"""A PostgreSQL cluster on this machine: its data folder, made once and never touched again, and its command line."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import PartError, StateError
from stackyard.model.system import System
from stackyard.resources.postgres.config import CONFIG, SUPERUSER
from stackyard.resources.postgres.scram import scram_verifier
from stackyard.resources.postgres.sql import identifier, literal
from stackyard.runner import Command, Result, Runner
from stackyard.targets.local.identity import Identity
from stackyard.targets.local.state import sync
from stackyard.targets.native.toolchain.tool import Fetch, Tool

STOP_SIGNAL = "SIGINT"
"""Fast shutdown. SIGTERM waits until every client has gone, which a connection pool never does."""

MB = 1024**2

_SPARE = "stackyard_spare"
_OWN_DATABASES = ("postgres", "template0", "template1")
"""The databases that every cluster has."""


@dataclass(frozen=True)
class Cluster:
    """What is fixed when a cluster is made. `wal_segment` in bytes.

    Small segments make a copy of a template quick; a busy server wants large ones. Copies share one system identifier,
    by which archives of WAL tell clusters apart, and their files reach the disk when the kernel writes them, within
    half a minute: a power cut before may cost a cluster of that age. Production makes its own, and waits for the disk.
    """

    locale: str = "C.UTF-8"
    wal_segment: int = 1 * MB
    from_template: bool = True

    @classmethod
    def production(cls) -> Cluster:
        return cls(wal_segment=16 * MB, from_template=False)


def cluster_of(system: System) -> Cluster:
    """How the clusters of a system are made. One whose changes are kept has an identity of its own."""
    if system.is_production:
        return Cluster.production()
    return Cluster(from_template=system.backups is None or not system.backups.wal)


@dataclass(frozen=True)
class Workshop:
    """With what clusters are made: the tool `postgres`, who they run as, who runs commands, and a shared cache."""

    tool: Tool
    identity: Identity
    runner: Runner
    cache: Path


def pid_file(data: Path) -> Path:
    """The file whose line 8 says whether the server is ready."""
    return data / "postmaster.pid"


def command(tool: Tool, data: Path, etc: Path) -> tuple[str, ...]:
    """The server in the foreground, with the configuration rendered into `etc`."""
    return (str(tool.path), "-D", str(data), "-c", f"config_file={etc / str(CONFIG)}")


def available_extensions(tool: Tool) -> frozenset[str]:
    """The extensions that lie beside this server, found without starting it."""
    # Debian: <root>/usr/lib/postgresql/15/bin and <root>/usr/share/postgresql/15. Others: <prefix>/bin and share.
    folder = tool.path.resolve().parent
    shares = [folder.parent / "share" / "postgresql", folder.parent / "share"]
    if len(folder.parents) > 3:
        shares.insert(0, folder.parents[3] / "share" / "postgresql" / str(tool.version[0]))
    for share in shares:
        if (share / "extension").is_dir():
            return frozenset(file.stem for file in (share / "extension").glob("*.control"))
    return frozenset()


def has_data(part: str, data: Path, tool: Tool | Fetch) -> bool:
    """True when there is a cluster that this server can open, False when there is nothing yet.

    Raises StateError for a cluster of another major version, or a folder that is something else.
    """
    try:
        major = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        if data.exists() and any(data.iterdir()):
            raise StateError(
                f"{data} is not empty, and no PostgreSQL cluster either: {part} will not touch it",
                hint="Move it away; nothing in it was changed.",
            ) from None
        return False
    except PermissionError:
        raise StateError(
            f"the data of {part} belongs to another user: {data}",
            hint="Run stackyard as the user who made it. Nothing was changed.",
        ) from None
    if major != str(tool.version[0]):
        raise StateError(
            f"the data of {part} was made by PostgreSQL {major}, and this is {tool}: it cannot open it",
            hint=f"{_way(major, tool)} Nothing was changed.",
            details=(str(data),),
        )
    return True


def _way(major: str, tool: Tool | Fetch) -> str:
    """What leads from data of that version to a server of another."""
    again = f"`postgres: {major}` in the file runs it as it is"
    is_older = major.isdecimal() and int(major) < tool.version[0]
    return f"`stackyard upgrade` moves it on; {again}." if is_older else f"There is no way back: {again}."


def create_data(part: str, workshop: Workshop, data: Path, cluster: Cluster, password: str, database: str = "") -> bool:
    """Make the data folder unless there is one, with the superuser's password set; True when it was made.

    A copy of a template has an empty `database`, where one is named: a running server would wait for the disk at every
    file of it. The folder appears under its name only when it is whole. Raises PartError, StateError as `has_data`.
    """
    if has_data(part, data, workshop.tool):
        return False
    beside = data.with_name(f"{data.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    try:
        if cluster.from_template:
            _copy(part, workshop, ensure_template(part, workshop, cluster), beside)
            _run_alone(part, workshop, beside, (_password_statement(password), _spare_statement(database)))
        else:
            _own_folder(beside, workshop.identity)
            _initdb(part, workshop, cluster, beside)
            set_superuser_password(part, workshop, beside, password)
        beside.replace(data)
        sync(data.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return True


def set_superuser_password(part: str, workshop: Workshop, data: Path, password: str) -> None:
    """Set the superuser's password in a cluster that is stopped: the way back in when nobody knows it any more.

    The server is given a verifier, on its standard input, and opens no port meanwhile. Raises PartError.
    """
    _run_alone(part, workshop, data, (_password_statement(password),))


def _password_statement(password: str) -> str:
    return f"ALTER ROLE {identifier(SUPERUSER)} PASSWORD {literal(scram_verifier(password))}"


def _spare_statement(database: str) -> str:
    if not database or database in _OWN_DATABASES:
        return f"DROP DATABASE {_SPARE}"
    return f"ALTER DATABASE {_SPARE} RENAME TO {identifier(database)}"


def _run_alone(part: str, workshop: Workshop, data: Path, statements: tuple[str, ...]) -> None:
    """Run the statements in a server of their own, which ends with them. Raises PartError."""
    script = data / ".superuser.sql"
    script.unlink(missing_ok=True)
    descriptor = os.open(script, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        _give(script, workshop.identity)
        file.write("".join(f"{statement};\n\n" for statement in statements))
    try:
        server = (
            str(workshop.tool.path),
            "--single",
            "-D",
            str(data),
            "-j",
            "-c",
            "log_min_messages=warning",
            "postgres",
        )
        result = _result(workshop, ("/bin/sh", "-c", 'exec "$@" < "$0"', str(script), *server), data)
    finally:
        script.unlink(missing_ok=True)
    # A single-user server reports a failed statement and exits 0 all the same.
    if not result.is_done or any("ERROR" in line for line in result.tail):
        raise PartError(part, f"the data of {part} could not be prepared", details=result.tail)


def ensure_template(part: str, workshop: Workshop, cluster: Cluster) -> Path:
    """The template data folder for this server, user and kind of cluster, made when there is none. Raises PartError.

    It has no password, its own rules let nobody in, and a spare database waits in it for its name.
    """
    tool, identity = workshop.tool, workshop.identity
    facts = f"{tool.path.resolve()} {tool} {identity.uid} {cluster.locale} {cluster.wal_segment} {_SPARE}"
    name = f"postgres-{tool.version[0]}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"
    template = workshop.cache / name
    if (template / "PG_VERSION").is_file():
        return template
    workshop.cache.mkdir(parents=True, exist_ok=True)
    beside = workshop.cache / f".{name}.{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    try:
        _own_folder(beside, identity)
        _initdb(part, workshop, cluster, beside)
        _run_alone(part, workshop, beside, (f"CREATE DATABASE {_SPARE}",))
        # Somebody else may have been quicker; theirs is as good.
        if not template.exists():
            beside.rename(template)
    except OSError:
        if not (template / "PG_VERSION").is_file():
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return template


def _initdb(part: str, workshop: Workshop, cluster: Cluster, folder: Path) -> None:
    argv = (
        str(workshop.tool.folder / "initdb"), "-D", str(folder), "-U", SUPERUSER, "-E", "UTF8",
        f"--locale={cluster.locale}", "--auth-local=reject", "--auth-host=reject", "--data-checksums",
        f"--wal-segsize={cluster.wal_segment // MB}",
    )  # fmt: skip
    result = _result(workshop, argv, folder)
    if not result.is_done:
        raise PartError(
            part,
            f"initdb of {part} failed with exit code {result.code}",
            hint="Its last lines are below; a full disk and a missing locale are the usual causes.",
            details=result.tail,
        )


def _copy(part: str, workshop: Workshop, template: Path, folder: Path) -> None:
    """Copy as the user who owns both ends, sharing blocks where the file system can."""
    _own_folder(folder, workshop.identity)
    options = ("-ac",) if sys.platform == "darwin" else ("-a", "--reflink=auto")
    result = _result(workshop, ("cp", *options, f"{template}/.", str(folder)), folder)
    if not result.is_done:
        raise PartError(part, f"the data folder of {part} could not be made", details=result.tail)


def _own_folder(folder: Path, identity: Identity) -> None:
    folder.mkdir(mode=0o700)
    _give(folder, identity)


def _give(path: Path, identity: Identity) -> None:
    if identity.drop:
        os.chown(path, identity.uid, identity.gid)


def _result(workshop: Workshop, argv: tuple[str, ...], cwd: Path) -> Result:
    """Run as the identity, keeping what it printed long enough to show it."""
    identity = workshop.identity
    log = workshop.cache / "log" / f"{Path(argv[0]).name}-{os.getpid()}-{cwd.name}.log"
    uid, gid = (identity.uid, identity.gid) if identity.drop else (None, None)
    try:
        return workshop.runner.run(Command(argv, cwd, _environment(workshop.tool), uid, gid, log, timeout=120.0))
    finally:
        log.unlink(missing_ok=True)


def _environment(tool: Tool) -> Mapping[str, str]:
    """Nothing of ours but the path: a PGDATA or PGOPTIONS of the shell must not reach a cluster."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", **tool.environment}
