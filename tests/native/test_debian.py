"""The Debian packages that services need: seen, never installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.model.system import PythonSource, Service, System
from stackyard.model.values import Position
from stackyard.runner import Answer
from stackyard.targets.native import debian
from stackyard.targets.native.doctor.programs import check_packages

FOLDER = Path("/srv/shop")
SAID = (
    "installed\tffmpeg, \n"
    "config-files\tcurl, \n"
    "installed\tlibssl3t64, libssl3 (= 3.0.15-1), libssl:any\n"
    "not-installed\tnano, pico\n"
)


def service(name: str, line: int, *packages: str) -> Service:
    return Service(name, PythonSource(FOLDER / name), Position("stackyard.yaml", line), packages)


def system(*services: Service) -> System:
    return System("shop", "development", FOLDER, FOLDER / "stackyard.yaml", services)


def dpkg(argv: tuple[str, ...]) -> Answer:
    assert argv[0] == "dpkg-query"
    return Answer(0, SAID, "")


def no_dpkg(argv: tuple[str, ...]) -> Answer:
    return Answer(127, "", f"{argv[0]}: No such file or directory")


def test_a_package_is_there_when_it_or_what_provides_it_is_installed() -> None:
    assert debian.installed(dpkg) == {"ffmpeg", "libssl3t64", "libssl3", "libssl"}
    assert debian.installed(no_dpkg) == frozenset()


def test_a_missing_package_is_an_error_with_its_line_and_the_command_that_installs_it() -> None:
    """TOP-03."""
    shop = system(service("api", 4, "ffmpeg"), service("worker", 9, "ffmpeg", "curl", "nano"))
    assert debian.wanted(shop) == ("ffmpeg", "curl", "nano")
    with pytest.raises(MachineError) as caught:
        debian.notes(shop, {"ffmpeg"})
    assert str(caught.value) == "stackyard.yaml:9: curl, nano are not installed on this machine"
    assert "`apt-get install --yes --no-install-recommends curl nano` as root" in caught.value.hint
    assert debian.notes(shop, {"ffmpeg", "curl", "nano"}) == ()


def test_a_machine_without_dpkg_is_told_that_nobody_looked() -> None:
    (note,) = debian.notes(system(service("api", 4, "ffmpeg")), ())
    assert note == "stackyard.yaml:4: this machine has no dpkg: whether ffmpeg can be used here is not looked at"


def test_doctor_names_each_package_and_how_to_get_what_is_missing() -> None:
    shop = system(service("api", 4, "ffmpeg", "curl"))
    there, missing = check_packages(shop, dpkg)
    assert (there.name, there.verdict, there.fix) == ("ffmpeg", "ok", None)
    assert (missing.name, missing.verdict) == ("curl", "missing")
    assert missing.fix is not None
    assert missing.fix.commands == (("apt-get", "install", "--yes", "--no-install-recommends", "curl"),)
    assert missing.fix.needs_root
    (unseen,) = check_packages(shop, no_dpkg)
    assert unseen.verdict == "note"
    assert list(check_packages(system(service("api", 4)), no_dpkg)) == []
