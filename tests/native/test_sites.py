"""Front ends: built by their own script, served from a folder of their own, and swapped in one move."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from stackyard.errors import PartError
from stackyard.model.system import Service, StaticSource
from stackyard.runner import Command, Processes, Result
from stackyard.targets.local.fingerprint import of_folder
from stackyard.targets.local.npm_project import packages_digest, source_digest
from stackyard.targets.native.sites import build_site
from stackyard.targets.native.toolchain import Want, find

from .literals import site


class Npm:
    """Stands for npm: notes what it was asked to do, and writes what the build script would."""

    def __init__(self, output: Path, page: str = "built", code: int = 0) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.environments: list[dict[str, str]] = []
        self._output = output
        self._page = page
        self._code = code

    def run(self, command: Command) -> Result:
        self.asked.append(command.argv[1:])
        self.environments.append(dict(command.env))
        if command.argv[1] == "run" and not self._code:
            self._output.mkdir(exist_ok=True)
            (self._output / "index.html").write_text(self._page)
        return Result(self._code, ("src/main.tsx:3:7: there is no price",) if self._code else ())


class House:
    """A front end, and the folder that its builds lie in."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "web"
        self.sites = folder / "sites" / "web"
        self.log = folder / "log" / "build-web.txt"
        self.source.mkdir()

    def build(self, npm: Npm | None = None, digest: str = "d1", *, script: str = "build") -> None:
        one = site("web", self.source, script=script if npm else "")
        build_site(one, self.sites, digest, self.log, Path("/usr/bin/npm"), npm or Processes())

    def served(self, name: str = "index.html") -> str:
        return (self.sites / "current" / name).read_text()

    @property
    def builds(self) -> list[str]:
        return sorted(path.name for path in self.sites.iterdir() if not path.is_symlink())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_without_a_script_the_folder_is_served_as_it_is(house: House) -> None:
    (house.source / "img").mkdir()
    (house.source / "index.html").write_text("hello")
    (house.source / "img" / "logo.svg").write_text("<svg/>")
    house.build()
    assert (house.served(), house.served("img/logo.svg")) == ("hello", "<svg/>")
    (house.source / "index.html").write_text("edited, and not built")
    assert house.served() == "hello"


def test_a_folder_without_a_page_is_told_with_the_way_out(house: House) -> None:
    with pytest.raises(PartError, match=r"the front end web has no index\.html in .*/web") as caught:
        house.build()
    assert "script: ''" in caught.value.hint
    npm = Npm(house.source / "elsewhere")
    with pytest.raises(PartError, match=r"no index\.html in .*/web/dist") as caught:
        house.build(npm)
    assert caught.value.hint == "`npm run build` should write it there; `output:` names another folder."
    assert not house.sites.exists()


