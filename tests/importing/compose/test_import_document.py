"""The page on importing, and the examples of foreign systems, are held fresh. UPDATE=1 writes the page anew."""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path

import pytest

from stackyard.importing.compose.reference import Result, page
from stackyard.operate.importing import read_compose_file
from stackyard.spec.load import load
from tests.importing.compose.test_import_cases import ALL

REPOSITORY = Path(__file__).parents[3]
FOREIGN = REPOSITORY / "examples/foreign"
RUN = {
    "tally": ("compose.yaml", "yes, as imported"),
    "wagtail": ("docker-compose.yml", "yes, with one secret set"),
    "watch": ("compose.yaml", "yes, with its `by-hand.diff`"),
}


def results() -> list[Result]:
    """Every system that was imported, what runs for real first."""
    files = {name: (FOREIGN / name / file, runs) for name, (file, runs) in RUN.items()}
    files |= {case.name: (case / "compose.yaml", "") for case in ALL}
    return [Result(name, about(path), read_compose_file(path), runs) for name, (path, runs) in files.items()]


def about(path: Path) -> str:
    """What a system is, in the words of the first line of its file."""
    return path.read_text().splitlines()[0].removeprefix("# ").rstrip(".")


def test_the_page_on_importing_is_what_the_importer_does() -> None:
    """DOC-01: generated, so that it cannot go stale."""
    made = page(results())
    if os.environ.get("UPDATE"):
        (REPOSITORY / "docs/import.md").write_text(made)
    assert (REPOSITORY / "docs/import.md").read_text() == made


@pytest.mark.parametrize("name", RUN)
def test_an_example_is_its_import_with_the_edits_that_it_shows(name: str) -> None:
    folder = FOREIGN / name
    imported = read_compose_file(folder / RUN[name][0]).stack.splitlines(keepends=True)
    own = (folder / "stackyard.yaml").read_text().splitlines(keepends=True)
    edits = "".join(unified_diff(imported, own, "imported", "stackyard.yaml"))
    by_hand = folder / "by-hand.diff"
    if os.environ.get("UPDATE") and edits:
        by_hand.write_text(edits)
    assert edits == (by_hand.read_text() if by_hand.is_file() else "")
    assert load(folder).services


def test_every_example_of_a_foreign_system_is_run() -> None:
    assert {path.name for path in FOREIGN.iterdir() if path.is_dir()} == set(RUN)
    tests = (REPOSITORY / "tests/e2e/test_foreign.py").read_text()
    assert all(f'["{name}"], indirect=True' in tests for name in RUN)
