"""Secrets: which are needed, how they are kept, and what production refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackyard.errors import StateError, UsageError
from stackyard.model.system import Objects, Redis, Secret, System
from stackyard.model.values import Position, Version
from stackyard.resources.secrets import generate, needed, weakness
from stackyard.targets.local import secrets

from .systems import HERE, database, service, system

GOOD = "aR7-kPz2mQ9vL4xT"


def shop(environment: str = "development", declared: tuple[Secret, ...] = ()) -> System:
    parts = (database(), Redis("cache", Version((7,)), HERE), Objects("photos", HERE, "photos"))
    return system("shop", [service("api")], parts, environment, declared)


def declared(name: str, line: int, *, provided: bool = True) -> Secret:
    return Secret(name, Position("stackyard.yaml", line), provided=provided)


def test_every_role_of_every_resource_has_a_secret_of_its_own() -> None:
    one = shop(declared=(declared("smtp", 20), declared("jwt", 21, provided=False)))
    assert [spec.name for spec in needed(one)] == [
        "db.postgres",
        "db.shop_owner",
        "db.shop_monitor",
        "db.shop_api",
        "cache.default",
        "cache.admin",
        "photos.access-key",
        "photos.secret-key",
        "smtp",
        "jwt",
    ]
    assert [spec.name for spec in needed(one) if spec.provided] == ["smtp"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("changeme", "is made of words"),
        ("Change-Me-In-Production", "is made of words"),
        ("P@ssw0rd-2024!", "is made of words"),
        ("super_secret_password_123456", "is made of words"),
        ("supersecretpassword", "is made of words"),
        ("your-secret-key-here", "is made of words"),
        ("AdminAdminAdminAdmin", "is made of words"),
        ("passwordpasswordpassword", "is made of words"),
        ("kPz2mQ9v", "has 8 characters"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "is made of words|repeats"),
        ("x7Kx7Kx7Kx7Kx7Kx7K", "repeats"),
        ("1234567890123456", "is a row"),
        ("qwertyuiopasdfghjk", "is a row"),
        ("zzzzzzzzzzzzzzzzzzzzz7", "has too little variety"),
        ("shown-in-the-README-81", "is a sample"),
    ],
)
def test_a_weak_secret_is_known(value: str, reason: str) -> None:
    """SEC-04: default, weak and missing secrets are told apart."""
    found = weakness(value, samples={"shown-in-the-README-81"})
    assert re.match(reason, found), found
    assert not value.strip() or value not in found


@pytest.mark.parametrize("value", [GOOD, "correct horse battery staple 7", "3f9a0c1be87d2465", "sk_live_51Hx9Qz0aLmN3"])
def test_a_good_secret_is_not_refused(value: str) -> None:
    assert weakness(value) == ""


@settings(database=None)
@given(st.integers(min_value=20, max_value=64))
def test_a_generated_secret_is_never_weak(length: int) -> None:
    value = generate(length)
    assert len(value) == length
    assert weakness(value) == ""


def test_missing_secrets_are_made_once_and_only_we_can_read_them(tmp_path: Path) -> None:
    """SEC-01: generated, folder 0700, files 0600."""
    folder = tmp_path / "secrets"
    made = secrets.ensure(shop(), folder, environment={})
    assert made == tuple(spec.name for spec in needed(shop()))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == sorted(made)
    before = {name: secrets.read(folder, name) for name in made}
    assert len(set(before.values())) == len(made)
    assert secrets.ensure(shop(), folder, environment={}) == ()
    assert {name: secrets.read(folder, name) for name in made} == before


def test_production_names_every_weak_or_missing_secret_at_once(tmp_path: Path) -> None:
    """SEC-04: production refuses, with all of them in one error and their places."""
    wanted = (declared("smtp", 20), declared("stripe-key", 21), declared("maps", 22))
    one = shop("production", wanted)
    told = {"STACKYARD_SECRET_STRIPE_KEY": "changeme", "STACKYARD_SECRET_MAPS": GOOD}
    with pytest.raises(StateError, match="2 secrets are weak or missing") as caught:
        secrets.ensure(one, tmp_path / "secrets", environment=told)
    assert caught.value.details == (
        "stackyard.yaml:20: the secret `smtp` is missing: set STACKYARD_SECRET_SMTP",
        "stackyard.yaml:21: the secret `stripe-key` is made of words that everybody tries first",
    )
    told |= {"STACKYARD_SECRET_SMTP": GOOD[::-1], "STACKYARD_SECRET_STRIPE_KEY": GOOD + "x"}
    assert "smtp" in secrets.ensure(one, tmp_path / "secrets", environment=told)
    assert secrets.ensure(one, tmp_path / "secrets", environment={}) == ()


def test_production_looks_at_generated_secrets_as_well(tmp_path: Path) -> None:
    """SEC-04: a weak value that somebody wrote over a generated one is found."""
    secrets.ensure(shop("production"), tmp_path / "secrets", environment={})
    secrets.put(tmp_path / "secrets", "db.shop_api", "secret")
    with pytest.raises(StateError, match="1 secret is weak"):
        secrets.ensure(shop("production"), tmp_path / "secrets", environment={})


def test_elsewhere_a_missing_provided_secret_gets_a_stand_in(tmp_path: Path) -> None:
    one = shop(declared=(declared("smtp", 20),))
    assert "smtp" in secrets.ensure(one, tmp_path / "secrets", environment={})
    told = {"STACKYARD_SECRET_SMTP": "the real one"}
    assert secrets.ensure(one, tmp_path / "secrets", environment=told) == ("smtp",)
    assert secrets.read(tmp_path / "secrets", "smtp") == "the real one"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660])
def test_a_file_that_others_can_open_is_an_error(tmp_path: Path, mode: int) -> None:
    """SEC-01: loose modes are named, not put right in silence."""
    secrets.put(tmp_path / "secrets", "smtp", GOOD)
    (tmp_path / "secrets" / "smtp").chmod(mode)
    with pytest.raises(StateError, match=f"mode {mode:04o}") as caught:
        secrets.read(tmp_path / "secrets", "smtp")
    assert "chmod 0600" in caught.value.hint


def test_a_folder_that_others_can_open_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o755)
    with pytest.raises(StateError, match="mode 0755"):
        secrets.ensure(shop(), tmp_path / "secrets", environment={})


def test_links_are_not_followed(tmp_path: Path) -> None:
    secrets.put(tmp_path / "secrets", "smtp", GOOD)
    (tmp_path / "secrets" / "other").symlink_to("smtp")
    with pytest.raises(StateError, match="cannot be read"):
        secrets.read(tmp_path / "secrets", "other")
    (tmp_path / "link").symlink_to("secrets")
    with pytest.raises(StateError, match="not a link"):
        secrets.put(tmp_path / "link", "smtp", GOOD)


@pytest.mark.parametrize("name", ["../etc/passwd", "", ".hidden", "a/b", "a\nb"])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        secrets.put(tmp_path / "secrets", name, GOOD)


def test_a_value_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    for value in (GOOD, "another value entirely", "zeile 1\nzeile 2 ü"):
        secrets.put(folder, "key", value)
        assert secrets.read(folder, "key") == value
    assert [path.name for path in folder.iterdir()] == ["key"]
    for bad in ("", "nul\0", "x" * 70_000):
        with pytest.raises(UsageError):
            secrets.put(folder, "key", bad)


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no secret `nothing`"):
        secrets.read(tmp_path, "nothing")


def test_a_length_that_would_be_weak_is_an_error_with_its_place(tmp_path: Path) -> None:
    short = Secret("pin", Position("stackyard.yaml", 30), length=4)
    with pytest.raises(StateError, match=r"stackyard\.yaml:30: the secret `pin` cannot be made"):
        secrets.ensure(shop(declared=(short,)), tmp_path / "secrets", environment={})
