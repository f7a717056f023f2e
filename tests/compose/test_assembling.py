"""Files of secrets, and marks of them that tell nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.targets.compose import assembling
from stackyard.targets.compose.layout import Layout
from stackyard.targets.local import secrets

from .yard import rendered, systems

STACK = """
system: shop
services:
  api: {build: ./api, command: serve, port: 8000, needs: [db]}
resources:
  db: {postgres: 16}
"""


def made(folder: Path) -> tuple[Layout, dict[str, str]]:
    """The store of a system, and the marks of its services."""
    system = systems(folder, STACK)["testing"]
    layout = Layout(system.root, "testing")
    secrets.ensure(system, layout.secrets, environment={})
    assembling.ensure_key(layout)
    files = rendered(folder, STACK, "testing").secret_files
    return layout, assembling.marks(files, layout, assembling.reader(system, layout))


def test_marks_change_with_a_secret_of_the_service_and_with_nothing_else(tmp_path: Path) -> None:
    layout, before = made(tmp_path)
    assert made(tmp_path)[1] == before
    secrets.put(layout.secrets, "db.shop_api", "another-password-of-the-service-0")
    after = made(tmp_path)[1]
    assert after["api"] != before["api"]
    assert after["db"] != before["db"], "the first creation of the database needs it, too"


def test_marks_cannot_be_tried_out_without_the_key(tmp_path: Path) -> None:
    """Labels are for everybody to read who may ask the engine."""
    layout, before = made(tmp_path)
    secrets.put(layout.secrets, assembling.KEY, "another-key-of-forty-three-characters-length")
    assert made(tmp_path)[1]["api"] != before["api"]


def test_a_service_whose_secrets_are_not_made_yet_has_no_mark(tmp_path: Path) -> None:
    layout, _ = made(tmp_path)
    (layout.secrets / "db.shop_api").unlink()
    system = systems(tmp_path, STACK)["testing"]
    files = rendered(tmp_path, STACK, "testing").secret_files
    assert "api" not in assembling.marks(files, layout, assembling.reader(system, layout))


def test_a_file_of_secrets_says_what_the_service_is_told(tmp_path: Path) -> None:
    layout, _ = made(tmp_path)
    secrets.put(layout.secrets, "db.shop_api", "it's/a secret")
    system = systems(tmp_path, STACK)["testing"]
    files = [one for one in rendered(tmp_path, STACK, "testing").secret_files if one.service == "api"]
    (text,) = assembling.contents(files, assembling.reader(system, layout)).values()
    assert "DATABASE_URL='postgresql://shop_api:it%27s%2Fa%20secret@db:5432/shop'" in text


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    layout, _ = made(tmp_path)
    (layout.secrets / "db.shop_api").unlink()
    system = systems(tmp_path, STACK)["testing"]
    files = rendered(tmp_path, STACK, "testing").secret_files
    with pytest.raises(StateError, match=r"db\.shop_api"):
        assembling.contents(files, assembling.reader(system, layout))
