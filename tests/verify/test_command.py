"""`stackyard verify` as a person and a CI server use it, on a living system and on none."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.e2e.conftest import Checkout, eventually
from tests.verify.ground import NativeGround

pytestmark = pytest.mark.real


@pytest.fixture
def inventr(grounds: Callable[[str], NativeGround]) -> Checkout:
    return grounds("inventr").checkout


def test_it_says_in_words_what_is_kept(inventr: Checkout) -> None:
    """TEST-01: one command tests the infrastructure."""
    done = inventr.stackyard("verify")
    assert done.code == 0, done.out
    assert done.out.startswith("inventr (development, native)  https://inventr.localhost")
    assert "✓ every part of the system runs and is healthy  TOP-01" in done.out
    assert ", 0 broken, 0 unknown, " in done.out.splitlines()[-1]


def test_a_broken_promise_is_exit_code_4_with_evidence_and_the_next_step(
    grounds: Callable[[str], NativeGround],
) -> None:
    ground = grounds("inventr")
    ground.sql("alter role inventr_api connection limit 3")
    done = ground.checkout.stackyard("verify", "--only", "topology.as-described")
    assert done.code == 4
    assert "✗ what runs is what the stack file describes" in done.out
    assert "next: `stackyard up` brings it in line" in done.out
    assert ground.checkout.up_in_turn().code == 0
    again = ground.checkout.stackyard("verify", "--only", "topology.as-described", "--since", "last")
    assert again.code == 0
    assert "1 of 1 checks changed" in again.out
    assert "was broken:" in again.out


def test_the_reports_are_written(inventr: Checkout, tmp_path: Path) -> None:
    page, junit = tmp_path / "report.html", tmp_path / "report.xml"
    done = inventr.stackyard("verify", "--json", "--only", "topology", "--html", str(page), "--junit", str(junit))
    report = json.loads(done.out)
    assert (
        report["counts"]["kept"]
        == int(ElementTree.parse(junit).getroot().get("tests", "0")) - (report["counts"]["not applicable"])
    )
    assert "promises are kept." in page.read_text()


def test_it_lists_its_checks_without_looking(inventr: Checkout) -> None:
    done = inventr.stackyard("verify", "--list", "--only", "TOP-01", "--json")
    assert "topology.healthy" in [check["id"] for check in json.loads(done.out)]


def test_watching_shows_changes_until_ctrl_c(grounds: Callable[[str], NativeGround], tmp_path: Path) -> None:
    ground = grounds("inventr")
    shown = tmp_path / "shown"
    with shown.open("w") as out:
        watching = subprocess.Popen(
            ground.checkout.command("verify", "--watch", "1", "--only", "topology.as-described"),
            **{key: value for key, value in ground.checkout.process().items() if key != "check"},
            stdout=out,
            # Whoever runs the tests in the background has Ctrl-C ignored, in all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        eventually(lambda: "1 kept" in shown.read_text(), 20)
        ground.sql("alter role inventr_api connection limit 3")
        eventually(lambda: "was kept:\n  ✗" in shown.read_text(), 20)
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 4
    finally:
        watching.kill()
        watching.wait()
        ground.checkout.up_in_turn()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--only", "egde"), "error: no check is called egde"),
        (("--watch", "--json"), "--watch shows changes on the terminal; it writes no report"),
        (("--watch", "0"), "at least one second"),
        (("--watch", "soon"), "invalid"),
    ],
)
def test_what_cannot_work_is_a_usage_error(inventr: Checkout, words: tuple[str, ...], sentence: str) -> None:
    done = inventr.stackyard("verify", *words)
    assert done.code == 2
    assert sentence in done.error


def test_a_report_that_cannot_be_written_says_so(inventr: Checkout) -> None:
    done = inventr.stackyard("verify", "--only", "topology.healthy", "--html", "/nonexistent/report.html")
    assert done.code == 1
    assert "/nonexistent/report.html: No such file or directory" in done.error


def test_nothing_runs_so_nothing_is_verified(guestbook: Checkout) -> None:
    done = guestbook.stackyard("verify")
    assert done.code == 1
    assert "nothing of guestbook runs here (development), so there is nothing to verify" in done.error
    assert "`stackyard up --detach` starts it" in done.error
