"""Signing in, staying signed in, and being thrown out."""

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from parts import JWT_SECRET, migrate, start_api

from stackyard_kit.testing import wait_until

pytestmark = pytest.mark.real
COOKIE = "inventr_refresh"


def refresh(client, token):
    client.cookies.clear()
    return client.post("/api/auth/refresh", headers={"Cookie": f"{COOKIE}={token}"})


def token_of(answer):
    """The cookie's value, which httpx itself would not send over plain HTTP."""
    return answer.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=")


def age(postgres, token):
    """Let the grace of a token that was used be over."""
    digest = hashlib.sha256(token.encode()).digest()
    with postgres.connect() as owner:
        owner.execute("update refresh_tokens set used_at = used_at - interval '11 s' where digest = %s", [digest])


def bearer(answer):
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def is_refused(client, headers):
    return client.get("/api/auth/me", headers=headers).status_code == 401


def sign_in(client, password="counter-demo-26"):
    return client.post("/api/auth/login", json={"email": "Clerk@inventr.example ", "password": password})


def test_a_sign_in_gives_a_token_and_a_cookie_that_scripts_cannot_read(api):
    """APP-04: a short access token, a refresh token in a cookie."""
    with api.client() as client:
        answer = sign_in(client)
        assert answer.status_code == 200
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 900)
        cookie = answer.headers["set-cookie"]
        for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/api/auth"):
            assert attribute in cookie
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert client.get("/api/auth/me", headers=bearer).json() == answer.json()["user"]


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(api):
    with api.client() as client:
        wrong = sign_in(client, "counter-demo-27")
        unknown = client.post("/api/auth/login", json={"email": "nobody@inventr.example", "password": "x"})
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json()["detail"] == unknown.json()["detail"]


def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_family(api):
    """APP-04: rotation with reuse detection."""
    with api.client() as client:
        first = token_of(sign_in(client))
        second = refresh(client, first)
        assert second.status_code == 200
        third = refresh(client, token_of(second))
        assert third.status_code == 200
        assert refresh(client, first).status_code == 401
        assert refresh(client, token_of(third)).status_code == 401


