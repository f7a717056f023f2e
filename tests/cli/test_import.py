"""`stackyard import compose`: where the stack file goes, where the report goes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackyard.cli.main import main

COMPOSE = """\
services:
  web:
    image: registry.example.org/example/shop:1
    environment: {SMTP_PASSWORD: horse-staple-3141}
    depends_on: [db]
    privileged: true
  db: {image: postgres:16}
"""


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    path = tmp_path / "shop" / "compose.yaml"
    path.parent.mkdir()
    path.write_text(COMPOSE)
    return path


def test_the_stack_file_is_printed_and_the_report_goes_to_standard_error(
    compose: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "compose", str(compose)]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("# Made from compose.yaml by `stackyard import compose`.\nsystem: shop\n")
    assert "compose.yaml:6  services.web.privileged" in shown.err
    assert "stackyard secrets set SMTP_PASSWORD" in shown.err
    assert "horse-staple" not in shown.out + shown.err
    assert [path.name for path in compose.parent.iterdir()] == ["compose.yaml"]


def test_a_stack_file_is_written_beside_the_compose_file(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = compose.parent / "stackyard.yaml"
    assert main(["import", "compose", str(compose), "-o", str(place)]) == 0
    assert "Not carried (1)" in capsys.readouterr().out
    assert main(["check", "--file", str(place)]) == 0


def test_nobodys_file_is_written_over(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = compose.parent / "stackyard.yaml"
    place.write_text("mine\n")
    assert main(["import", "compose", str(compose), "-o", str(place)]) == 2
    assert "there is a" in capsys.readouterr().err
    assert place.read_text() == "mine\n"


def test_another_folder_is_refused_because_paths_would_not_fit(
    compose: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "compose", str(compose), "-o", str(tmp_path / "stackyard.yaml")]) == 2
    assert "beside the Compose file" in capsys.readouterr().err
    assert not (tmp_path / "stackyard.yaml").exists()


def test_json_holds_the_stack_file_and_every_note(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "compose", str(compose), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"stack", "notes", "secrets", "findings"}
    assert found["secrets"] == ["SMTP_PASSWORD"]
    assert {"file", "line", "key", "fate", "what", "instead"} == set(found["notes"][0])
    assert {note["fate"] for note in found["notes"]} == {"carried", "not carried"}


def test_what_the_check_finds_is_part_of_the_report(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose.write_text("services: {web: {build: ./nowhere, command: python app.py}}\n")
    assert main(["import", "compose", str(compose)]) == 1
    assert "`stackyard check` finds 1" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "", "services: [", "- a list\n"])
def test_what_is_no_compose_file_is_said_without_a_traceback(
    compose: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    compose.unlink()
    if text is not None:
        compose.write_text(text)
    assert main(["import", "compose", str(compose)]) == 1
    shown = capsys.readouterr()
    assert "compose.yaml" in shown.err
    assert "Traceback" not in shown.err
    assert not shown.out
