"""Which target a command is about, and that one system never runs on two at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import MachineError, StateError
from stackyard.operate import choice, verbs
from stackyard.operate.choice import chosen, elsewhere, leave_other, recorded, settle


class Elsewhere:
    """Another target, on which the system runs, or not, or nobody can say."""

    def __init__(self, answer: bool | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Path, str]] = []

    def __call__(self, target: str, root: Path, environment: str) -> Elsewhere:
        self.asked.append((target, root, environment))
        return self

    def is_running(self) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop" / ".stackyard" / "testing"
    made.mkdir(parents=True)
    return made


def other(monkeypatch: pytest.MonkeyPatch, answer: bool | Exception) -> Elsewhere:
    made = Elsewhere(answer)
    monkeypatch.setattr(verbs, "verbs_of", made)
    return made


def test_the_command_decides_then_what_ran_last_then_native(folder: Path) -> None:
    assert (recorded(folder), chosen(folder, None), chosen(folder, "compose")) == ("", "native", "compose")
    settle(folder, "compose")
    assert (recorded(folder), chosen(folder, None), chosen(folder, "native")) == ("compose", "compose", "native")


def test_a_target_of_a_newer_release_is_an_error_and_not_a_guess(folder: Path) -> None:
    (folder / "target").write_text("nomad\n")
    with pytest.raises(StateError, match="'nomad'") as caught:
        chosen(folder, None)
    assert "--target" in caught.value.hint


def test_what_runs_on_another_target_must_be_stopped_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(folder, "compose")
    running = other(monkeypatch, True)
    with pytest.raises(StateError, match="runs on the target compose") as caught:
        leave_other(folder, "native")
    assert "stackyard down --target compose" in caught.value.hint
    assert running.asked == [("compose", folder.parents[1], "testing")]
    assert recorded(folder) == "compose"


def test_what_has_stopped_may_go_elsewhere_and_hears_where_its_data_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(folder, "native")
    other(monkeypatch, False)
    before = leave_other(folder, "compose")
    assert elsewhere(folder, before) == ()
    (folder / "data").mkdir()
    assert elsewhere(folder, before) == (
        "this system ran on the target native before: its data is kept there, and is not used here",
    )
    settle(folder, "compose")
    assert (leave_other(folder, "compose"), elsewhere(folder, "")) == ("", ())


def test_nothing_recorded_may_still_be_a_native_system_of_an_older_release(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = other(monkeypatch, True)
    with pytest.raises(StateError, match="runs on the target native"):
        leave_other(folder, "compose")
    assert leave_other(folder, "native") == ""
    assert [target for target, _, _ in running.asked] == ["native"]


def test_an_engine_that_does_not_answer_is_no_proof_that_nothing_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(folder, "compose")
    other(monkeypatch, MachineError("Docker does not run: no engine answers", hint="Start it."))
    with pytest.raises(StateError, match=r"nobody can say .* Docker does not run") as caught:
        leave_other(folder, "native")
    assert caught.value.hint == f"Start it. Or, when it never will again, delete {folder / 'target'}."


def test_the_choices_of_the_command_line_are_the_targets_that_there_are() -> None:
    import argparse

    from stackyard.cli.output import target_argument

    parser = argparse.ArgumentParser()
    target_argument(parser)
    (action,) = [one for one in parser._actions if one.dest == "target"]
    assert tuple(action.choices or ()) == choice.TARGETS
