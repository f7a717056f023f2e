"""What the program that reads every page says of a copy, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.backup.job import PostgresPart
from stackyard.backup.ladder import _checksums


def part(folder: Path, words: str) -> PostgresPart:
    """A database whose server brings a pg_checksums that complains with these words."""
    program = folder / "pg_checksums"
    program.write_text(f"#!/bin/sh\necho 'pg_checksums: error: {words}' >&2\nexit 1\n")
    program.chmod(0o755)
    return PostgresPart("db", "", 0, "shop", "", "", str(folder), str(folder), "", "")


@pytest.mark.parametrize(
    "words",
    ["cluster is not compatible with this version of pg_checksums", "data checksums are not enabled in cluster"],
)
def test_a_program_that_cannot_read_the_copy_says_nothing_of_its_pages(words: str, tmp_path: Path) -> None:
    """BAK-03: the drill says that it was not looked at, and why."""
    rung = _checksums(part(tmp_path, words), tmp_path)
    assert (rung.findings, rung.is_run) == ((), False)
    assert words in rung.evidence


def test_a_damaged_page_is_a_finding(tmp_path: Path) -> None:
    rung = _checksums(part(tmp_path, "checksum verification failed in file base/1/2"), tmp_path)
    assert rung.is_run
    assert "pages are damaged" in rung.findings[0].what
