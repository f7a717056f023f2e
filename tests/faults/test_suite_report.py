"""The table of the fault suite: what was not kept says NO, and nothing that was not tried counts as kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from faults.load import Account, Written, settled, total
from faults.result import Result
from faults.tally import Tally

from faults import __main__ as suite
from faults import report

KEPT = Result("parts", "SIGKILL of Redis", "ready again within 10 s", tried=50, held=50, lost=0, slowest=0.25)
FACTS = {
    "date": "2026-11-21 05:00 UTC",
    "cpu": "a processor",
    "cores": 2,
    "memory_gb": 24.0,
    "system": "Linux",
    "python": "3.11.2",
    "load": 0.5,
    "load_at_end": 1.5,
}


@pytest.mark.parametrize(
    ("result", "is_kept"),
    [
        (KEPT, True),
        (replace(KEPT, held=49), False),
        (replace(KEPT, lost=1), False),
        (replace(KEPT, lost=None), True),
        (replace(KEPT, tried=0, held=0), False),
    ],
)
def test_kept_is_what_was_tried_always_held_and_lost_nothing(result: Result, is_kept: bool) -> None:
    assert result.is_kept is is_kept


def test_writes_that_are_there_twice_are_not_held(tmp_path: Path) -> None:
    tally = Tally("parts", "a fault", "nothing twice")
    tally.count([])
    account = Account((Written("api", 10, 1, 0),), doubled=1, undone=0)
    assert tally.result(account).is_kept is False
    assert "1 keys are there TWICE" in tally.result(account).notes
    assert tally.result(replace(account, doubled=0)).is_kept
    assert tally.result(replace(account, doubled=0, undone=2)).lost == 2


def test_accounts_add_up() -> None:
    one = Account((Written("api", 10, 1, 0), Written("cache", 5, 0, 2)), doubled=0, undone=1)
    both = total([one, one])
    assert both.writers == (Written("api", 20, 2, 0), Written("cache", 10, 0, 4))
    assert both.lost == 6


def test_only_the_last_two_seconds_before_a_kill_are_counted_apart() -> None:
    moments = {"early": 7.9, "late": 8.1, "dying": 10.4, "after": 10.6}
    assert settled(moments, moments, [10.0]) == ["early", "after"]
    assert settled(moments, moments, []) == list(moments)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "faults.md"
    path.write_text(f"# Faults\n\n{report.BEGIN}\nan earlier table\n{report.END}\n\nand on\n")
    return path


def test_the_page_keeps_its_text_and_shows_the_groups_in_order(page: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    order = ("parts", "power")
    bad = replace(KEPT, group="power", fault="all | at once", held=19, tried=20, lost=3, notes=("3 LOST",))
    report.write({"power": report.Run(FACTS, (bad,))}, order, results, page)
    report.write({"parts": report.Run(FACTS, (KEPT,))}, order, results, page)
    text = page.read_text()
    assert text.startswith("# Faults\n")
    assert text.endswith("and on\n")
    assert "an earlier table" not in text
    assert text.index("### parts") < text.index("### power")
    assert "| SIGKILL of Redis | ready again within 10 s | 50 | 50 | 0 | 0.25 s | held |" in text
    assert "| all \\| at once | ready again within 10 s | 20 | 19 | 3 | 0.25 s | NO |" in text
    assert "**1 of 2 faults kept; 69 of 70 tries held; 3 acknowledged writes lost.**" in text
    assert json.loads(results.read_text())["power"]["results"][0]["is_kept"] is False
    assert report.read(results)["parts"].results == (KEPT,)


def test_a_page_without_its_markers_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    page, results = tmp_path / "faults.md", tmp_path / "results.json"
    page.write_text("# Faults\n")
    with pytest.raises(ValueError, match="lost the markers"):
        report.write({"parts": report.Run(FACTS, (KEPT,))}, ("parts",), results, page)
    assert not results.exists()


@pytest.mark.parametrize(("result", "code"), [(KEPT, 0), (replace(KEPT, held=49), 1)])
def test_the_exit_code_says_whether_everything_held(
    result: Result, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "GROUPS", {"parts": lambda ground, quick: iter([result])})
    monkeypatch.setattr("sys.argv", ["faults", "--quick"])
    assert suite.main() == code
    assert ("NO  " in capsys.readouterr().out) is bool(code)
