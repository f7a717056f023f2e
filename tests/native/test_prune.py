"""Old builds go, so that rebuilding all day cannot fill the disk; what is used and what came before it stays."""

from __future__ import annotations

import os
from pathlib import Path

from stackyard.targets.native.prune import keep_newest


def builds(folder: Path, *names: str) -> None:
    """Builds with a file in each, the first the oldest."""
    for age, name in enumerate(names):
        (folder / name).mkdir()
        (folder / name / "index.html").touch()
        os.utime(folder / name, (age, age))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_current_build_and_the_one_before_it_are_kept(tmp_path: Path) -> None:
    builds(tmp_path, "a", "b", "c", "d")
    keep_newest(tmp_path, tmp_path / "d")
    assert left(tmp_path) == ["c", "d"]


def test_the_current_build_is_kept_even_when_it_is_the_oldest(tmp_path: Path) -> None:
    builds(tmp_path, "a", "b", "c")
    keep_newest(tmp_path, tmp_path / "a")
    assert left(tmp_path) == ["a", "c"]


def test_links_and_files_are_left_alone(tmp_path: Path) -> None:
    builds(tmp_path, "a", "b", "c")
    (tmp_path / "current").symlink_to("c")
    (tmp_path / "note.txt").touch()
    keep_newest(tmp_path, tmp_path / "c", keep=1)
    assert left(tmp_path) == ["c", "current", "note.txt"]
