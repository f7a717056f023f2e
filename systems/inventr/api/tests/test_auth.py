"""Signing in, staying signed in, and being thrown out."""

import pytest

pytestmark = pytest.mark.real
COOKIE = "inventr_refresh"


def refresh(client, token):
    client.cookies.clear()
    return client.post("/api/auth/refresh", headers={"Cookie": f"{COOKIE}={token}"})


def token_of(answer):
    """The cookie's value, which httpx itself would not send over plain HTTP."""
    return answer.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=")


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


def test_another_sign_in_outlives_the_end_of_a_family(api):
    """APP-04: only the family with the reused token ends."""
    with api.client() as client:
        stolen, other = token_of(sign_in(client)), token_of(sign_in(client))
        refresh(client, stolen)
        assert refresh(client, stolen).status_code == 401
        assert refresh(client, other).status_code == 200


def test_signing_out_ends_the_session(api):
    with api.client() as client:
        token = token_of(sign_in(client))
        client.cookies.clear()
        gone = client.post("/api/auth/logout", headers={"Cookie": f"{COOKIE}={token}"})
        assert gone.status_code == 204
        assert refresh(client, token).status_code == 401


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
