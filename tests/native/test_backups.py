"""Backups on this machine: what they are told, what keeps them up to date, and who waits for that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.backup import job as jobs
from stackyard.backup.job import Job, Repository
from stackyard.model.system import Backups, Objects, Redis, System
from stackyard.model.values import Version
from stackyard.operate.down import groups
from stackyard.plan.element import Kind
from stackyard.targets.local.identity import Identity
from stackyard.targets.native import backup_tools, backups
from stackyard.targets.native import postgres as clusters
from stackyard.targets.native.blueprint import Blueprint, draw
from stackyard.targets.native.foresight import ahead_of
from stackyard.targets.native.layout import KEEPER
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.program import SecretPiece

from .literals import edge, fetch, here, machine, postgres, service, system, tool

WANTED = Backups(here(), wal=True, recipients=("age1somebody",))
HOME = Path("/srv/shop/.stackyard/testing")


def shop(wanted: Backups = WANTED, environment: str = "testing") -> System:
    return system(
        service("api", "db", "cache", "photos", port=8000),
        resources=[postgres(), Redis("cache", Version((7,)), here()), Objects("photos", here(), "pictures")],
        edge=edge(("/", "api")),
        backups=wanted,
        environment=environment,
    )


def ground(one: System, **more: object) -> Machine:
    there = machine(one)
    clients = {f"backups.{name}": tool("clients") for name in ("db", "cache")}
    return replace(there, tools={**there.tools, **clients}, **more)  # type: ignore[arg-type]


def told(one: System, **more: object) -> Job:
    return backups.job(one, ground(one, **more))


def drawn(one: System, there: Machine | None = None) -> Blueprint:
    return draw(one, there or ground(one))


def test_every_part_with_data_is_in_the_job_and_no_secret_is() -> None:
    """BAK-01: databases, caches, stores of objects, configuration and secrets."""
    one = shop()
    made = told(one)
    assert [made.postgres[0].name, made.redis[0].name, made.files[0].name] == ["db", "cache", "photos"]
    assert made.files[0].path == f"{HOME}/data/photos/pictures"
    assert (made.secrets, set(made.config)) == (f"{HOME}/secrets", {"stack-file", "etc"})
    assert made.postgres[0].password_file == f"{HOME}/secrets/db.stackyard_backup"
    assert made.postgres[0].wal
    assert "pw-of-cache" not in jobs.to_text(made)
    assert jobs.from_text(jobs.to_text(made)) == made


def test_the_repository_is_a_folder_of_the_environment_unless_the_file_says_where() -> None:
    secrets = f"{HOME}/secrets"
    password = f"{secrets}/backups.repository"
    assert told(shop()).repository == Repository(f"{HOME}/backups/repository", password)
    beside = replace(WANTED, to="../elsewhere", offsite="s3://bucket/shop")
    made = told(shop(beside))
    assert made.repository.url == "/srv/elsewhere"
    keys = {
        "AWS_ACCESS_KEY_ID": f"{secrets}/backups.offsite-access-key",
        "AWS_SECRET_ACCESS_KEY": f"{secrets}/backups.offsite-secret-key",
    }
    assert made.offsite == Repository("s3:https://s3.amazonaws.com/bucket/shop", password, keys)


def test_where_nobody_is_named_an_identity_of_this_machine_opens_the_secrets_and_never_in_production() -> None:
    """BAK-02: encrypted to recipients."""
    nobody = replace(WANTED, recipients=())
    made = told(shop(nobody), recipient="age1ours")
    assert (made.recipients, made.identity) == (("age1ours",), f"{HOME}/secrets/backups.identity")
    named = told(shop())
    assert (named.recipients, named.identity) == (("age1somebody",), "")
    plain = told(shop(replace(nobody, encrypt=False)))
    assert (plain.secrets, plain.recipients, plain.identity) == ("", (), "")


def test_servers_of_a_copy_run_as_the_parts_do() -> None:
    dropped = told(shop(), identity=Identity(999, 995, "stackyard", drop=True))
    assert dropped.postgres[0].account == dropped.redis[0].account == jobs.Account(999, 995)
    assert told(shop()).postgres[0].account is None


def test_the_keeper_starts_when_all_runs_and_nothing_waits_for_it() -> None:
    blueprint = drawn(shop(environment="development"))
    keeper = f"{Kind.PROCESS}:{KEEPER}"
    behind = set(blueprint.element(keeper).after)
    assert behind > {"process:db", "process:cache", "process:photos", "process:api-1", "process:edge"}
    assert not [element.id for element in blueprint.elements if keeper in element.after]
    assert KEEPER not in {one.program.id for one in ahead_of(blueprint)}


def test_the_keeper_is_told_its_job_by_a_file_and_no_secret_in_its_environment() -> None:
    """SEC-01: a password is read where it is needed."""
    program = drawn(shop()).programs[f"{Kind.PROCESS}:{KEEPER}"]
    assert program.argv[1:] == ("-m", "stackyard.backup", f"{HOME}/etc/{KEEPER}/job.json", "keep")
    assert not [piece for value in program.env.values() for piece in value if isinstance(piece, SecretPiece)]
    assert (program.uid, program.restart, program.nice) == (None, "always", 10)
    (file,) = drawn(shop()).files[KEEPER]
    assert file.mode == 0o600
    assert json.loads(file.content)["policy"]["at"] == "02:00"


def test_another_schedule_restarts_the_keeper_and_nothing_else() -> None:
    before, now = drawn(shop()), drawn(shop(replace(WANTED, at="03:30")))
    changed = [one.id for one in before.elements if now.element(one.id).facets != one.facets]
    assert changed == [f"{Kind.FILES}:{KEEPER}", f"{Kind.PROCESS}:{KEEPER}"]


def test_without_backups_there_is_neither_keeper_nor_tool() -> None:
    one = replace(shop(), backups=None)
    assert not [element.id for element in drawn(one, machine(one)).elements if KEEPER in element.id]


@pytest.mark.parametrize("key", [backup_tools.RESTIC_KEY, "backups.db", "db"])
def test_while_a_tool_is_to_be_fetched_the_keeper_is_planned_and_has_no_program_yet(key: str) -> None:
    one = shop()
    there = ground(one)
    blueprint = drawn(one, replace(there, tools={**there.tools, key: fetch("restic")}))
    name = f"{Kind.PROCESS}:{KEEPER}"
    assert f"{Kind.TOOL}:{key}" in blueprint.element(name).after
    assert name not in blueprint.programs


@pytest.mark.parametrize(
    ("environment", "wanted", "own"),
    [
        ("development", None, False),
        ("development", replace(WANTED, wal=False), False),
        ("development", WANTED, True),
        ("production", None, True),
    ],
)
def test_a_cluster_whose_changes_are_kept_has_an_identity_of_its_own(
    environment: str, wanted: Backups | None, own: bool
) -> None:
    """BAK-04: changes of two clusters must never be taken for those of one."""
    one = replace(shop(environment=environment), backups=wanted)
    assert clusters.cluster_of(one).from_template is not own


def test_the_keeper_is_stopped_before_the_databases() -> None:
    from types import SimpleNamespace

    programs = [SimpleNamespace(id=name, part=name) for name in ("db", "api", KEEPER, "edge")]
    assert groups(programs, frozenset({"db"})) == [[KEEPER, "edge"], ["api"], ["db"]]  # type: ignore[arg-type]
