"""The sites of an edge: which locations each listener serves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from stackyard.errors import PartError
from stackyard.model.system import Edge, Route, System
from stackyard.resources.nginx.place import Direct, EdgePlace

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_SELF = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Location:
    """One route as nginx serves it. `prefix` has no slash at its end: the root is the empty prefix.

    `kind` is static, proxy, or away when nothing runs that could answer. `target` is a folder or an upstream's name,
    `page` the variable that holds the page to fall back to. `guarded`: hidden and administration paths are refused.
    """

    prefix: str
    kind: Literal["static", "proxy", "away"]
    target: str = ""
    page: str = ""
    timeout: int = 60
    body: int | None = None
    affinity: bool = False
    guarded: bool = True


@dataclass(frozen=True)
class Site:
    """The locations behind a port; `limited`: the rate and connection limits apply."""

    locations: tuple[Location, ...]
    limited: bool = True


@dataclass(frozen=True)
class Upstream:
    """The replicas of one service under the name that locations use."""

    name: str
    addresses: tuple[str, ...]
    affinity: bool


@dataclass(frozen=True)
class Page:
    """A front end's fallback: `variable` holds `prefix`/index.html for a path that looks like a page."""

    variable: str
    prefix: str


def names(system: System, edge: Edge) -> tuple[str, ...]:
    """The host names that the edge answers to, as arguments of server_name.

    Tenants are exactly one label below the host. In development the machine's own names do too.
    Raises PartError for a host that is no host name.
    """
    if not _HOST.fullmatch(edge.host):
        raise PartError("edge", f"{edge.host!r} is not a host name", hint="Write it in lower case, without a port.")
    tenant = (tenant_pattern(edge, capture=False),) if edge.tenants else ()
    return tuple(dict.fromkeys((edge.host, *tenant, *(_SELF if system.is_development else ()))))


def tenant_pattern(edge: Edge, *, capture: bool) -> str:
    """A regular expression for the host names of tenants; with `capture` it names the tenant."""
    label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    return rf"~^{f'(?<tenant>{label})' if capture else label}\.{re.escape(edge.host)}$"


def site(system: System, edge: Edge, place: EdgePlace) -> Site:
    """What the edge itself serves."""
    return Site(tuple(_location(system, route, place) for route in edge.routes))


def direct_site(system: System, edge: Edge, place: EdgePlace, direct: Direct) -> Site:
    """What a direct port serves: see `Direct`."""
    root = Route("/", direct.service, edge.position)
    if not system.service(direct.service).is_static:
        return Site((replace(_location(system, root, place), guarded=False),), limited=False)
    others = (route for route in edge.routes if route.path.rstrip("/") and route.service != direct.service)
    return Site(tuple(_location(system, route, place) for route in (*others, root)))


def upstreams(sites: Iterable[Site], place: EdgePlace) -> tuple[Upstream, ...]:
    """The upstreams that the locations of `sites` name, each once."""
    wanted = {location.target for site in sites for location in site.locations if location.kind == "proxy"}
    known = (
        Upstream(_upstream_name(service, affinity), addresses, affinity and place.is_choice(addresses))
        for service, addresses in place.upstreams.items()
        for affinity in (False, True)
    )
    return tuple(sorted((one for one in known if one.name in wanted), key=lambda one: one.name))


def pages(sites: Iterable[Site]) -> tuple[Page, ...]:
    """The fallbacks that the static locations of `sites` name, each once."""
    found = {
        location.page: Page(location.page, location.prefix)
        for site in sites
        for location in site.locations
        if location.page
    }
    return tuple(found[variable] for variable in sorted(found))


def _location(system: System, route: Route, place: EdgePlace) -> Location:
    prefix = route.path.rstrip("/")
    if system.service(route.service).is_static:
        root = place.static.get(route.service)
        if root is None:
            return Location(prefix, "away")
        return Location(prefix, "static", root.path, page=_page_variable(prefix) if root.spa else "")
    addresses = place.upstreams.get(route.service, ())
    if not addresses:
        return Location(prefix, "away")
    return Location(
        prefix,
        "proxy",
        _upstream_name(route.service, route.affinity),
        timeout=max(1, round(route.timeout)),
        body=route.body,
        affinity=route.affinity and place.is_choice(addresses),
    )


def _upstream_name(service: str, affinity: bool) -> str:
    return f"{service}-affinity" if affinity else f"{service}-any"


def _page_variable(prefix: str) -> str:
    return "edge_page" + "".join(c if c.isalnum() and c.isascii() else f"_{ord(c):x}_" for c in prefix)