def test_what_is_ours_in_the_folder_of_the_stack_file_is_never_served(tmp_path: Path) -> None:
    """SEC-01, EDGE-10: a front end in the folder of the stack file does not publish the secrets beside it."""
    (tmp_path / "index.html").write_text("hello")
    for name in (".stackyard/development/secrets/db.postgres", ".git/config"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("secret")
    sites = tmp_path / ".stackyard/development/sites/web"
    build_site(site("web", tmp_path, script=""), sites, "d1", tmp_path / "log", None, Processes())
    assert [path.name for path in (sites / "current").iterdir()] == ["index.html"]


def test_a_failing_script_leaves_what_is_served(house: House) -> None:
    house.build(Npm(house.source / "dist", "first"), "d1")
    with pytest.raises(PartError, match="`npm install --no-package-lock --no-audit --no-fund` of web failed") as caught:
        house.build(Npm(house.source / "dist", code=2), "d2")
    assert caught.value.details == ("src/main.tsx:3:7: there is no price",)
    assert str(house.log) in caught.value.hint
    assert house.served() == "first"
    assert len(house.builds) == 1


def test_packages_are_installed_when_they_have_changed_and_as_they_are_locked(house: House) -> None:
    (house.source / "package.json").write_text("{}")
    (house.source / "node_modules").mkdir()
    npm = Npm(house.source / "dist")
    house.build(npm, "d1")
    house.build(npm, "d2")
    (house.source / "package-lock.json").write_text("{}")
    house.build(npm, "d3")
    install = ("install", "--no-package-lock", "--no-audit", "--no-fund")
    run = ("run", "build")
    assert npm.asked == [install, run, run, ("ci", "--no-audit", "--no-fund"), run]
    assert npm.environments[0]["CI"] == "true"
    assert npm.environments[0]["PATH"].startswith("/usr/bin:")


def test_an_install_that_failed_is_done_again_before_the_next_build(house: House) -> None:
    (house.source / "node_modules").mkdir()
    with pytest.raises(PartError):
        house.build(Npm(house.source / "dist", code=1), "d1")
    npm = Npm(house.source / "dist")
    house.build(npm, "d2")
    assert [words[0] for words in npm.asked] == ["install", "run"]


def test_a_build_that_cannot_be_copied_leaves_what_is_served_and_nothing_half_done(house: House) -> None:
    house.build(Npm(house.source / "dist", "first"), "d1")
    (house.source / "dist" / "gone").symlink_to("/nowhere/at/all")
    with pytest.raises(PartError, match="the front end web could not be copied out of") as caught:
        house.build(Npm(house.source / "dist", "second"), "d2")
    assert caught.value.details == (f"[Errno 2] No such file or directory: '{house.source}/dist/gone'",)
    assert house.served() == "first"
    assert len(house.builds) == 1


def test_a_build_of_the_same_source_does_not_touch_what_is_being_served(house: House) -> None:
    house.build(Npm(house.source / "dist", "first"), "d1")
    served = (house.sites / "current").resolve()
    house.build(Npm(house.source / "dist", "second"), "d1")
    assert (served / "index.html").read_text() == "first", "somebody may still be reading it"
    assert house.served() == "second"


def test_a_visitor_sees_a_whole_page_at_every_moment_of_a_swap(house: House) -> None:
    """EDGE-05, TGT-04: a new front end is there with no failed request."""
    npm = Npm(house.source / "dist", "page 0")
    house.build(npm)
    failures: list[str] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            try:
                if not house.served().startswith("page "):
                    failures.append("half a page")
            except OSError as error:
                failures.append(str(error))

    visitor = threading.Thread(target=visit)
    visitor.start()
    for number in range(40):
        house.build(Npm(house.source / "dist", f"page {number}"), f"d{number % 2}")
    over.set()
    visitor.join()
    assert failures == []
    assert len(house.builds) == 2, "old builds go"


def test_a_machine_without_npm_is_told_what_brings_it(house: House) -> None:
    with pytest.raises(PartError, match="needs npm, and there is none") as caught:
        build_site(site("web", house.source, script="build"), house.sites, "d1", house.log, None, Processes())
    assert "stackyard doctor --install" in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root builds for somebody else")
def test_as_root_npm_runs_as_the_owner_of_the_folder_with_that_persons_home(house: House) -> None:
    """TOP-09: a script of somebody's project gains no privileges."""
    asked: list[Command] = []

    class Listening(Npm):
        def run(self, command: Command) -> Result:
            asked.append(command)
            return super().run(command)

    os.chown(house.source, 65_534, 65_534)
    house.build(Listening(house.source / "dist"))
    assert {(command.uid, command.gid) for command in asked} == {(65_534, 65_534)}
    assert asked[0].env["HOME"] != os.environ.get("HOME")


def test_other_packages_are_another_digest_and_other_sources_are_not(house: House) -> None:
    source = StaticSource(house.source)
    before = packages_digest(source)
    (house.source / "main.ts").write_text("1")
    assert packages_digest(source) == before
    (house.source / "package.json").write_text("{}")
    assert packages_digest(source) != before


def test_a_package_beside_a_front_end_counts_as_its_source(house: House, tmp_path: Path) -> None:
    """A change of the package is another source, to be built again; only its own package.json is other packages."""
    kit = tmp_path / "kit"
    kit.mkdir()
    (kit / "package.json").write_text('{"name": "kit"}')
    (house.source / "main.ts").write_text("1")
    alone, together = StaticSource(house.source), StaticSource(house.source, packages=(kit,))
    assert source_digest(alone) == of_folder(house.source)
    sources, packages = source_digest(together), packages_digest(together)
    assert sources != source_digest(alone)
    (kit / "button.tsx").write_text("1")
    assert source_digest(together) != sources
    assert packages_digest(together) == packages
    (kit / "package.json").write_text('{"name": "kit", "version": "2.0.0"}')
    assert packages_digest(together) != packages


def test_what_tools_leave_in_a_package_beside_a_front_end_is_none_of_its_source(house: House, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    (kit / "node_modules" / "tool").mkdir(parents=True)
    together = StaticSource(house.source, packages=(kit,))
    before = source_digest(together)
    (kit / "node_modules" / "tool" / "index.js").write_text("1")
    assert source_digest(together) == before


def own_page(folder: Path, script: str) -> Service:
    """A project with one script, and no dependencies that would have to be downloaded."""
    package = {"name": "web", "version": "1.0.0", "private": True, "scripts": {"build": script}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "page.html").write_text("a page")
    return site("web", folder, script="build")


@pytest.mark.real
def test_a_real_npm_builds_with_a_package_beside_the_front_end(ground: Path) -> None:
    """A package by path is a link: the build reads it as it stands now, not as it was when npm made the link."""
    npm = find(Want("npm"))
    if npm is None:
        pytest.skip("no npm on this machine")
    house, kit = House(ground), ground / "kit"
    kit.mkdir()
    (kit / "package.json").write_text('{"name": "@shop/kit", "version": "1.0.0"}')
    web = own_page(house.source, "mkdir -p dist && cp node_modules/@shop/kit/page.html dist/index.html")
    package = json.loads((house.source / "package.json").read_text())
    (house.source / "package.json").write_text(json.dumps({**package, "dependencies": {"@shop/kit": "file:../kit"}}))
    for page in ("a page of the kit", "another"):
        (kit / "page.html").write_text(page)
        build_site(web, house.sites, page, house.log, npm.path, Processes())
        assert house.served() == page


@pytest.mark.real
def test_a_real_npm_builds_it_and_writes_nothing_that_looks_like_a_change(ground: Path) -> None:
    npm = find(Want("npm"))
    if npm is None:
        pytest.skip("no npm on this machine")
    house = House(ground)
    web = own_page(house.source, "mkdir -p dist && cp page.html dist/index.html")
    before = of_folder(house.source)
    build_site(web, house.sites, before, house.log, npm.path, Processes())
    assert house.served() == "a page"
    assert of_folder(house.source) == before, "a second `up` would build it again"
    broken = own_page(house.source, "echo the script says why >&2; exit 3")
    with pytest.raises(PartError, match="`npm run build` of web failed with code 3") as caught:
        build_site(broken, house.sites, "d2", house.log, npm.path, Processes())
    assert any("the script says why" in line for line in caught.value.details)
    assert house.served() == "a page"
