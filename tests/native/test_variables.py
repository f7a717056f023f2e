"""What a service finds in its environment: where everything is, and secrets only as files to be read at its start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackyard.model.system import Objects, Redis, Secret, System, Tls
from stackyard.model.values import Ref, Version
from stackyard.targets.local.secrets import put
from stackyard.targets.native.effects import plain
from stackyard.targets.native.program import Piece, SecretPiece, to_json
from stackyard.targets.native.service_programs import programs
from stackyard.targets.native.variables import Addresses, of_service

from .literals import edge, here, machine, postgres, service, site, system

CACHE = Redis("cache", Version((7,)), here())
PHOTOS = Objects("photos", here(), "shop-photos")
SECRETS = Path("/srv/shop/.stackyard/testing/secrets")
PORTS = {"db": 5432, "audit": 5433, "cache": 6379, "photos": 9000, "photos-old": 9001}
AT = Addresses({**PORTS, "api-1": 8000, "admin-1": 8001, "edge.http": 80, "edge.https": 443}, SECRETS)


def of(one: System, name: str = "api", *, migrating: bool = False) -> dict[str, tuple[Piece, ...]]:
    return of_service(one, one.service(name), AT, migrating=migrating)


def secret(name: str, *, quoted: bool = False) -> SecretPiece:
    return SecretPiece(f"{SECRETS}/{name}", quoted)


def test_a_service_that_needs_nothing_is_told_about_itself_only() -> None:
    assert of(system(service("api"))) == {
        "ENVIRONMENT": ("testing",),
        "LOG_LEVEL": ("info",),
        "PUBLIC_URL": ("",),
        "FORWARDED_ALLOW_IPS": ("127.0.0.1",),
        "PYTHONUNBUFFERED": ("1",),
    }


def test_the_url_of_a_database_holds_its_password_quoted_and_not_as_text() -> None:
    found = of(system(service("api", "db"), resources=[postgres()]))
    wanted = ("postgresql://shop_api:", secret("db.shop_api", quoted=True), "@127.0.0.1:5432/shop")
    assert found["DATABASE_URL"] == found["DB_URL"] == wanted


def test_a_migration_reaches_the_database_as_its_owner() -> None:
    """DB-08: migrations change the schema, services do not."""
    one = system(service("api", "db", environment={"WHO": (Ref("db", "user"),)}), resources=[postgres()])
    found = of(one, migrating=True)
    assert found["DATABASE_URL"][:2] == ("postgresql://shop_owner:", secret("db.shop_owner", quoted=True))
    assert (found["WHO"], of(one)["WHO"]) == (("shop_owner",), ("shop_api",))


def test_a_database_with_tls_asks_for_it() -> None:
    """DB-11: TLS to the database."""
    found = of(system(service("api", "db"), resources=[postgres(tls=True)]))
    assert found["DATABASE_URL"][-1] == "@127.0.0.1:5432/shop?sslmode=require"


def test_each_service_has_a_role_and_a_password_of_its_own() -> None:
    one = system(service("api", "db"), service("nightly-worker", "db"), resources=[postgres()])
    roles = [of(one, name)["DATABASE_URL"][:2] for name in ("api", "nightly-worker")]
    assert roles == [
        ("postgresql://shop_api:", secret("db.shop_api", quoted=True)),
        ("postgresql://shop_nightly_worker:", secret("db.shop_nightly_worker", quoted=True)),
    ]


def test_of_several_databases_the_first_need_is_the_one_that_libraries_find() -> None:
    one = system(service("api", "audit", "db"), resources=[postgres("db"), postgres("audit")])
    found = of(one)
    assert found["DATABASE_URL"] == found["AUDIT_URL"]
    assert found["DB_URL"][-1] == "@127.0.0.1:5432/shop"
    assert found["AUDIT_URL"][-1] == "@127.0.0.1:5433/shop"


def test_a_database_that_is_not_needed_is_not_told() -> None:
    found = of(system(service("api", "db"), resources=[postgres("db"), postgres("audit")]))
    assert "AUDIT_URL" not in found


@pytest.mark.parametrize(("tls", "scheme"), [(False, "redis"), (True, "rediss")])
def test_a_cache_is_reached_with_its_password(tls: bool, scheme: str) -> None:
    cache = Redis("cache", Version((7,)), here(), tls=tls)
    found = of(system(service("api", "cache"), resources=[cache]))
    wanted = (f"{scheme}://:", secret("cache.default", quoted=True), "@127.0.0.1:6379/0")
    assert found["REDIS_URL"] == found["CACHE_URL"] == wanted


def test_a_store_is_told_as_the_libraries_of_aws_look_for_it() -> None:
    """OBJ-02: the same code runs on the local store and on S3."""
    found = of(system(service("api", "photos"), resources=[PHOTOS]))
    assert found["PHOTOS_BUCKET"] == ("shop-photos",)
    assert found["PHOTOS_ENDPOINT"] == found["AWS_ENDPOINT_URL_S3"] == ("http://127.0.0.1:9000",)
    assert found["PHOTOS_URL"] == ("http://127.0.0.1:9000/shop-photos",)
    assert found["AWS_ACCESS_KEY_ID"] == (secret("photos.access-key"),)
    assert found["AWS_SECRET_ACCESS_KEY"] == (secret("photos.secret-key"),)


def test_a_second_store_does_not_overwrite_what_the_first_has_told_aws() -> None:
    old = Objects("photos-old", here(), "shop-photos-2019")
    found = of(system(service("api", "photos", "photos-old"), resources=[PHOTOS, old]))
    assert found["AWS_ENDPOINT_URL_S3"] == ("http://127.0.0.1:9000",)
    assert found["PHOTOS_OLD_BUCKET"] == ("shop-photos-2019",)
    assert found["PHOTOS_OLD_ENDPOINT"] == ("http://127.0.0.1:9001",)


def test_another_service_is_told_by_its_address_and_a_worker_or_a_front_end_is_not() -> None:
    one = system(service("api", "admin", "worker", "web"), service("admin", port=8001), service("worker"), site("web"))
    urls = {key: value for key, value in of(one).items() if key.endswith("_URL")}
    assert urls == {"PUBLIC_URL": ("",), "ADMIN_URL": ("http://127.0.0.1:8001",)}


def test_declared_secrets_come_under_their_name_in_capitals() -> None:
    one = system(service("api", secrets=("mail-key",)), secrets=(Secret("mail-key", here(), provided=True),))
    assert of(one)["MAIL_KEY"] == (secret("mail-key"),)


def test_references_of_the_file_are_resolved_between_its_own_text() -> None:
    given = {
        "JDBC": ("jdbc:postgresql://", Ref("db", "host"), ":", Ref("db", "port"), "/", Ref("db", "database")),
        "DB_PASSWORD": (Ref("db", "password"),),
        "CACHE_AT": (Ref("cache", "host"), ":", Ref("cache", "port")),
        "ADMIN": (Ref("admin", "url"), "/ping"),
        "ADMIN_AT": (Ref("admin", "host"), ":", Ref("admin", "port")),
        "HEADER": ("Bearer ", Ref("secret:mail-key", "value")),
        "BUCKET": (Ref("photos", "bucket"), "@", Ref("photos", "endpoint")),
        "PLAIN": ("${not a reference}",),
    }
    one = system(
        service("api", "db", "cache", "photos", environment=given),
        service("admin", port=8001),
        resources=[postgres(), CACHE, PHOTOS],
        secrets=(Secret("mail-key", here()),),
    )
    found = of(one)
    assert "".join(map(str, found["JDBC"])) == "jdbc:postgresql://127.0.0.1:5432/shop"
    assert found["DB_PASSWORD"] == (secret("db.shop_api"),)
    assert "".join(map(str, found["CACHE_AT"])) == "127.0.0.1:6379"
    assert "".join(map(str, found["ADMIN"])) == "http://127.0.0.1:8001/ping"
    assert "".join(map(str, found["ADMIN_AT"])) == "127.0.0.1:8001"
    assert found["HEADER"] == ("Bearer ", secret("mail-key"))
    assert "".join(map(str, found["BUCKET"])) == "shop-photos@http://127.0.0.1:9000"
    assert found["PLAIN"] == ("${not a reference}",)


def test_what_the_file_says_wins_over_what_is_given() -> None:
    one = system(service("api", "db", environment={"DATABASE_URL": ("sqlite://",)}), resources=[postgres()])
    assert of(one)["DATABASE_URL"] == ("sqlite://",)


@pytest.mark.parametrize(
    ("tls", "ports", "url"),
    [
        (Tls.SELF_SIGNED, {"edge.https": 443}, "https://shop.localhost"),
        (Tls.SELF_SIGNED, {"edge.https": 8443}, "https://shop.localhost:8443"),
        (Tls.OFF, {"edge.http": 80}, "http://shop.localhost"),
        (Tls.OFF, {"edge.http": 8080}, "http://shop.localhost:8080"),
    ],
)
def test_the_public_url_is_the_one_that_a_browser_uses(tls: Tls, ports: dict[str, int], url: str) -> None:
    one = system(service("api"), edge=edge(("/", "api"), tls=tls))
    assert Addresses(ports, SECRETS).public_url(one) == url


def test_no_program_holds_the_text_of_a_secret(tmp_path: Path) -> None:
    """SEC-01: never in a rendered file, log, process list or image; a process learns it when it starts."""
    one = system(
        service("api", "db", "cache", "photos", port=8000, replicas=2, secrets=("mail-key",), migrate=("migrate",)),
        resources=[postgres(), CACHE, PHOTOS],
        secrets=(Secret("mail-key", here()),),
        root=tmp_path,
    )
    there = machine(one)
    texts = {"db.shop_api": "p/w:@%", "cache.default": "c/w", "photos.access-key": "AK", "photos.secret-key": "sk9"}
    texts |= {"mail-key": "mk-77"}
    for name, text in texts.items():
        put(there.layout.secrets, name, text)
    for program in programs(one, one.service("api"), there):
        assert not [text for text in texts.values() if text in json.dumps(to_json(program))]
        found = plain(program.env)
        assert "://shop_api:p%2Fw%3A%40%25@127.0.0.1" in found["DATABASE_URL"]
        assert found["REDIS_URL"].startswith("redis://:c%2Fw@")
        assert (found["MAIL_KEY"], found["AWS_SECRET_ACCESS_KEY"]) == ("mk-77", "sk9")
