"""Access tokens against those who make their own."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stackyard_kit import passwords
from stackyard_kit.keys import ALGORITHM, KeySet, new_key, standing_keys, thumbprint
from stackyard_kit.tokens import LONGEST, AccessTokens, TokenRefusedError, UnknownKeyError

KEYS = standing_keys()
(KEY,) = KEYS.keys
HEADER = {"kid": KEY.kid, "typ": "at+jwt"}
ISSUED = 1_767_225_600
CLAIMS = {
    "iss": "shop",
    "aud": "shop",
    "sub": "7",
    "sid": "s-1",
    "name": "Eve",
    "role": "admin",
    "iat": ISSUED,
    "nbf": ISSUED,
    "exp": 4102444800,
}


def signed(claims=CLAIMS, header=HEADER, key=KEY.private, algorithm=ALGORITHM):
    return jwt.encode(claims, key, algorithm, headers=header)


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def refuse(token, tokens=None):
    with pytest.raises(TokenRefusedError):
        (tokens or AccessTokens(KEYS, "shop")).check(token)


def test_an_access_token_says_who_asks():
    """APP-04: a short access token."""
    tokens = AccessTokens(KEYS, "shop")
    token = tokens.issue(id="7", name="Cleo", role="clerk", session="s-1", attributes={"branch": "north"})
    for _ in range(2):
        caller = tokens.check(token)
        assert (caller.id, caller.name, caller.role, caller.session) == ("7", "Cleo", "clerk", "s-1")
        assert caller.attributes == {"branch": "north"}
    assert AccessTokens(KEYS, "shop").check(signed()).role == "admin"


def test_a_token_that_names_another_algorithm_is_refused():
    """APP-04: alg none, and the public key used as the secret of an HMAC."""
    body = f"{part({**HEADER, 'alg': 'HS256'})}.{part(CLAIMS)}"
    refuse(f"{part({**HEADER, 'alg': 'none'})}.{part(CLAIMS)}.")
    refuse(f"{part({**HEADER, 'alg': 'None'})}.{part(CLAIMS)}.{part(b'x')}")
    public = KEY.public
    for secret in (
        public.public_bytes_raw(),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(KEYS.jwks(KEY.signs_from)["keys"][0]).encode(),
        b"",
    ):
        refuse(f"{body}.{part(hmac.digest(secret, body.encode(), hashlib.sha256))}")
    refuse(signed(key=generate_private_key(SECP256R1()), algorithm="ES256"))
    # The right signature of the right key under a name that does not fit it.
    head, claims, mark = signed().split(".")
    assert head
    refuse(f"{part({**HEADER, 'alg': 'HS256'})}.{claims}.{mark}")


def test_a_token_of_another_key_service_or_issuer_is_refused():
    """APP-04: forged tokens are refused."""
    refuse(signed(key=Ed25519PrivateKey.generate()))
    refuse(AccessTokens(KEYS, "bank").issue(id="7", name="Eve", role="admin"))
    refuse(AccessTokens(KEYS, "shop", issuer="https://evil.example").issue(id="7", name="Eve", role="admin"))
    refuse(signed({**CLAIMS, "aud": ["shop", "bank"]}))
    refuse(signed({**CLAIMS, "aud": "SHOP"}))


@pytest.mark.parametrize(
    "kid", ["nobody", "../../../../dev/null", "' or 1=1 --", "\x00", "", "a" * 3000, 7, None, ["x"]]
)
def test_a_key_that_is_not_known_is_not_looked_for_anywhere_else(kid):
    """APP-04: kid names a key that is known, and nothing that is opened, asked or computed."""
    refuse(f"{part({'alg': ALGORITHM, 'kid': kid, 'typ': 'at+jwt'})}.{part(CLAIMS)}.{part(b'x' * 64)}")


@pytest.mark.parametrize(
    "more",
    [
        {"jku": "https://evil.example/jwks.json"},
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}},
        {"x5u": "https://evil.example/cert"},
        {"crit": ["exp"]},
        {"b64": False},
        {"typ": "JWT"},
    ],
)
def test_a_header_with_anything_of_its_own_is_refused(more):
    """APP-04: no key, address or extension is taken from a token (RFC 8725, 3.10 and 3.11)."""
    refuse(signed(header={**HEADER, **more}))


def test_a_token_out_of_its_time_is_refused_also_when_it_was_good_before(clock):
    """APP-04: expired, and not good yet."""
    known = KeySet((new_key(clock.now(), signs_for=timedelta(days=30), verifies_after=timedelta(hours=1)),))
    tokens = AccessTokens(known, "shop", now=clock.now)
    token = tokens.issue(id="7", name="Cleo", role="clerk")
    clock.move(15 * 60 + 4)
    assert tokens.check(token).id == "7"
    clock.move(1)
    refuse(token, tokens)
    refuse(token, AccessTokens(known, "shop", now=clock.now))
    clock.move(-16 * 60)
    refuse(token, AccessTokens(known, "shop", now=clock.now))


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None},
        {"exp": "4102444800"},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": 4102444800},
        {"iat": 4102444800},
        {"sub": 7},
        {"sid": None},
        {"role": ["admin"]},
        {"name": {}},
        {"attributes": "north"},
        {"attributes": {"branch": 7}},
    ],
)
def test_claims_of_the_wrong_kind_are_refused_even_when_signed(change):
    claims = {name: value for name, value in {**CLAIMS, **change}.items() if value is not None}
    body = f"{part({'alg': ALGORITHM, **HEADER})}.{part(claims)}"
    refuse(f"{body}.{part(KEY.private.sign(body.encode()))}")


def test_a_token_that_was_tampered_with_is_refused():
    """APP-05: nobody gives himself a role."""
    head, claims, mark = AccessTokens(KEYS, "shop").issue(id="7", name="Cleo", role="clerk").split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    refuse(f"{head}.{part({**told, 'role': 'admin'})}.{mark}")
    refuse(f"{head}.{claims}.{mark[:-4]}AAAA")
    refuse(f"{head}.{claims}.")
    refuse(f"{head}.{claims}")


def test_what_is_no_token_is_refused_whatever_it_is():
    """APP-06: huge, nested, empty and foreign texts cost nothing and harm nothing."""
    deep = part(("[" * (LONGEST // 3)).encode())
    for text in ("", ".", "..", "a.b.c", "é.é.é", "x" * (LONGEST + 1), f"{deep}.x.x", "\x00.\x00.\x00", "." * LONGEST):
        refuse(text)
    refuse(AccessTokens(KEYS, "shop").issue(id="7", name="n" * LONGEST, role="clerk"))


def test_a_withdrawn_key_is_worth_nothing_also_for_what_is_remembered():
    class Keys:
        known = KEYS

        def signer(self, moment):
            return self.known.signer(moment)

        def verifier(self, kid, moment):
            return self.known.verifier(kid, moment)

    keys = Keys()
    tokens = AccessTokens(keys, "shop")
    token = tokens.issue(id="7", name="Cleo", role="clerk")
    assert tokens.check(token).id == "7"
    keys.known = KeySet(())
    refuse(token, tokens)
    with pytest.raises(UnknownKeyError):
        AccessTokens(keys, "shop").check(token)


def test_a_key_signs_in_its_time_and_verifies_until_its_last_token_is_gone(clock):
    """APP-04: key rotation: the next key is published before it signs, the last one after it did."""
    day = timedelta(days=1)
    first = new_key(clock.now(), signs_for=day, verifies_after=timedelta(minutes=15))
    second = new_key(first.signs_until, signs_for=day, verifies_after=timedelta(minutes=15))
    known = KeySet((first, second))
    tokens = AccessTokens(known, "shop", now=clock.now)

    def published():
        return [key["kid"] for key in known.jwks(clock.now())["keys"]]

    assert known.signer(clock.now()) is first
    assert published() == [first.kid, second.kid]
    clock.move(86400 - 1)
    last = tokens.issue(id="7", name="Cleo", role="clerk")
    clock.move(1)
    assert jwt.get_unverified_header(tokens.issue(id="7", name="Cleo", role="clerk"))["kid"] == second.kid
    clock.move(14 * 60)
    assert tokens.check(last).id == "7"
    clock.move(60)
    assert published() == [second.kid]


def test_the_published_keys_are_enough_for_somebody_else_and_hold_nothing_that_signs():
    """APP-04: a published JWKS."""
    token = AccessTokens(KEYS, "shop").issue(id="7", name="Cleo", role="clerk")
    (published,) = jwt.PyJWKSet.from_dict(KEYS.jwks(KEY.signs_from)).keys
    assert published.key_id == KEY.kid == thumbprint(KEY.public)
    assert jwt.decode(token, published, audience="shop", algorithms=["EdDSA"])["sub"] == "7"
    assert set(KEYS.jwks(KEY.signs_from)["keys"][0]) == {"kty", "crv", "x", "kid", "use", "alg"}


def test_passwords_are_argon2id_and_an_unknown_name_never_matches():
    stored = passwords.digest("counter-demo-26")
    assert stored.startswith("$argon2id$")

    async def match(hashed, password):
        return await passwords.Passwords().match(hashed, password)

    assert asyncio.run(match(stored, "counter-demo-26"))
    assert not asyncio.run(match(stored, "counter-demo-27"))
    assert not asyncio.run(match(None, "nobody has this password"))
    assert not asyncio.run(match("not a hash", "counter-demo-26"))


def test_the_hash_of_nobody_costs_what_a_real_one_does():
    """What decides the time are the parameters, and that the comparison is really made."""
    from argon2 import extract_parameters
    from argon2.exceptions import VerifyMismatchError

    nobodys = passwords.Passwords()._nobodys
    assert extract_parameters(nobodys) == extract_parameters(passwords.digest("x"))
    with pytest.raises(VerifyMismatchError):
        passwords._HASHER.verify(nobodys, "x")
