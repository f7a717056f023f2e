"""Rendered files are kept for as long as nothing that they are made of has changed."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from stackyard.model.files import File
from stackyard.targets.native.rendered import kept

PACKAGE = "stackyard.resources.nginx"


class Printer:
    """Renders a text, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def render(self) -> tuple[File, ...]:
        self.times += 1
        return (File(PurePosixPath("etc/a.conf"), f"made {self.times}\n", 0o600),)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "edge.json"


def test_the_same_values_are_rendered_once(store: Path) -> None:
    printer = Printer()
    first = kept(store, ("host", 443), PACKAGE, printer.render)
    assert kept(store, ("host", 443), PACKAGE, printer.render) == first
    assert printer.times == 1


def test_other_values_are_rendered_anew(store: Path) -> None:
    printer = Printer()
    kept(store, ("host", 443), PACKAGE, printer.render)
    (file,) = kept(store, ("host", 8443), PACKAGE, printer.render)
    assert file.content == "made 2\n"


def test_another_release_of_the_templates_is_rendered_anew(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "templates_of_a_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.j2").write_text("old")
    monkeypatch.syspath_prepend(tmp_path)
    printer = Printer()
    kept(store, "same", package.name, printer.render)
    (package / "a.j2").write_text("newer")
    kept(store, "same", package.name, printer.render)
    assert printer.times == 2


@pytest.mark.parametrize("rubbish", ["", "[]", "{}", json.dumps({"key": 1, "files": 2}), "\0"])
def test_a_store_that_cannot_be_read_is_written_anew(store: Path, rubbish: str) -> None:
    store.write_text(rubbish)
    printer = Printer()
    for _ in range(2):
        kept(store, "same", PACKAGE, printer.render)
    assert printer.times == 1


def test_nothing_is_written_where_nothing_was_made_yet(tmp_path: Path) -> None:
    kept(tmp_path / "etc" / "edge.json", "same", PACKAGE, Printer().render)
    assert list(tmp_path.iterdir()) == []
