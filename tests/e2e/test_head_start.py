"""A second `up` starts what ran last while it still reads the file, and is in nothing different from one that waits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.real


def said(checkout: Checkout) -> list[str]:
    """What the supervisor said since its last start."""
    path = checkout.folder / ".stackyard/development/log/supervisor.jsonl"
    lines = [str(json.loads(row)["line"]) for row in path.read_text().splitlines()]
    begun = max(number for number, line in enumerate(lines) if line.startswith("the supervisor runs"))
    return lines[begun:]


def note(checkout: Checkout) -> Path:
    return checkout.folder / ".stackyard/development/run/ahead.json"


def test_a_second_start_runs_the_same_plan_and_starts_each_program_once(guestbook: Checkout) -> None:
    guestbook.up()
    assert guestbook.stackyard("down").code == 0
    planned = guestbook.stackyard("plan").out
    done = guestbook.up()
    assert [line for line in planned.splitlines() if "start" in line] == [
        line for line in done.out.splitlines() if line.startswith("  start")
    ]
    assert [line for line in said(guestbook) if line.startswith("starting ")].count("starting app-1") == 1
    with guestbook.client("guestbook") as web:
        assert web.get("/entries").status_code == 200


def test_a_source_that_was_edited_while_it_was_down_starts_nothing_ahead(guestbook: Checkout) -> None:
    guestbook.up()
    assert note(guestbook).exists()
    guestbook.stackyard("down")
    guestbook.edit("main.py", "app = FastAPI(", 'raise RuntimeError("the moon is full")\napp = FastAPI(')
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "the moon is full" in done.error
    assert guestbook.is_gone()


def test_a_configuration_that_was_edited_by_hand_is_written_before_its_part_starts(guestbook: Checkout) -> None:
    guestbook.up()
    guestbook.stackyard("down")
    edited = guestbook.folder / ".stackyard/development/etc/db/postgresql.conf"
    text = edited.read_text()
    edited.write_text(f"{text}\nwork_mem = '1MB'\n")
    guestbook.up()
    assert edited.read_text() == text
    assert [line for line in said(guestbook) if line.startswith("starting ")].count("starting db") == 1


def test_a_stack_file_that_was_spoilt_while_it_was_down_leaves_nothing_behind(guestbook: Checkout) -> None:
    guestbook.up()
    guestbook.stackyard("down")
    file = guestbook.folder / "stackyard.yaml"
    text = file.read_text()
    file.write_text(f"{text}\nnonsense: true\n")
    assert guestbook.stackyard("up", "--detach").code == 1
    assert guestbook.is_gone()
    file.write_text(text)
    guestbook.up()
