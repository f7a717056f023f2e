"""Replicas of services at their own ports, behind the edge, and what they say about themselves there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stackyard.model.system import Service, System
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError

if TYPE_CHECKING:
    import httpx

TIMEOUT = 5.0
"""Seconds to wait for an answer; a service that takes longer was not seen, which is no fault of what it would say."""

_DOCUMENTS = ("/api/openapi.json", "/openapi.json")
_SAFE = "get"


@dataclass(frozen=True)
class Replica:
    """One process of a service that listens; `id` is that of the process, `host` and `port` where it is reached."""

    service: Service
    id: str
    host: str
    port: int


def replicas(view: View) -> Iterator[Replica]:
    """Every process of every service with a port."""
    for service in served(view.system):
        for number in range(1, service.replicas + 1):
            name = f"{service.name}-{number}"
            yield Replica(service, name, *view.place(name))


def firsts(view: View) -> Iterator[Replica]:
    """One process of every service with a port: the others run the same code."""
    return (one for one in replicas(view) if one.id.endswith("-1"))


def served(system: System) -> tuple[Service, ...]:
    """The services that answer at a port of their own."""
    return tuple(one for one in system.services if one.port is not None and not one.is_static)


def serves_nothing(system: System) -> str:
    """Why checks of services do not concern a system, or ""."""
    return "" if served(system) else "no service of the system has a port"


def client(replica: Replica) -> httpx.Client:
    """A client of one process, past the edge; redirects are not followed."""
    import httpx

    return httpx.Client(
        base_url=f"http://{replica.host}:{replica.port}",
        headers={"User-Agent": "stackyard-verify", "Accept": "application/json"},
        timeout=TIMEOUT,
        trust_env=False,
    )


def ask(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """One request. Raises CannotSeeError when no answer comes in time, or none at all."""
    import httpx

    try:
        return client.request(method, path, **more)
    except httpx.TimeoutException:
        raise CannotSeeError(f"{method} {path} was not answered within {TIMEOUT:g} s") from None
    except httpx.TransportError as error:
        raise CannotSeeError(f"{method} {path} was not answered: {error}") from None


def status_line(response: httpx.Response) -> str:
    """The status and the kind of an answer, as evidence."""
    kind = response.headers.get("content-type", "no content type")
    return f"{response.status_code} {response.reason_phrase}, {kind}, {len(response.content)} bytes"


def document(client: httpx.Client) -> tuple[str, Mapping[str, Any]] | None:
    """The OpenAPI document of a service and its path, None when it publishes none."""
    for path in _DOCUMENTS:
        response = ask(client, "GET", path)
        if response.status_code != 200:
            continue
        try:
            found = response.json()
        except ValueError:
            return path, {}
        return path, found if isinstance(found, dict) else {}
    return None


@dataclass(frozen=True)
class Operation:
    """One operation of an OpenAPI document. `is_secured`: the document says that it asks who the caller is."""

    method: str
    path: str
    is_secured: bool
    takes_json: bool

    @property
    def is_plain(self) -> bool:
        """Whether it can be asked as it stands: reading, and without a parameter in its path."""
        return self.method == _SAFE and "{" not in self.path


def operations(found: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The operations of a document, in its order."""
    made = []
    everywhere = bool(found.get("security"))
    for path, item in dict(found.get("paths") or {}).items():
        for method, one in dict(item).items():
            if method in ("get", "put", "post", "delete", "patch") and isinstance(one, dict):
                secured = bool(one["security"]) if "security" in one else everywhere
                takes = "application/json" in dict(dict(one.get("requestBody") or {}).get("content") or {})
                made.append(Operation(method, str(path), secured, takes))
    return tuple(made)
