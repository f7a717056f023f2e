"""A front end that depends on a package by path: the package is a source of it, and is looked for at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.finding import Finding
from stackyard.model.system import StaticSource
from stackyard.spec.load import load
from stackyard.spec.npm_packages import local_packages

SHOP = "system: shop\nservices: {web: {static: ./web}}\nedge: {host: shop.localhost, routes: {/: web}}\n"


def depend(project: Path, **versions: str) -> None:
    (project / "web" / "package.json").write_text(json.dumps({"dependencies": versions}))


@pytest.mark.parametrize(
    ("version", "place"),
    [
        ("file:../kit", "kit"),
        ("file:../web/../kit/", "kit"),
        ("../kit", "kit"),
        ("file:./inner", "web/inner"),
        ("file:../kit-1.0.0.tgz", "kit-1.0.0.tgz"),
        ("^19.0.0", None),
        ("npm:other@1", None),
        ("git+ssh://git@git.example.org/kit.git", None),
        ("owner/kit", None),
    ],
)
def test_a_dependency_by_path_is_told_from_all_others(version: str, place: str | None, project: Path) -> None:
    depend(project, kit=version)
    assert local_packages(project / "web") == (() if place is None else (project / place,))


def test_absolute_paths_and_those_of_tools_count_too_and_each_once(project: Path) -> None:
    package = {"devDependencies": {"a": "file:/opt/kit", "b": "file:///opt/kit"}, "optionalDependencies": {"c": "/c"}}
    (project / "web" / "package.json").write_text(json.dumps(package))
    assert local_packages(project / "web") == (Path("/opt/kit"), Path("/c"))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"dependencies": []}', '{"dependencies": {"kit": 1}}', "[" * 9999])
def test_what_is_no_package_depends_on_nothing(content: str, project: Path) -> None:
    (project / "web" / "package.json").write_text(content)
    assert local_packages(project / "web") == ()


def test_the_package_is_a_source_of_the_front_end(project: Path) -> None:
    depend(project, kit="file:../kit")
    (project / "kit").mkdir()
    (project / "kit" / "package.json").write_text("{}")
    (project / "stackyard.yaml").write_text(SHOP)
    source = load(project / "stackyard.yaml").service("web").source
    assert isinstance(source, StaticSource)
    assert source.packages == source.packages_beside == (project / "kit",)


def test_a_package_that_is_not_there_is_told_with_its_place_and_a_way_on(
    project: Path, findings_of: Callable[[str], list[Finding]]
) -> None:
    depend(project, kit="file:../kit")
    [found] = findings_of(SHOP)
    assert (found.line, found.column, found.key) == (2, 26, "services.web.static")
    assert found.what == f"{project}/web/package.json depends on {project}/kit, and there is no package"
    assert found.hint == "put the package there, or mend the path of `file:` in package.json"


def test_a_folder_that_is_served_as_it_is_depends_on_nothing(project: Path) -> None:
    depend(project, kit="file:../kit")
    (project / "stackyard.yaml").write_text(SHOP.replace("./web}", '{path: ./web, script: ""}}'))
    source = load(project / "stackyard.yaml").service("web").source
    assert isinstance(source, StaticSource)
    assert source.packages == ()
