"""How a cache is entered: with a password, encrypted where the file says so, and by nobody else."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from stackyard.model.system import Redis, System
from stackyard.observe.view import View
from stackyard.resources import redis as resource_of
from stackyard.resources.secrets import password_secret
from stackyard.verify.cache.asking import admin, caches, has_none
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw

_PATIENCE = 5.0
"""Seconds for an answer."""


def _stranger(view: View, resource: Redis, *words: str) -> str:
    """What the server says at last to somebody who sends these lines, encrypted where it should be.

    Raises CannotSeeError when it says nothing.
    """
    try:
        with socket.create_connection(view.place(resource.name), _PATIENCE) as plain:
            place = _unverified().wrap_socket(plain) if resource.tls else plain
            answer = ""
            for word in words:
                place.sendall(f"{word}\r\n".encode())
                answer = place.recv(256).decode(errors="replace").strip()
            return answer
    except OSError as error:
        raise CannotSeeError(f"{resource.name} does not answer: {error}") from None


def _unverified() -> ssl.SSLContext:
    """For talk about passwords; whether the certificate is right is for another check."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _password(view: View) -> Iterator[Seen]:
    from redis.exceptions import AuthenticationError

    for resource in caches(view.system):
        name = resource.name
        answer = _stranger(view, resource, "PING")
        fault = f"{name} serves anybody: it asks for no password"
        yield saw(f"PING to {name} without a password", answer, fault=fault, unless=answer.startswith("-NOAUTH"))
        user = f"stackyard-verify-{secrets.token_hex(4)}"
        answer = _stranger(view, resource, f"AUTH {user} {secrets.token_hex(16)}")
        fault = f"{name} accepts a user whom nobody knows"
        yield saw(
            f"AUTH to {name} as a user that does not exist", answer, fault=fault, unless=answer.startswith("-WRONGPASS")
        )
        for role in (resource_of.SERVICE_USER, resource_of.ADMIN_USER):
            with view.cache(resource, role) as connection:
                try:
                    answer = "PONG" if connection.ping() else "nothing"
                except AuthenticationError as error:
                    answer = str(error)
            fault = f"{name} has another password for {role} than the store"
            yield saw(f"PING to {name} as {role}, password of the store", answer, fault=fault, unless=answer == "PONG")
        yield from _users(view, resource)


def _users(view: View, resource: Redis) -> Iterator[Seen]:
    known = (resource_of.SERVICE_USER, resource_of.ADMIN_USER)
    with admin(view, resource) as connection:
        listed: Any = connection.acl_users()
        for user in listed:
            found: Any = connection.acl_getuser(user)
            digests, flags = found["passwords"], found["flags"]
            if user in view.probe_users(resource):
                yield _probe_user(resource, user, found)
                continue
            if user not in known:
                yield saw(
                    f"user {user} of {resource.name}", ", ".join(flags), fault=f"{resource.name} has a user {user}"
                )
                continue
            fits = digests == [resource_of.digest(view.secret(password_secret(resource, user)))]
            is_open = "nopass" in flags
            asked = "asks for no password" if is_open else f"has {len(digests)} password(s)"
            shown = f"{asked}, {'that' if fits else 'not that'} of the store"
            fault = f"{user} of {resource.name} needs no password" if is_open else f"{user} has another password"
            yield saw(f"user {user} of {resource.name}", shown, fault=fault, unless=fits and not is_open)


def _probe_user(resource: Redis, user: str, found: dict[str, Any]) -> Seen:
    may = " ".join(map(str, (*found["categories"], *found["commands"], *found["keys"], *found["channels"])))
    fault = f"{user} of {resource.name} needs no password, and may do more than ask whether it is there"
    return saw(f"what {user} of {resource.name} may do", may, fault=fault, unless=may == "-@all +ping")


def _encrypted(view: View) -> Iterator[Seen]:
    for resource in (one for one in caches(view.system) if one.tls):
        with admin(view, resource) as connection:
            found: Any = connection.config_get("port")
        plain = int(found["port"])
        fault = f"{resource.name} speaks to clients that do not encrypt, at port {plain}"
        yield saw(f"port of {resource.name} without TLS", plain or "none", fault=fault, unless=plain == 0)
        answer = _plain_ping(view.place(resource.name))
        is_closed = not any(word in answer for word in ("PONG", "NOAUTH", "ERR"))
        fault = f"{resource.name} answers a client that does not encrypt"
        yield saw(f"PING to {resource.name} without TLS", answer or "nothing", fault=fault, unless=is_closed)
        yield _handshake(view, resource)


def _plain_ping(place: tuple[str, int]) -> str:
    with socket.create_connection(place, _PATIENCE) as plain:
        plain.settimeout(_PATIENCE)
        try:
            plain.sendall(b"PING\r\n")
            return repr(plain.recv(64))[1:]
        except ConnectionError as error:
            return str(error)


def _handshake(view: View, resource: Redis) -> Seen:
    authority = view.authority(resource.name)
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    sent = f"TLS handshake with {resource.name} as localhost"
    try:
        with (
            socket.create_connection(view.place(resource.name), _PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            cipher = secure.cipher()
            return saw(sent, f"{secure.version()}, {cipher[0] if cipher else ''}")
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or str(error)
        return saw(sent, reason, fault=f"the certificate of {resource.name} does not verify: {reason}")


def _is_plain(system: System) -> str:
    return has_none(system) or ("" if any(one.tls for one in caches(system)) else "the file does not ask for TLS")


CHECKS = (
    Check(
        "cache.password",
        ("CACHE-02", "SEC-01"),
        "the cache asks for a password, and it is that of the secrets store",
        Look.OUTSIDE,
        _password,
        has_none,
    ),
    Check(
        "cache.encrypted",
        ("CACHE-02",),
        "connections to the cache are encrypted, and clients can verify whom they speak to",
        Look.OUTSIDE,
        _encrypted,
        _is_plain,
    ),
)
