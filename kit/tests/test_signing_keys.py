"""The operator's command for signing keys, on the tables of a service that signs."""

import subprocess
import sys

import jwt
import pytest
from identity_parts import PASSWORD, SECRET, ground, run

from stackyard_kit.tokens import TokenRefusedError

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def shared(postgres):
    return ground(postgres, "signing_keys")


@pytest.fixture
def place(shared):
    shared.clear()
    return shared


def command(place, *words, **changed):
    environment = {
        "DATABASE_URL": place.url.reveal(),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "JWT_SECRET": SECRET,
        **changed,
    }
    argv = [sys.executable, "-m", "stackyard_kit.signing_keys", *words]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def test_an_operator_sees_the_keys_changes_them_and_withdraws_one(place):
    """APP-04: rotation by hand keeps what was signed; a withdrawn key is worth nothing to the next who asks."""
    assert command(place).stdout == "no keys yet: the service makes the first when it needs one\n"

    async def sign_in():
        async with place.service() as identity:
            return (await identity.sign_in("cleo", PASSWORD, "192.0.2.1")).access_token

    async def holder(token):
        async with place.service() as identity:
            return (await identity.caller(token)).name

    token = run(sign_in())
    first = kid_of(token)
    assert first in (listed := command(place, "list").stdout)
    assert "  signs     signs until " in listed
    assert SECRET not in listed

    new = command(place, "rotate").stdout.split()[0]
    assert new != first
    assert [line.split()[0] for line in command(place).stdout.splitlines()] == [first, new]
    assert run(holder(token)) == "Cleo"

    assert command(place, "withdraw", first).returncode == 0
    with pytest.raises(TokenRefusedError):
        run(holder(token))


def test_mistakes_are_told_in_a_line_and_change_nothing(place):
    unknown = command(place, "withdraw", "nobody")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == "signing_keys: there is no key nobody: `list` shows those that there are\n"
    incomplete = command(place, "list", JWT_SECRET="")
    assert incomplete.returncode == 2
    assert "JWT_SECRET is not set" in incomplete.stderr
    away = command(place, "list", DATABASE_URL="postgresql://app:a-password@127.0.0.1:1/none")
    assert away.returncode == 1
    assert "the database does not do it" in away.stderr
    assert "a-password" not in away.stderr
    assert command(place, "forget").returncode == 2
