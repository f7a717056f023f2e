"""Health: every process answers, and what it says of its dependencies is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackyard.model.system import Objects, Postgres, Redis, Resource, Service, System
from stackyard.observe.view import View
from stackyard.resources.postgres.catalog import service_role
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.services.direct import TIMEOUT, client, firsts, replicas, serves_nothing, status_line

if TYPE_CHECKING:
    import httpx

_NAMES = {
    Postgres: ("postgres", "database", "db", "sql"),
    Redis: ("redis", "cache", "valkey"),
    Objects: ("s3", "object", "storage", "store"),
}
_WELL = ("ok", "up", "pass", "passed", "healthy", "true")
_DURATIONS = ("milliseconds", "duration", "duration_ms", "latency", "latency_ms", "seconds", "time", "ms")


def health_path(service: Service) -> str:
    """The path of the service's health check, "" when it has none over HTTP."""
    return service.health.path if service.health else ""


def beside(path: str, name: str) -> tuple[str, ...]:
    """Where another answer of the same family may be: `/api/health/readiness` has `/api/health/NAME` beside it."""
    folder = path.rstrip("/").rpartition("/")[0]
    return tuple(dict.fromkeys((f"{folder}/{name}", f"{path.rstrip('/')}/{name}")))


def _answers(view: View) -> Iterator[Seen]:
    for one in replicas(view):
        path = health_path(one.service)
        with client(one) as direct:
            if not path:
                yield _ask(direct, one.id, "/", any_status=True)
                continue
            yield _ask(direct, one.id, path)
            for name in ("liveness", "live"):
                for other in beside(path, name):
                    found = _ask(direct, one.id, other)
                    # Where there is no such address, or it is for others, nothing was promised.
                    if not found.came_back.startswith("4"):
                        yield found


def _ask(direct: httpx.Client, name: str, path: str, *, any_status: bool = False) -> Seen:
    import httpx

    sent = f"GET {path} of {name} at {direct.base_url}"
    try:
        response = direct.get(path)
    except httpx.TimeoutException:
        raise CannotSeeError(f"{name} did not answer GET {path} within {TIMEOUT:g} s") from None
    except httpx.TransportError as error:
        return saw(sent, error, fault=f"{name} does not answer: {error}")
    fault = f"{name} answers {response.status_code} when it is asked for its health"
    return saw(sent, status_line(response), fault=fault, unless=any_status or 200 <= response.status_code < 400)


def _dependencies(view: View) -> Iterator[Seen]:
    told = False
    for one in firsts(view):
        needed = [need for resource in one.service.needs if (need := _resource(view.system, resource.name))]
        path = health_path(one.service)
        if not path or not needed:
            continue
        with client(one) as direct:
            found = _details(direct, path)
        if found is None:
            continue
        told = True
        where, checks = found
        for resource in needed:
            yield _dependency(f"{resource.name} in GET {where} of {one.id}", one.id, resource, checks)
            if isinstance(resource, Postgres):
                yield from _really_asked(view, resource, one.service)
    if not told:
        raise DoesNotApplyError("no service tells in detail what its health depends on")


def _resource(system: System, name: str) -> Resource | None:
    return next((one for one in system.resources if one.name == name), None)


def _details(direct: httpx.Client, path: str) -> tuple[str, Mapping[str, Any]] | None:
    """The checks in the detailed answer of a service, by name, and its path."""
    import httpx

    for where in (*beside(path, "detailed"), *beside(path, "details")):
        try:
            body = direct.get(where).json()
        except (httpx.HTTPError, ValueError):
            continue
        checks = body.get("checks") if isinstance(body, dict) else None
        if isinstance(checks, list):
            return where, {str(one.get("name")): one for one in checks if isinstance(one, dict)}
        if isinstance(checks, dict):
            return where, checks
    return None


def _dependency(sent: str, name: str, resource: Resource, checks: Mapping[str, Any]) -> Seen:
    found = find(resource, checks)
    if found is None:
        return saw(sent, f"only {', '.join(checks) or 'nothing'}", fault=f"{name} says nothing about {resource.name}")
    word = str(found.get("status", found.get("ok", ""))).lower()
    spans = [found[key] for key in _DURATIONS if isinstance(found.get(key), int | float)]
    shown = f"{word}, {f'asked in {spans[0]} ms' if spans else 'no duration'}"
    if word not in _WELL:
        return saw(sent, shown, fault=f"{name} does not reach {resource.name}: {word}")
    fault = f"{name} does not measure its question to {resource.name}: nobody can tell whether it asks"
    return saw(sent, shown, fault=fault, unless=bool(spans) and spans[0] > 0)


def find(resource: Resource, checks: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The check of a resource among those of a service: by its name, or by what it is."""
    if isinstance(checks.get(resource.name), dict):
        found: Mapping[str, Any] = checks[resource.name]
        return found
    words = _NAMES.get(type(resource), ())
    return next(
        (one for name, one in checks.items() if isinstance(one, dict) and any(word in name.lower() for word in words)),
        None,
    )


def _really_asked(view: View, resource: Postgres, service: Service) -> Iterator[Seen]:
    """What the database itself saw of that question; a connection for one question only has left no trace."""
    role = service_role(view.system, service)
    with view.database(resource) as connection:
        row = connection.execute(
            "select extract(epoch from clock_timestamp() - max(query_start)) from pg_stat_activity where usename = %s",
            [role],
        ).fetchone()
    if row and row[0] is not None:
        yield saw(f"the last statement of {role} in pg_stat_activity of {resource.name}", f"{float(row[0]):.2f} s ago")


CHECKS = (
    Check(
        "services.health",
        ("APP-01", "TOP-09"),
        "every process of every service answers its health check at its own port",
        Look.INSIDE,
        _answers,
        unless=serves_nothing,
        next_step="`stackyard logs PART` says what it misses; `stackyard up` starts anew what was changed by hand.",
    ),
    Check(
        "services.dependencies",
        ("APP-01", "APP-08"),
        "services ask what they depend on, and reach it",
        Look.INSIDE,
        _dependencies,
        unless=serves_nothing,
        next_step="`stackyard logs PART` says what it misses; `stackyard up` starts anew what was changed by hand.",
    ),
)
