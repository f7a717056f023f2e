"""How a Compose file is read: variables, merge keys, other files, and what is no Compose file at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import SpecError
from stackyard.importing.compose import import_compose
from stackyard.importing.compose.folder import Folder
from stackyard.importing.compose.interpolation import interpolate, read_env
from stackyard.importing.result import Fate
from tests.importing.compose.test_import_any import import_text

VALUES = {"NAME": "shop", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "filled", "unset"),
    [
        ("a-$NAME-b", "a-shop-b", ()),
        ("${NAME}", "shop", ()),
        ("${NONE:-other}", "other", ()),
        ("${EMPTY:-other}", "other", ()),
        ("${EMPTY-other}", "", ()),
        ("${NONE:-${NAME:-deep}}", "shop", ()),
        ("${NAME:+there}", "there", ()),
        ("${NONE:+there}", "", ()),
        ("${NONE:?say it}", "", ("NONE",)),
        ("${NONE}", "", ("NONE",)),
        ("$$NAME and $$", "$NAME and $", ()),
        ("${NAME", "${NAME", ()),
        ("$", "$", ()),
        ("100$ ${1}", "100$ ${1}", ()),
    ],
)
def test_variables_are_filled_in_as_compose_does_it(text: str, filled: str, unset: tuple[str, ...]) -> None:
    found = interpolate(text, VALUES)
    assert (found.text, found.unset) == (filled, unset)


def test_an_env_file_has_quotes_comments_and_export() -> None:
    text = "# no\nA=1\nexport B='two words'\nC=\"x # y\"\nD=z # comment\n\nE=\nnot a line\n"
    assert read_env(text) == {"A": "1", "B": "two words", "C": "x # y", "D": "z", "E": ""}


def test_what_stands_in_a_service_wins_over_what_is_merged_into_it() -> None:
    made = import_text("x-a: &a {image: one, restart: on-failure}\nservices: {web: {<<: *a, image: two}}\n")
    assert "image: two" in made.stack
    assert "restart: on-failure" in made.stack
    assert [(note.line, note.key, note.fate) for note in made.notes if note.key.startswith("x-")] == [
        (1, "x-a.image", Fate.REPLACED)
    ]


def test_extending_joins_mappings_and_replaces_commands() -> None:
    made = import_text(
        "services:\n"
        "  base: {image: one, command: [a], environment: {A: x, B: x}}\n"
        "  web: {extends: base, command: [b], environment: {B: y}}\n"
    )
    web = made.stack.partition("  web:")[2]
    assert "command: b" in web
    assert "A: x" in web
    assert "B: y" in web


def test_a_circle_of_services_that_extend_each_other_ends() -> None:
    made = import_text("services: {a: {extends: b, image: x}, b: {extends: a, image: y}}\n")
    assert "image: x" in made.stack


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("include: [compose.yaml]\nservices: {web: {image: x}}\n")
    text = (tmp_path / "compose.yaml").read_text()
    assert "image: x" in import_compose(text, file="compose.yaml", folder=Folder(tmp_path)).stack


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "outside.env").write_text("A=1\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.env").symlink_to(tmp_path / "outside.env")
    assert Folder(inside).text("../outside.env") is None
    assert Folder(inside).text("link.env") is None
    assert Folder(inside).text("/etc/hostname") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "this is no Compose file"),
        ("- a\n", "this is no Compose file"),
        ("services: [\n", "this is not YAML"),
        ("services: {web: {image: !custom x}}\n", 'the tag "!custom" is not allowed'),
        ("a: &a [*a]\n", "the alias *a stands inside what it names"),
        ("services: {web: {image: x}}\nservices: {}\n", '"services" is given twice'),
        ("services: {web: {image: 'a\x07b'}}\n", "control character"),
        ("a: " + "[" * 60 + "]" * 60, "levels deep"),
    ],
)
def test_what_is_no_compose_file_is_said_with_its_place(text: str, what: str) -> None:
    with pytest.raises(SpecError) as raised:
        import_text(text)
    assert what in raised.value.findings[0].what
    assert raised.value.findings[0].line >= 1
    assert raised.value.what.endswith("in compose.yaml")


def test_an_unknown_word_is_reported_wherever_it_stands() -> None:
    made = import_text("services:\n  web:\n    image: x\n    colour: red\n    deploy: {shape: round}\nweather: fine\n")
    lost = {(note.line, note.key) for note in made.with_fate(Fate.LOST)}
    assert {(4, "services.web.colour"), (5, "services.web.deploy"), (6, "weather")} <= lost


def test_an_override_that_compose_would_take_in_is_said(tmp_path: Path) -> None:
    (tmp_path / "compose.override.yaml").write_text("services: {web: {ports: ['1:1']}}\n")
    made = import_compose("services: {web: {image: x}}\n", file="compose.yaml", folder=Folder(tmp_path))
    assert "compose.override.yaml stands beside it" in made.with_fate(Fate.LOST)[0].what
