"""Secrets come in a file that the container's first command reads, whatever characters they have."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.resources.environment import SecretPiece
from stackyard.targets.compose.entrance import assemble, entrypoint, told
from stackyard.targets.compose.rendering import Piece, SecretFile

from .yard import case, rendered

VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


def file(form: str, *entries: tuple[str, tuple[Piece, ...]]) -> SecretFile:
    return SecretFile(PurePosixPath("secrets/x"), "production", "api", form, entries)  # type: ignore[arg-type]


def test_an_environment_is_lines_that_a_shell_reads() -> None:
    one = file(
        "environment", ("URL", ("postgresql://me:", SecretPiece("pw", True), "@db/x")), ("KEY", (SecretPiece("k"),))
    )
    assert assemble(one, {"pw": "a/b'c", "k": "it's"}.__getitem__) == (
        "URL='postgresql://me:a%2Fb%27c@db/x'\nKEY='it'\\''s'\n"
    )
    assert one.secrets == ("k", "pw")


@given(VALUES)
def test_a_shell_reads_every_value_as_it_is(value: str) -> None:
    """SEC-01: no character of a secret means anything to the shell."""
    text = assemble(file("environment", ("VALUE", (SecretPiece("x"),))), lambda _: value)
    script = 'set -a; . /dev/stdin; set +a; exec "$@"'
    argv = ["/bin/sh", "-ec", script, "enter", "/usr/bin/env", "-0"]
    done = subprocess.run(argv, input=text.encode(), capture_output=True, check=True)
    found = dict(line.split(b"=", 1) for line in done.stdout.split(b"\0") if line)
    assert found[b"VALUE"].decode() == value


@given(VALUES)
def test_a_quoted_piece_is_what_it_was_once_a_url_is_read(value: str) -> None:
    assert unquote(assemble(file("whole", ("", (SecretPiece("x", True),))), lambda _: value)) == value


def test_what_no_environment_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        assemble(file("environment", ("A", (SecretPiece("x"),))), lambda _: "a\0b")


def test_the_users_of_a_cache_are_digests() -> None:
    """CACHE-02: no password stands in the file, and the health check has none to know."""
    made = assemble(
        file("acl", ("default", (SecretPiece("a"),)), ("admin", (SecretPiece("b"),))), lambda name: f"pw-{name}"
    )
    assert "pw-" not in made
    assert [line.split()[:3] for line in made.splitlines()] == [
        ["user", "default", "on"],
        ["user", "admin", "on"],
        ["user", "probe", "on"],
    ]


def test_the_entrance_becomes_the_command_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("KEY='it'\\''s'\n")
    argv = [word.replace("/run/secrets", str(tmp_path)) for word in entrypoint()]
    done = subprocess.run([*argv, "/bin/sh", "-c", 'echo "$KEY" "$1"', "x", "a  b"], capture_output=True, text=True)
    assert done.stdout == "it's a  b\n"


def test_only_what_holds_a_secret_is_kept_from_the_document() -> None:
    plain, secret = told({"A": ("x", "y"), "B": ("x", SecretPiece("s"))})
    assert (plain, secret) == ({"A": "xy"}, {"B": ("x", SecretPiece("s"))})


def test_no_environment_of_a_document_names_a_secret_of_a_part(tmp_path: Path) -> None:
    """SEC-01: what `docker inspect` shows holds no secret, for every variable that has one comes in the file."""
    made = rendered(tmp_path, case("shop"))
    hidden = {name for one in made.secret_files if one.form == "environment" for name, _ in one.entries}
    assert {"DATABASE_URL", "REDIS_URL", "JWT_KEY"} <= hidden
    for service in made.document["services"].values():
        assert not hidden & set(service.get("environment", {}))
