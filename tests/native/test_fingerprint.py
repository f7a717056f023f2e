"""What changed since the last time, by content and not by date, and only of what people write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackyard.targets.local.fingerprint import is_product, of_folder, of_texts, source_files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "app.py").write_text("print(1)\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


def test_the_same_content_is_the_same_whenever_and_wherever_it_was_written(project: Path, tmp_path: Path) -> None:
    before = of_folder(project)
    os.utime(project / "shop" / "app.py", (1, 1))
    assert of_folder(project) == before
    assert of_folder(project.rename(tmp_path / "elsewhere")) == before


def test_files_that_are_no_sources_change_nothing(project: Path) -> None:
    key = project / "site.key"
    before = of_folder(project)
    key.write_text("a key")
    assert of_folder(project, without={key}) == before != of_folder(project)


def test_other_content_another_name_a_new_or_a_missing_file_are_changes(project: Path) -> None:
    seen = {of_folder(project)}
    (project / "shop" / "app.py").write_text("print(2)\n")
    seen.add(of_folder(project))
    (project / "shop" / "app.py").rename(project / "shop" / "main.py")
    seen.add(of_folder(project))
    (project / "README.md").write_text("")
    seen.add(of_folder(project))
    (project / "pyproject.toml").unlink()
    seen.add(of_folder(project))
    assert len(seen) == 5


PRODUCTS = (
    "node_modules/react/index.js",
    "dist/index.html",
    ".git/HEAD",
    ".stackyard/development/state.json",
    "shop/__pycache__/app.cpython-311.pyc",
    ".venv/bin/python",
    "shop.egg-info/PKG-INFO",
    "debug.log",
    ".app.py.swp",
)


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_tools_write_is_no_change(project: Path, name: str) -> None:
    before = of_folder(project)
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("made by a tool")
    assert of_folder(project) == before
    assert is_product(Path(name))


def test_a_file_by_itself_is_its_content(project: Path) -> None:
    before = of_folder(project / "pyproject.toml")
    (project / "shop" / "app.py").write_text("print(2)\n")
    assert of_folder(project / "pyproject.toml") == before
    (project / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    assert of_folder(project / "pyproject.toml") != before


def test_links_to_folders_are_not_followed(project: Path) -> None:
    (project / "loop").symlink_to(project)
    assert [path.name for path in source_files(project)] == ["pyproject.toml", "app.py"]


def test_a_pipe_a_socket_or_a_link_to_nowhere_counts_by_its_name_and_holds_nobody_up(project: Path) -> None:
    before = of_folder(project)
    os.mkfifo(project / "requests.pipe")
    (project / "gone").symlink_to("/nowhere/at/all")
    assert of_folder(project) != before


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_what_cannot_be_read_counts_by_its_name(project: Path) -> None:
    before = of_folder(project)
    (project / "key.pem").write_text("x")
    (project / "key.pem").chmod(0)
    assert of_folder(project) != before


def test_a_folder_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    assert of_folder(tmp_path / "nowhere") == of_folder(tmp_path)


def test_texts_are_told_apart_by_where_they_end() -> None:
    assert of_texts(["ab", "c"]) != of_texts(["a", "bc"])
    assert of_texts(["a", "b"]) != of_texts(["b", "a"])
