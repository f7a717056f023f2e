"""Keys for age: made here, understood there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackyard.resources.age import bech32, new_identity, recipient_of
from stackyard.targets.native.toolchain import Tool, obtain
from stackyard.targets.native.toolchain.clients import AGE


@pytest.fixture(scope="session")
def age() -> Tool:
    return obtain(AGE)


def test_bech32_is_the_one_that_others_write() -> None:
    # The first valid text of the format's own specification holds nothing at all.
    assert bech32("a", b"") == "a12uel5l"


def test_no_two_identities_are_alike_and_each_says_who_its_recipient_is() -> None:
    first, second = new_identity(), new_identity()
    assert first != second
    assert "\nAGE-SECRET-KEY-1" in first
    assert recipient_of(first).startswith("age1")
    assert recipient_of(first.splitlines()[1]) == ""


@pytest.mark.real
def test_age_itself_knows_our_identity_and_its_recipient(age: Tool, tmp_path: Path) -> None:
    file = tmp_path / "identity"
    file.write_text(new_identity())
    keygen = subprocess.run([age.folder / "age-keygen", "-y", file], capture_output=True, text=True, check=True)
    assert keygen.stdout.strip() == recipient_of(file.read_text())
    sealed = subprocess.run(
        [age.path, "-r", recipient_of(file.read_text())], input=b"secret", capture_output=True, check=True
    )
    opened = subprocess.run([age.path, "-d", "-i", file], input=sealed.stdout, capture_output=True, check=True)
    assert opened.stdout == b"secret"