def test_two_tabs_that_refresh_at_the_same_moment_stay_signed_in(api):
    """APP-04: a moment's grace, in which both get the same successor."""
    with api.client() as client, ThreadPoolExecutor() as threads:
        first = token_of(sign_in(client))
        header = {"Cookie": f"{COOKIE}={first}"}
        client.cookies.clear()
        answers = list(threads.map(lambda _: client.post("/api/auth/refresh", headers=header), range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        (successor,) = {token_of(answer) for answer in answers}
        assert refresh(client, successor).status_code == 200


def test_another_sign_in_outlives_the_end_of_a_family(api, postgres):
    """APP-04: only the family with the reused token ends."""
    with api.client() as client:
        stolen, other = token_of(sign_in(client)), token_of(sign_in(client))
        refresh(client, stolen)
        age(postgres, stolen)
        assert refresh(client, stolen).status_code == 401
        assert refresh(client, other).status_code == 200


def test_signing_out_ends_the_session(api):
    with api.client() as client:
        token = token_of(sign_in(client))
        client.cookies.clear()
        gone = client.post("/api/auth/logout", headers={"Cookie": f"{COOKIE}={token}"})
        assert gone.status_code == 204
        assert refresh(client, token).status_code == 401


def test_a_session_that_signs_out_is_over_on_every_replica_within_seconds(api, postgres, redis, folder):
    """APP-04: revocation of access tokens, also without Redis in between."""
    second = start_api(postgres, redis, folder / "revoked.log")
    try:
        with api.client() as client, second.client() as other:
            signed = sign_in(client)
            token, headers = token_of(signed), bearer(signed)
            assert not is_refused(other, headers)
            client.cookies.clear()
            client.post("/api/auth/logout", headers={"Cookie": f"{COOKIE}={token}"})
            assert is_refused(client, headers)
            wait_until(lambda: is_refused(other, headers), "the end of the session on the other replica", 5)
    finally:
        second.running.stop()


def test_who_signs_out_everywhere_is_signed_out_on_all_devices(api):
    """APP-04: revocation of all sessions of a user."""
    with api.client() as client:
        devices = [sign_in(client) for _ in range(2)]
        manager = client.post(
            "/api/auth/login", json={"email": "manager@inventr.example", "password": "counter-demo-26"}
        )
        assert client.post("/api/auth/logout-everywhere", headers=bearer(devices[0])).status_code == 204
        for device in devices:
            assert is_refused(client, bearer(device))
            assert refresh(client, token_of(device)).status_code == 401
        assert not is_refused(client, bearer(manager))


def test_a_new_password_ends_all_sessions_but_the_one_that_it_gives(api):
    """APP-04: a password that somebody else knew opens nothing any more."""
    with api.client() as client:
        old = sign_in(client)
        wanted = {"current_password": "counter-demo-26", "new_password": "counter-demo-27"}
        wrong = client.post("/api/auth/password", json={**wanted, "current_password": "x"}, headers=bearer(old))
        assert wrong.status_code == 401
        short = client.post("/api/auth/password", json={**wanted, "new_password": "short"}, headers=bearer(old))
        assert short.json()["errors"][0]["pointer"] == "/new_password"
        changed = client.post("/api/auth/password", json=wanted, headers=bearer(old))
        assert changed.status_code == 200
        wait_until(lambda: is_refused(client, bearer(old)), "the end of the old session", 5)
        assert refresh(client, token_of(old)).status_code == 401
        assert sign_in(client).status_code == 401
        back = {"current_password": "counter-demo-27", "new_password": "counter-demo-26"}
        assert client.post("/api/auth/password", json=back, headers=bearer(changed)).status_code == 200
        assert sign_in(client).status_code == 200


def test_guessing_grows_slow_and_says_how_slow_also_after_a_restart(api, postgres, redis, folder):
    """APP-04: login throttling that survives restarts. APP-06: RFC 9457 with Retry-After."""
    body = {"email": f"{uuid.uuid4().hex}@inventr.example", "password": "x"}
    with api.client() as client:
        assert [client.post("/api/auth/login", json=body).status_code for _ in range(4)] == [401] * 4
    with postgres.connect() as owner:
        # Waits of a quarter of an hour, so that no slow machine sits one out.
        owner.execute("update sign_in_attempts set level = level + 20 where level >= 4 and level < 5")
    second = start_api(postgres, redis, folder / "throttled.log")
    try:
        with second.client() as client:
            answer = client.post("/api/auth/login", json=body)
            assert (answer.status_code, answer.json()["type"]) == (429, "urn:problem:too-many-attempts")
            assert 0 < int(answer.headers["retry-after"]) <= 900
            assert sign_in(client).status_code == 200
            assert 'sign_ins_total{result="throttled"} 1.0' in client.get("/metrics").text
    finally:
        second.running.stop()


def test_the_keys_are_published_and_enough_to_check_a_token(api):
    """APP-04: a published JWKS."""
    with api.client() as client:
        token = sign_in(client).json()["access_token"]
        document = client.get("/api/auth/jwks").json()
        assert client.get("/.well-known/jwks.json").json() == document
    key = jwt.PyJWKSet.from_dict(document)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, audience="inventr", algorithms=["EdDSA"])["name"] == "Cleo Clerk"
    assert all(set(one) == {"kty", "crv", "x", "kid", "use", "alg"} for one in document["keys"])


def test_a_token_signed_with_nothing_or_with_what_is_published_is_refused(api):
    """APP-04: alg none, the public key as a secret, and the secret of the service itself."""
    with api.client() as client:
        known = client.get("/api/auth/jwks").json()["keys"][0]
        own = jwt.decode(sign_in(client).json()["access_token"], options={"verify_signature": False})
        claims = {**own, "role": "admin"}
        for header in ({"kid": known["kid"], "typ": "at+jwt"}, {"typ": "JWT"}):
            forged = [by_hand({**header, "alg": "none"}, claims, "")]
            for secret in (known["x"], json.dumps(known), JWT_SECRET):
                forged.append(by_hand({**header, "alg": "HS256"}, claims, secret))
            for token in forged:
                assert is_refused(client, {"Authorization": f"Bearer {token}"})


def by_hand(header, claims, secret):
    """A token that no library would make."""
    body = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (header, claims))
    mark = hmac.digest(secret.encode(), body.encode(), "sha256") if secret else b""
    return f"{body}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def test_tokens_that_are_huge_or_broken_are_a_plain_401(api):
    """APP-06: no 5xx, whatever is sent."""
    with api.client() as client:
        for token in ("x" * 30_000, "a" * 5000 + ".b.c", "..", "' or 1=1 --", "../../etc/passwd"):
            assert client.get("/api/products", headers={"Authorization": f"Bearer {token}"}).status_code == 401
            assert refresh(client, token.replace(" ", "").replace("'", "")).status_code == 401


