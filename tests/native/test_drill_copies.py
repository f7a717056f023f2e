"""What a drill is told of services: their own environment, with the addresses of all that is copied left open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackyard.backup import job as jobs
from stackyard.backup.launches import DATA_SLOT, WORK_SLOT, Account, SecretPiece, ServiceCopy, Slot
from stackyard.model.system import Backups, Objects, Probe, Redis, System
from stackyard.model.values import Ref, Version
from stackyard.targets.local.identity import Identity
from stackyard.targets.native import backups

from .literals import edge, here, machine, postgres, service, site, system, tool

HOME = Path("/srv/shop/.stackyard/testing")


def shop(**more: object) -> System:
    return system(
        service("api", "db", "cache", "photos", port=8000, health=Probe("/ready", start_timeout=9.0), migrate=("mig",)),
        service("web", "api", port=8001, environment={"PARTNER": ("https://partner.example",)}),
        service("mailer", "db"),
        service("schema", "db", migrate=("up",)),
        site("front"),
        resources=[postgres(replicas=1), Redis("cache", Version((7,)), here()), Objects("photos", here(), "pictures")],
        edge=edge(("/", "api")),
        backups=Backups(here(), recipients=("age1somebody",)),
        **more,  # type: ignore[arg-type]
    )


def told(one: System, **more: object) -> jobs.Job:
    there = machine(one)
    clients = {f"backups.{name}": tool("clients") for name in ("db", "cache")}
    return backups.job(one, replace(there, tools={**there.tools, **clients}, **more))  # type: ignore[arg-type]


def copies(one: System) -> dict[str, ServiceCopy]:
    return {each.name: each for each in told(one).services}


def test_a_service_reaches_copies_with_the_passwords_that_it_always_has() -> None:
    api = copies(shop())["api"]
    password = SecretPiece(f"{HOME}/secrets/db.shop_api", quoted=True)
    url = ("postgresql://shop_api:", password, "@127.0.0.1:", Slot("db"), "/shop")
    assert api.env["DATABASE_URL"] == url
    assert api.env["DATABASE_READ_URL"][3] == Slot("db"), "what a replica would answer, the copy answers"
    assert api.env["REDIS_URL"][3] == Slot("cache")
    assert api.env["AWS_ENDPOINT_URL_S3"] == ("http://127.0.0.1:", Slot("photos"))
    assert api.env["PORT"] == (Slot("api"),)
    assert (api.argv, api.cwd, api.health, api.start_timeout) == (("serve",), "/srv/shop/api", "/ready", 9.0)
    assert api.migrate == ("mig",)
    assert api.migrate_env["DATABASE_URL"][0] == "postgresql://shop_owner:", "who migrates is the owner"


def test_services_reach_the_copies_of_one_another_and_the_world_as_it_is() -> None:
    web = copies(shop())["web"]
    assert web.env["API_URL"] == ("http://127.0.0.1:", Slot("api"))
    assert web.env["PARTNER"] == ("https://partner.example",)
    assert web.env["PUBLIC_URL"] == copies(shop())["api"].env["PUBLIC_URL"]
    assert (web.needs, web.health) == (("api",), "")


def test_only_what_answers_requests_or_changes_the_schema_is_started() -> None:
    found = copies(shop())
    assert set(found) == {"api", "web", "schema"}
    assert (found["schema"].argv, found["schema"].env, found["schema"].migrate) == ((), {}, ("up",))


def test_a_copy_lets_in_whom_the_system_lets_in() -> None:
    made = told(shop())
    assert set(made.postgres[0].roles) == {"shop_api", "shop_mailer", "shop_schema", "shop_owner"}
    assert made.postgres[0].roles["shop_api"] == f"{HOME}/secrets/db.shop_api"
    assert (made.postgres[0].certificate, made.postgres[0].key) == ("", "")
    assert (made.redis[0].config, made.redis[0].acl) == (f"{HOME}/etc/cache/redis.conf", f"{HOME}/etc/cache/users.acl")
    store = made.files[0].server
    assert store is not None
    assert (store.bucket, store.argv[3]) == ("pictures", (Slot(DATA_SLOT),))
    assert ("127.0.0.1:", Slot("photos")) in store.argv
    assert (Slot(WORK_SLOT),) in store.argv
    assert store.env["RCLONE_AUTH_KEY"][1] == SecretPiece(f"{HOME}/secrets/photos.access-key")


def test_a_job_with_services_comes_back_from_its_file_as_it_was() -> None:
    made = told(shop(), identity=Identity(999, 995, "stackyard", drop=True))
    assert made.services[0].account == Account(999, 995)
    assert jobs.from_text(jobs.to_text(made)) == made
    assert "\\u0000" not in jobs.to_text(made)


def test_a_value_that_speaks_of_a_part_is_left_open_too() -> None:
    one = system(
        service("api", "db", port=8000, environment={"AT": ("host=", Ref("db", "host"), " port=", Ref("db", "port"))}),
        resources=[postgres()],
        backups=Backups(here(), recipients=("age1somebody",)),
    )
    assert copies(one)["api"].env["AT"] == ("host=", "127.0.0.1", " port=", Slot("db"))
