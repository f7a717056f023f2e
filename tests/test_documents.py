"""The documents are held true: what the README shows is run, what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from stackyard import __version__
from stackyard.cli.main import COMMANDS
from stackyard.spec.load import load
from stackyard.targets.native import variables
from stackyard.targets.native.machine import wishes
from tests.e2e.conftest import Checkout, copy_example, ground

__all__ = ["ground"]

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.real
def test_every_command_of_the_documents_runs(ground: Path) -> None:
    """DOC-01: documentation cannot go stale. The guides come first: the README ends with `down` and `clean`."""
    copy_example("guestbook", ground / "readme" / "examples" / "guestbook")
    stranger = Checkout(ground / "readme")
    assert stranger.stackyard("up", "--detach", "--file", "examples/guestbook").code == 0
    texts = ((REPOSITORY / "docs/verify.md").read_text(), README)
    lines = [line for text in texts for block in blocks(text, "console") for line in block.splitlines()]
    assert len(lines) > 16
    try:
        _run_all(stranger, lines)
    finally:
        stranger.stackyard("down", "--file", "examples/guestbook")


@pytest.mark.real
def test_every_command_of_the_guide_to_data_runs(ground: Path) -> None:
    """DOC-01, BAK-06: the guide's own line in a stack file is enough for each of its commands."""
    guide = (REPOSITORY / "docs/data.md").read_text()
    kept = copy_example("guestbook", ground / "data" / "examples" / "guestbook")
    with (kept.folder / "stackyard.yaml").open("a") as file:
        file.write(blocks(guide, "yaml")[0])
    stranger = Checkout(ground / "data")
    assert stranger.stackyard("up", "--detach", "--file", "examples/guestbook").code == 0
    try:
        _run_all(stranger, [line for block in blocks(guide, "console") for line in block.splitlines()])
    finally:
        stranger.stackyard("down", "--file", "examples/guestbook")


def _run_all(stranger: Checkout, lines: list[str]) -> None:
    for line in lines:
        prompt, program, *words = shlex.split(line)
        assert (prompt, program) == ("$", "stackyard"), line
        done = stranger.stackyard(*words)
        assert done.code == 0, f"{line}\n{done.out}\n{done.error}"


def test_the_stack_file_in_the_readme_is_that_of_the_example() -> None:
    assert blocks(README, "yaml") == [(REPOSITORY / "examples/guestbook/stackyard.yaml").read_text()]


def test_the_readme_names_every_command_and_make_knows_its_two() -> None:
    table = "\n".join(line for line in README.splitlines() if line.startswith("| `"))
    assert [name for name in COMMANDS if not re.search(rf"`{name}\b", table)] == []
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", "".join(blocks(README, "sh")), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_lead_somewhere() -> None:
    for document in (README, (REPOSITORY / "CONTRIBUTING.md").read_text()):
        for target in re.findall(r"\]\(([^)#:]+)\)", document):
            assert (REPOSITORY / target).exists(), target


def test_the_rooms_of_the_contributors_guide_are_there() -> None:
    guide = (REPOSITORY / "CONTRIBUTING.md").read_text()
    rooms = re.findall(r"^\| `([a-z/._]+)`", guide, re.MULTILINE)
    assert len(rooms) > 8
    for room in rooms:
        assert (REPOSITORY / "src/stackyard" / room).exists() or (REPOSITORY / room).exists(), room
    for path in re.findall(r"`((?:src|systems|tests|scripts)/[\w/.-]+)`", guide):
        assert (REPOSITORY / path).exists(), path


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## (\S+)", (REPOSITORY / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first
    assert first[1] == __version__


def test_the_reference_of_variables_is_what_a_service_finds() -> None:
    """TOP-04: environment variables are documented, and none that is documented is missing."""
    system = load(REPOSITORY / "tests/e2e/every_part")
    slots = {wish.slot: 10_000 + number for number, wish in enumerate(wishes(system))}
    addresses = variables.Addresses(slots, Path("/secrets"))
    found = {name for service in system.services for name in variables.of_service(system, service, addresses)}
    found |= {*variables.listening(1), "PATH", "VIRTUAL_ENV", "HOME", "LANG", "STACKYARD_PROGRAM", "STACKYARD_DRILL"}
    table = [line for line in (REPOSITORY / "docs/reference/environment.md").read_text().splitlines() if "| `" in line]
    documented = {name for line in table for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    own = {"GREETING", "CACHE_PLACE", "KEY_AGAIN"}
    checksums = {"AWS_RESPONSE_CHECKSUM_VALIDATION", "AWS_REQUEST_CHECKSUM_CALCULATION"}
    assert documented == found - own - checksums


def test_the_stack_file_of_inventr_is_short() -> None:
    assert len((REPOSITORY / "systems/inventr/stackyard.yaml").read_text().splitlines()) < 60


def test_the_stack_file_of_the_kits_guide_is_one(tmp_path: Path) -> None:
    """DOC-01: its Python is run by the kit's own tests."""
    (found,) = blocks((REPOSITORY / "kit/GUIDE.md").read_text(), "yaml")
    (tmp_path / "stackyard.yaml").write_text(found)
    (tmp_path / "pyproject.toml").touch()
    assert {service.name for service in load(tmp_path).services} == {"api", "worker"}