def test_every_operation_says_who_may_use_it_and_lets_nobody_else_in(api, clerk):
    """APP-05: the document says it, and a walk through all of it without a token and as a clerk confirms it."""
    document = clerk.get("/api/openapi.json").json()
    known = str(uuid.uuid4())
    managers = set()
    with api.client() as stranger:
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                allowed = operation["x-allowed"]
                address = path.replace("{product_id}", known).replace("{order_id}", known)
                if "public" in allowed:
                    continue
                assert operation["security"]
                assert stranger.request(method, address).status_code == 401, (method, path)
                if allowed["role"] != "clerk":
                    managers.add(f"{method} {path}")
                    body = {"sku": "T-1", "name": "x", "category": "y", "price": "1"}
                    assert clerk.request(method, address, json=body).status_code == 403, (method, path)
    assert managers == {
        "post /api/products",
        "patch /api/products/{product_id}",
        "post /api/orders/{order_id}/cancel",
    }


def test_who_was_signed_in_before_the_migration_still_is_after_it_and_after_its_way_back(postgres):
    """DB-08: the second migration keeps sessions and can be taken back."""
    from inventr.tables import identity

    from stackyard_kit.database import Database
    from stackyard_kit.refresh import RefreshTokens
    from stackyard_kit.settings import Secret

    postgres.create("sessions")
    url = postgres.url(database="sessions")
    user, family = uuid.uuid4(), uuid.uuid4()
    assert migrate(url, "0001").returncode == 0
    with postgres.connect("sessions") as owner:
        digest = hashlib.sha256(b"the token in somebody's cookie").digest()
        values = [digest, family, user]
        owner.execute("insert into refresh_tokens values (%s, %s, %s, now() + interval '14 days')", values)

    async def rotate():
        database = Database(Secret(url), application="test", limit=1)
        async with database.transaction() as session:
            rotated = await RefreshTokens(identity.refresh).rotate(session, "the token in somebody's cookie")
        await database.close()
        return rotated

    assert migrate(url).returncode == 0
    assert (asyncio.run(rotate()).user_id, asyncio.run(rotate()).family) == (user, family)
    assert migrate(url, "-1").returncode == 0
    with postgres.connect("sessions") as owner:
        assert owner.execute("select count(*) from refresh_tokens").fetchone() == (2,)
    assert migrate(url).returncode == 0


def test_the_database_holds_no_token_that_could_be_used(api, postgres):
    with api.client() as client:
        token = token_of(sign_in(client))
    with postgres.connect() as owner:
        assert token not in str(owner.execute("select * from refresh_tokens").fetchall())


@pytest.mark.parametrize("path", ["/api/products", "/api/categories", "/api/orders", "/api/revenue", "/api/auth/me"])
def test_nothing_is_told_to_somebody_who_is_not_signed_in(api, path):
    with api.client() as client:
        for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic Y2xlcms6eA=="}):
            answer = client.get(path, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_clerk_describes_no_products(clerk, product):
    """APP-05: roles."""
    assert (
        clerk.post("/api/products", json={"sku": "T-1", "name": "x", "category": "y", "price": "1"}).status_code == 403
    )
    assert clerk.patch(f"/api/products/{product['id']}", json={"price": "0.01"}).status_code == 403


def test_a_manager_changes_what_is_named_and_a_taken_sku_is_refused(manager, product):
    changed = manager.patch(f"/api/products/{product['id']}", json={"price": "3.00"}).json()
    assert (changed["price"], changed["name"], changed["stock"]) == ("3.00", product["name"], 10)
    taken = manager.patch(f"/api/products/{product['id']}", json={"sku": "KIT-101"})
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/sku")
    assert manager.patch(f"/api/products/{product['id']}", json={"stock": 99}).status_code == 422
