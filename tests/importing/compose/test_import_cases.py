"""Compose files as well-known projects have them: the file above, what is made of it below, in a folder each.

With UPDATE=1 in the environment, what is expected is written anew; read it before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from stackyard.importing.compose.draft import is_placeholder, is_secret
from stackyard.importing.compose.interpolation import read_env
from stackyard.importing.result import Imported
from tests.importing.compose.conftest import CASES, outcome

ALL = sorted(path for path in CASES.iterdir() if path.is_dir())


def test_there_are_cases_of_every_kind() -> None:
    assert len(ALL) >= 14


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_compose_file_becomes_what_its_case_says(case: Path) -> None:
    made = outcome(case)
    if os.environ.get("UPDATE"):
        (case / "expected.yaml").write_text(made.stack)
        (case / "report.txt").write_text(made.report)
    assert made.stack == (case / "expected.yaml").read_text()
    assert made.report == (case / "report.txt").read_text()


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_what_is_made_passes_the_check(case: Path) -> None:
    assert "passes `stackyard check`" in outcome(case).report


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_an_import_is_deterministic(case: Path) -> None:
    assert outcome(case) == outcome(case)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_every_single_value_is_carried_or_reported(case: Path) -> None:
    """Found by another reader of YAML than the importer's: nothing can be missing on both sides."""
    accounted = spots(outcome(case).imported, "compose.yaml")
    assert leaves(case / "compose.yaml") - accounted == set()


def leaves(path: Path) -> set[tuple[int, int]]:
    """Where the single values of a file stand; what is reached by an alias stands where its anchor is."""
    found: set[tuple[int, int]] = set()

    def walk(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode) and node.value:
            for _, value in node.value:
                walk(value)
        elif isinstance(node, yaml.SequenceNode) and node.value:
            for item in node.value:
                walk(item)
        else:
            found.add((node.start_mark.line + 1, node.start_mark.column + 1))

    root = yaml.compose(path.read_text(), Loader=yaml.CSafeLoader)
    assert root is not None
    walk(root)
    return found


def spots(imported: Imported, file: str) -> set[tuple[int, int]]:
    return {spot for note in imported.notes if note.file == file for spot in note.spots}


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_no_secret_of_the_file_is_written_or_printed(case: Path) -> None:
    """SEC-01: a secret stands in no rendered file, and in no report."""
    made = outcome(case)
    values = secrets_of(case)
    for value in values:
        assert value not in made.stack
        assert value not in made.report
        assert value not in repr(made.imported)


def secrets_of(case: Path) -> set[str]:
    """The real secrets in a case, from its files as plain text: everything that its authors marked as private."""
    pairs: list[tuple[str, str]] = []
    for path in [case / "compose.yaml", *case.rglob(".env*")]:
        pairs += read_env(path.read_text().replace(": ", "=").replace("- ", "")).items()
    return {value for name, value in pairs if len(value) > 7 and is_secret(name, value) and not is_placeholder(value)
            and "$" not in value and "/" not in value}  # fmt: skip


def test_there_are_secrets_in_the_cases_to_be_found() -> None:
    assert len(set().union(*map(secrets_of, ALL))) > 10
