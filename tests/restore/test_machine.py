"""Backups of a machine that is lost, opened from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import UsageError
from stackyard.operate.restoring.machine import opened, stack_file


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    file = tmp_path / "identity"
    file.write_text("AGE-SECRET-KEY-1")
    return file


@pytest.mark.parametrize("inside", [".", "repository"])
def test_a_folder_is_named_that_is_a_repository_or_has_one(tmp_path: Path, identity: Path, inside: str) -> None:
    """BAK-05: containers keep theirs in a folder of the one that the stack file names; the kit lies beside it."""
    repository = tmp_path / "disk/shop" / inside
    repository.mkdir(parents=True)
    (repository / "config").write_text("")
    with (
        pytest.raises(UsageError, match=f"there is no recovery kit: {repository.resolve().parent}/recovery-kit.age"),
        opened(str(tmp_path / "disk/shop"), identity, "production"),
    ):
        pytest.fail("it was opened")


def test_a_set_from_either_target_has_its_stack_file_where_it_is_looked_for(tmp_path: Path) -> None:
    assert stack_file(tmp_path) is None
    of_compose = tmp_path / "project/backups/project/stackyard.yaml"
    of_compose.parent.mkdir(parents=True)
    of_compose.write_text("system: shop\n")
    assert stack_file(tmp_path) == of_compose
    (tmp_path / "stack-file").write_text("system: shop\n")
    assert stack_file(tmp_path) == tmp_path / "stack-file"
