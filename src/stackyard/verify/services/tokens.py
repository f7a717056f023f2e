"""Who is let in: nobody without a token where one is asked for, and nobody with a forged one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.services.direct import (
    Operation,
    Replica,
    ask,
    client,
    document,
    firsts,
    operations,
    serves_nothing,
    status_line,
)

if TYPE_CHECKING:
    import httpx
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_REFUSED = (401, 403)
_FAILED = 500
_ROUTES = 12
"""Operations of one service that are tried without a token."""

_KEY_SETS = ("/.well-known/jwks.json", "/api/auth/jwks")
"""Where services publish the keys that they sign with."""


def _refused(view: View) -> Iterator[Seen]:
    """Only operations that the document marks are asked: nobody knows what the others do."""
    judged = False
    for one in firsts(view):
        with client(one) as direct:
            found = document(direct)
            known = operations(found[1]) if found else ()
            routes = [route for route in known if route.is_plain and route.is_secured][:_ROUTES]
            for route in routes:
                judged = True
                yield _expect(f"GET {route.path} of {one.id} without a token", ask(direct, "GET", route.path), one)
            if routes:
                yield from _forged(view, direct, one, routes[0])
                yield from _confused(view, direct, one, routes[0])
                yield from _old(view, direct, one, routes)
    if not judged:
        raise DoesNotApplyError("no service documents an operation that asks who the caller is")


def _claims(audience: str, *, begun: int) -> dict[str, Any]:
    """What a token says of a user that nobody is, valid for a minute."""
    own = {"sub": str(uuid.uuid4()), "name": "nobody", "role": "admin", "aud": audience}
    return {**own, "iat": begun, "exp": begun + 60}


def _audiences(view: View, one: Replica) -> Iterable[str]:
    return dict.fromkeys((view.system.name, one.service.name))


def _forged(view: View, direct: httpx.Client, one: Replica, route: Operation) -> Iterator[Seen]:
    for audience in _audiences(view, one):
        claims = _claims(audience, begun=int(time.time()))
        tokens = {
            "without a signature (alg none)": signed(claims, "", algorithm="none"),
            "signed with a key of ours": signed(claims, secrets.token_urlsafe(32)),
            "signed with an empty key": signed(claims, ""),
        }
        for what, token in tokens.items():
            sent = f"GET {route.path} of {one.id} with a token for {audience} {what}"
            yield _expect(sent, _with(direct, route, token), one)


def _confused(view: View, direct: httpx.Client, one: Replica, route: Operation) -> Iterator[Seen]:
    """Public keys are known to all: neither may one serve as a secret, nor its name vouch for a key of ours.

    See RFC 8725, sections 2.1 and 3.1.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    for key in _published(direct):
        for audience in _audiences(view, one):
            claims, name = _claims(audience, begun=int(time.time())), str(key.get("kid", ""))
            tokens = {
                "signed with its public key as a secret": signed(
                    claims, str(key.get("x") or key.get("n") or ""), kid=name
                ),
                "signed with a key of ours under the name of a published one": _by(
                    Ed25519PrivateKey.generate(), claims, name
                ),
            }
            for what, token in tokens.items():
                sent = f"GET {route.path} of {one.id} with a token for {audience} {what}"
                yield _expect(sent, _with(direct, route, token), one)


def _published(direct: httpx.Client) -> Sequence[Mapping[str, Any]]:
    """The public keys that a service signs with, where it publishes them."""
    for path in _KEY_SETS:
        answer = ask(direct, "GET", path)
        if answer.status_code == 200 and "json" in answer.headers.get("content-type", ""):
            found = answer.json()
            keys = found.get("keys") if isinstance(found, dict) else None
            return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    return []


def _old(view: View, direct: httpx.Client, one: Replica, routes: Sequence[Operation]) -> Iterator[Seen]:
    """Only where the same token is taken before its end does a refusal after it show anything."""
    now = int(time.time())
    for name in one.service.secrets:
        key = view.secret(name)
        for audience in _audiences(view, one):
            fresh, old = (signed(_claims(audience, begun=begun), key) for begun in (now, now - 3600))
            route = next((route for route in routes if _with(direct, route, fresh).status_code == 200), None)
            if route is not None:
                sent = f"GET {route.path} of {one.id} with a token that was good an hour ago, signed with {name}"
                yield _expect(sent, _with(direct, route, old), one)


def _with(direct: httpx.Client, route: Operation, token: str) -> httpx.Response:
    return ask(direct, "GET", route.path, headers={"Authorization": f"Bearer {token}"})


def _expect(sent: str, answer: httpx.Response, one: Replica) -> Seen:
    """Who fails has neither refused nor let in: why it fails is for other checks. Raises CannotSeeError."""
    if answer.status_code >= _FAILED:
        raise CannotSeeError(f"{sent}: answered {status_line(answer)}, which says neither yes nor no")
    fault = f"{one.id} lets it pass: {sent}"
    return saw(sent, status_line(answer), fault=fault, unless=answer.status_code in _REFUSED)


def signed(claims: Mapping[str, Any], key: str, *, algorithm: str = "HS256", kid: str = "") -> str:
    """A JSON Web Token for a user that nobody is; "none" leaves the signature out. `kid` names the key."""
    body = _body(claims, algorithm, kid)
    mark = hmac.new(key.encode(), body.encode(), hashlib.sha256).digest() if algorithm == "HS256" else b""
    return f"{body}.{_part(mark)}"


def _by(key: Ed25519PrivateKey, claims: Mapping[str, Any], kid: str) -> str:
    body = _body(claims, "EdDSA", kid)
    return f"{body}.{_part(key.sign(body.encode()))}"


def _body(claims: Mapping[str, Any], algorithm: str, kid: str) -> str:
    head = {"alg": algorithm, "typ": "JWT", **({"kid": kid} if kid else {})}
    return f"{_part(json.dumps(head).encode())}.{_part(json.dumps(claims).encode())}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


CHECKS = (
    Check(
        "services.tokens",
        ("APP-04", "APP-05"),
        "nobody gets in without a token where one is asked for, nor with a forged or an old one",
        Look.INSIDE,
        _refused,
        unless=serves_nothing,
    ),
)
