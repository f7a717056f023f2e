"""Signing in, roles, and tokens that somebody made up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from goldshop.tables import identity
from parts import JWT_SECRET, ORIGIN, PASSWORD

from stackyard_kit.database import Database
from stackyard_kit.keystore import SigningKeys
from stackyard_kit.settings import Secret
from stackyard_kit.tokens import AccessTokens

pytestmark = pytest.mark.real
COOKIE = "goldshop_refresh"

SHARED = {
    "GET": ("/api/items", "/api/categories", "/api/sales", "/api/movements", "/api/warehouses", "/api/partners"),
    "POST": (
        "/api/sales",
        "/api/transfers",
        "/api/partners",
        "/api/purchases/{purchase_id}/receive",
        "/api/sales/{sale_id}/payment",
        "/api/variants/{variant_id}/barcodes",
    ),
}
"""What a clerk has to be able to do."""


def sign_in(client, email="Clerk@goldshop.example "):
    return client.post("/api/auth/login", json={"email": email, "password": PASSWORD})


def refresh(client, token):
    client.cookies.clear()
    return client.post("/api/auth/refresh", headers={"Cookie": f"{COOKIE}={token}"})


def token_of(answer):
    """The cookie's value, which httpx itself would not send over plain HTTP."""
    return answer.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=")


def is_refused(client, token):
    return client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_sign_in_gives_a_short_token_and_a_cookie_that_scripts_cannot_read(api):
    """APP-04: a short access token, a refresh token in a cookie."""
    with api.client() as client:
        answer = sign_in(client)
        assert (answer.status_code, answer.json()["expires_in"], answer.json()["user"]["role"]) == (200, 900, "clerk")
        for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/api/auth"):
            assert attribute in answer.headers["set-cookie"]
        assert not is_refused(client, answer.json()["access_token"])


def test_a_refresh_token_that_is_replayed_ends_its_session(api, postgres):
    """APP-04: rotation with reuse detection; the access token of the session dies with it."""
    with api.client() as client:
        first = sign_in(client)
        second = refresh(client, token_of(first))
        assert second.status_code == 200
        with postgres.connect() as owner:
            digest = hashlib.sha256(token_of(first).encode()).digest()
            owner.execute("update refresh_tokens set used_at = used_at - interval '11 s' where digest = %s", [digest])
        assert refresh(client, token_of(first)).status_code == 401
        assert refresh(client, token_of(second)).status_code == 401
        assert is_refused(client, second.json()["access_token"])


def test_somebody_who_left_signs_in_no_more(api, postgres):
    """APP-04: an account that is not active has neither sign-in nor renewal."""
    with api.client() as client:
        signed = sign_in(client, "admin@goldshop.example")
        with postgres.connect() as owner:
            owner.execute("update users set active = false where email = 'admin@goldshop.example'")
            try:
                assert refresh(client, token_of(signed)).status_code == 401
                assert sign_in(client, "admin@goldshop.example").status_code == 401
            finally:
                owner.execute("update users set active = true where email = 'admin@goldshop.example'")


def by_hand(header, claims, sign):
    """A token that no library would make."""
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (header, claims)]
    mark = sign(".".join(parts).encode())
    return ".".join([*parts, base64.urlsafe_b64encode(mark).decode().rstrip("=")])


def test_a_token_signed_with_nothing_with_another_key_or_with_what_is_published_is_refused(api):
    """APP-04: alg none, a wrong key, the public key as a secret, and the secret of the service itself."""
    with api.client() as client:
        known = client.get("/api/auth/jwks").json()["keys"][0]
        own = jwt.decode(sign_in(client).json()["access_token"], options={"verify_signature": False})
        claims = {**own, "role": "admin"}
        header = {"kid": known["kid"], "typ": "at+jwt"}
        forged = [by_hand({**header, "alg": alg}, claims, lambda _: b"") for alg in ("none", "None", "EdDSA")]
        for secret in (known["x"], json.dumps(known), JWT_SECRET):
            key = secret.encode()
            forged.append(
                by_hand({**header, "alg": "HS256"}, claims, lambda text, key=key: hmac.digest(key, text, "sha256"))
            )
        stranger = Ed25519PrivateKey.generate()
        forged += [
            by_hand({**header, "alg": "EdDSA"}, claims, stranger.sign),
            by_hand({**header, "alg": "EdDSA", "kid": "mine"}, claims, stranger.sign),
            by_hand({**header, "alg": "EdDSA", "jku": "https://evil.example/jwks"}, claims, stranger.sign),
        ]
        good, _, signature = sign_in(client).json()["access_token"].rpartition(".")
        forged.append(f"{good}.{signature[:-4]}AAAA")
        for token in forged:
            assert is_refused(client, token), token


def test_a_token_of_the_right_key_is_refused_when_it_is_old_or_meant_for_somebody_else(api, postgres):
    """APP-04: expired, another audience, another issuer, signed with the service's own key."""

    async def issue():
        database = Database(Secret(postgres.url(database="goldshop")), application="test", limit=1)
        keys = SigningKeys(database, identity.keys, Secret(JWT_SECRET))
        await keys.ensure()
        who = {"id": str(uuid.uuid4()), "name": "Eve", "role": "admin", "session": str(uuid.uuid4())}
        made = {
            "good": AccessTokens(keys, "goldshop", issuer=ORIGIN).issue(**who),
            "expired": AccessTokens(keys, "goldshop", issuer=ORIGIN, lifetime=timedelta(minutes=-1)).issue(**who),
            "audience": AccessTokens(keys, "inventr", issuer=ORIGIN).issue(**who),
            "issuer": AccessTokens(keys, "goldshop", issuer="https://evil.example").issue(**who),
        }
        await database.close()
        return made

    tokens = asyncio.run(issue())
    with api.client() as client:
        answers = {
            name: client.get("/api/warehouses", headers={"Authorization": f"Bearer {token}"}).status_code
            for name, token in tokens.items()
        }
    assert answers == {"good": 200, "expired": 401, "audience": 401, "issuer": 401}


def test_every_operation_says_who_may_use_it_and_lets_nobody_else_in(api, shop):
    """APP-05: the document says it, and a walk through all of it without a token and as a clerk confirms it."""
    document = shop.clerk.get("/api/openapi.json").json()
    clerks = set()
    with api.client() as stranger:
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                allowed = operation["x-allowed"]
                if "public" in allowed:
                    continue
                address = path
                for name in (one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"):
                    address = address.replace(f"{{{name}}}", str(uuid.uuid4()))
                assert operation["security"]
                assert stranger.request(method, address).status_code == 401, (method, path)
                if allowed["role"] == "clerk":
                    clerks.add((method.upper(), path))
                else:
                    answer = shop.clerk.request(method, address, json={})
                    assert (answer.status_code, answer.json()["type"]) == (403, "urn:problem:not-allowed"), (
                        method,
                        path,
                    )
    for method, paths in SHARED.items():
        assert {(method, path) for path in paths} <= clerks
    assert not {path for method, path in clerks if path.startswith(("/api/ledger", "/api/changes"))}


def test_a_clerk_writes_nothing_into_the_books_by_hand(shop):
    """APP-05: manual entries, counting and returns are for managers."""
    entry = {"at": "2026-01-01", "description": "Mine", "postings": []}
    assert shop.clerk.post("/api/ledger/transactions", json=entry).status_code == 403
    assert shop.clerk.post(f"/api/ledger/transactions/{uuid.uuid4()}/reverse").status_code == 403
    assert shop.clerk.get("/api/ledger/trial-balance").status_code == 403
    assert shop.admin.get("/api/ledger/trial-balance").status_code == 200
