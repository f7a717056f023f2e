from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.targets.local.identity import Identity, may_execute
from stackyard.targets.native.toolchain import Store, python_for

ME = Identity(os.geteuid(), os.getegid(), "me", drop=False)
Write = Callable[..., Path]


def test_the_python_that_runs_stackyard_is_preferred(open_folder: Path) -> None:
    tool = python_for(">=3.11", ME, store=Store(open_folder))
    assert tool.version >= (3, 11)
    assert tool.path.resolve().is_relative_to(Path(sys.base_prefix).resolve())
    assert "satisfies `>=3.11`" in tool.why


def test_the_newest_other_python_is_taken_when_that_one_does_not_fit(
    open_folder: Path, program: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("a/python3.98", "Python 3.98.1")
    newest = program("b/python3.99", "Python 3.99.0")
    monkeypatch.setenv("PATH", f"{open_folder}/a:{open_folder}/b:{os.environ['PATH']}")
    tool = python_for(">=3.98", ME, store=Store(open_folder / "store"))
    assert (tool.path, tool.version) == (newest, (3, 99, 0))


def test_a_python_that_the_service_user_cannot_reach_is_refused_with_the_folder_named(
    open_folder: Path, program: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = program("closed/python3.99", "Python 3.99.0")
    python.parent.chmod(0o700)
    monkeypatch.setenv("PATH", f"{open_folder}/closed:{os.environ['PATH']}")
    stranger = Identity(54_321, 54_321, "stranger", drop=True)
    with pytest.raises(MachineError, match=r"no Python that stranger may execute satisfies `>=3\.99`") as caught:
        python_for(">=3.99", stranger, store=Store(open_folder / "store"))
    assert f"{python} is 3.99.0, but stranger cannot reach it ({python.parent} is closed to it)" in caught.value.details


def test_whoever_runs_the_service_can_run_the_python_that_was_chosen(open_folder: Path, unprivileged: Identity) -> None:
    tool = python_for(">=3.9", unprivileged, store=Store(open_folder))
    assert may_execute(tool.path, unprivileged)


def test_a_requirement_that_cannot_be_read_is_a_clear_error(open_folder: Path) -> None:
    with pytest.raises(MachineError, match="requires-python `three` cannot be read"):
        python_for("three", ME, store=Store(open_folder))
