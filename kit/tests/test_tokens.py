import asyncio

import jwt
import pytest

from stackyard_kit import passwords
from stackyard_kit.settings import Secret
from stackyard_kit.tokens import AccessTokens, TokenRefusedError

KEY = Secret("Jq4uT9xWb2LmZ7cRk5Vn8YpD3sGh6FaE")


def test_an_access_token_says_who_asks():
    """APP-04: a short access token."""
    tokens = AccessTokens(KEY, "shop")
    caller = tokens.check(tokens.issue(id="7", name="Cleo", role="clerk"))
    assert (caller.id, caller.name, caller.role) == ("7", "Cleo", "clerk")


def test_a_token_of_another_service_another_key_or_no_key_is_refused():
    """APP-04: forged tokens are refused."""
    tokens = AccessTokens(KEY, "shop")
    claims = {"sub": "7", "name": "Eve", "role": "admin", "aud": "shop", "exp": 4102444800}
    forged = [
        AccessTokens(KEY, "bank").issue(id="7", name="Eve", role="admin"),
        AccessTokens(Secret("another key of thirty-two letters!"), "shop").issue(id="7", name="Eve", role="admin"),
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode({**claims, "exp": 1}, KEY.reveal(), algorithm="HS256"),
        jwt.encode({"sub": "7", "aud": "shop", "exp": 4102444800}, KEY.reveal(), algorithm="HS256"),
        "not a token",
    ]
    for token in forged:
        with pytest.raises(TokenRefusedError):
            tokens.check(token)


def test_passwords_are_argon2id_and_an_unknown_name_never_matches():
    stored = passwords.digest("counter-demo-26")
    assert stored.startswith("$argon2id$")

    async def match(hashed, password):
        return await passwords.Passwords().match(hashed, password)

    assert asyncio.run(match(stored, "counter-demo-26"))
    assert not asyncio.run(match(stored, "counter-demo-27"))
    assert not asyncio.run(match(None, "nobody has this password"))
    assert not asyncio.run(match("not a hash", "counter-demo-26"))
