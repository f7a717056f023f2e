from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.targets.local.identity import Identity, blocked_ancestors, may_execute, service_identity


def _nobody_known(_: object) -> pwd.struct_passwd:
    raise KeyError


def _entry(name: str, uid: int, gid: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, gid, "", "/", "/usr/sbin/nologin"))


def test_an_ordinary_user_runs_the_parts_himself(tmp_path: Path) -> None:
    found = service_identity(tmp_path, me=1000, by_uid=lambda uid: _entry("ada", uid, uid))
    assert found == Identity(1000, os.getegid(), "ada", drop=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns folders of root and gives them away")
def test_root_becomes_the_owner_of_the_project(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 4321)
    known = service_identity(tmp_path, by_uid=lambda uid: _entry("ada", uid, 77))
    assert known == Identity(1234, 77, "ada", drop=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_an_owner_without_an_account_is_nobody_to_become(tmp_path: Path) -> None:
    """PostgreSQL looks its user up, and refuses to run as a number without a name."""
    os.chown(tmp_path, 1234, 4321)
    found = service_identity(tmp_path, by_uid=_nobody_known, by_name=lambda name: _entry(name, 990, 991))
    assert found == Identity(990, 991, "stackyard", drop=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns folders of root")
def test_root_becomes_the_system_user_for_a_project_of_its_own(tmp_path: Path) -> None:
    found = service_identity(tmp_path, by_name=lambda name: _entry(name, 990, 991))
    assert found == Identity(990, 991, "stackyard", drop=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns folders of root")
def test_without_a_user_to_become_root_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="must not run as root") as caught:
        service_identity(tmp_path, by_name=_nobody_known)
    assert "stackyard doctor --install" in caught.value.hint


def test_folders_that_a_user_may_not_search_are_named(open_folder: Path) -> None:
    closed = open_folder / "closed"
    deep = closed / "open" / "deep"
    deep.mkdir(parents=True)
    closed.chmod(0o700)
    stranger = Identity(54_321, 54_321, "stranger", drop=True)
    owner = Identity(os.geteuid(), os.getegid(), "owner", drop=True)
    assert blocked_ancestors(deep / "file", stranger) == [closed]
    assert blocked_ancestors(deep / "file", owner) == []


def test_a_closed_folder_behind_a_link_is_named(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "program").write_text("#!/bin/sh\n")
    (closed / "program").chmod(0o755)
    link = open_folder / "program"
    link.symlink_to(closed / "program")
    stranger = Identity(54_321, 54_321, "stranger", drop=True)
    assert blocked_ancestors(link, stranger) == [closed]
    assert not may_execute(link, stranger)


def test_the_bits_of_the_group_count_for_its_members(open_folder: Path) -> None:
    program = open_folder / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o750)
    group = program.stat().st_gid
    assert may_execute(program, Identity(54_321, group, "member", drop=True))
    assert not may_execute(program, Identity(54_321, group + 1, "stranger", drop=True))
