"""Certificates of this system: issued when they are needed, judged by their files, renewed in time."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import DNSName, SubjectAlternativeName, load_pem_x509_certificate

from stackyard.model.system import System
from stackyard.resources.certificates import LEAF_LIFE
from stackyard.targets.local import certificate
from stackyard.targets.local.state import Record
from stackyard.targets.native.layout import Layout

from .literals import edge, postgres, service, system


class House:
    """A system whose certificates are issued by an authority of this test."""

    def __init__(self, root: Path) -> None:
        self.system: System = system(
            service("api", port=8000), resources=[postgres(tls=True)], edge=edge(("/", "api")), root=root
        )
        self.layout = Layout(root, "testing")
        self.record = Record(self.layout.state_file)
        self.given: list[Path] = []

    def issue(self, part: str = "edge") -> None:
        certificate.issue(self.system, self.layout, part, self.given.append)

    def reason(self, part: str = "edge") -> str:
        return certificate.reason(self.system, self.layout, self.record, part)

    def names(self, part: str = "edge") -> set[str]:
        leaf = load_pem_x509_certificate(self.layout.certificate(part).read_bytes())
        return set(leaf.extensions.get_extension_for_class(SubjectAlternativeName).value.get_values_for_type(DNSName))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-of-the-user"))
    return House(tmp_path / "shop")


def test_there_is_none_then_there_is_one_and_nothing_to_do(house: House) -> None:
    assert house.reason() == "there is none"
    house.issue()
    assert house.reason() == ""
    assert house.layout.key("edge").stat().st_mode & 0o777 == 0o600
    folder = house.layout.certificate("edge").parent
    assert house.given == [folder, house.layout.certificate("edge"), house.layout.key("edge")]


def test_a_key_of_another_user_is_taken_over(house: House) -> None:
    """SEC-01: another target may have given it to the user that parts run as there."""
    house.issue()
    key = house.layout.key("edge")
    me = key.stat().st_uid
    asked = house.system, house.layout, house.record, "edge"
    assert certificate.reason(*asked, me) == ""
    assert certificate.reason(*asked, me + 1) == f"its key belongs to uid {me}"
    if os.geteuid() == 0:
        os.chown(key, 12345, 12345)
        assert certificate.reason(*asked, me) == "its key belongs to uid 12345"
        certificate.issue(house.system, house.layout, "edge", certificate.take)
        assert certificate.reason(*asked, me) == ""


def test_it_stands_for_the_host_and_what_is_behind_the_edge_for_this_machine(house: House) -> None:
    """EDGE-08: with tenants, for every tenant's name, too."""
    house.issue()
    house.issue("db")
    assert house.names() == {"shop.localhost", "localhost"}
    assert house.names("db") == {"localhost"}
    assert house.system.edge is not None
    house.system = replace(house.system, edge=replace(house.system.edge, tenants="subdomain"))
    assert house.reason() != ""
    house.issue()
    assert house.names() == {"shop.localhost", "*.shop.localhost", "localhost"}


def test_another_host_is_another_certificate(house: House) -> None:
    house.issue()
    assert house.reason() == ""
    assert house.system.edge is not None
    house.system = replace(house.system, edge=replace(house.system.edge, host="store.localhost"))
    assert "store.localhost" in house.reason()


@pytest.mark.parametrize("spoil", ["certificate", "key"])
def test_a_file_that_somebody_spoiled_is_noticed(house: House, spoil: str) -> None:
    house.issue()
    assert house.reason() == ""
    path = house.layout.certificate("edge") if spoil == "certificate" else house.layout.key("edge")
    path.write_text("no longer what it was\n")
    assert house.reason() != ""
    house.issue()
    assert house.reason() == ""


def test_it_is_renewed_before_it_expires(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """EDGE-04: renewed before expiry, also when it was judged to be good before."""
    house.issue()
    assert house.reason() == ""

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + LEAF_LIFE - timedelta(days=29)

    monkeypatch.setattr(certificate, "datetime", Later)
    assert house.reason().startswith("the certificate ends on ")


def test_a_certificate_that_was_judged_is_not_read_again_until_its_files_change(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.issue()
    assert house.reason() == ""
    asked: list[Path] = []

    def read(path: Path, *_: object, **__: object) -> str:
        asked.append(path)
        return ""

    monkeypatch.setattr(certificate, "needs_renewal", read)
    assert house.reason() == ""
    assert asked == []
    house.layout.certificate("edge").touch()
    assert house.reason() == ""
    assert asked == [house.layout.certificate("edge")]


def test_looking_at_a_certificate_writes_nothing(house: House) -> None:
    house.issue()
    assert house.reason() == ""
    assert not house.layout.state_file.exists()
    house.record.save()
    assert Record(house.layout.state_file).facets("judged:edge")


def test_a_certificate_that_another_authority_signed_is_made_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-11: clients trust the authority of this user, and no other."""
    house.issue("db")
    assert house.reason("db") == ""
    monkeypatch.setenv("XDG_DATA_HOME", str(house.layout.root.parent / "data-of-somebody-else"))
    assert house.reason("db") == "", "who has no authority cannot say who should have signed"
    other = House(house.layout.root.parent / "other")
    other.issue("db")
    assert house.reason("db") == "the certificate was signed by another authority"
    house.issue("db")
    assert house.reason("db") == ""
