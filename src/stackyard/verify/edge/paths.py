"""Which paths a check may ask for: those that nothing stands behind, so that no request can change anything."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from stackyard.model.system import Edge, Limit, Route, StaticSource, System
from stackyard.observe.view import View
from stackyard.resources.nginx import paths as patterns
from stackyard.verify.check import CannotSeeError, DoesNotApplyError


def edge_in(system: System) -> Edge:
    """The edge of the file. Raises DoesNotApplyError for a system without one."""
    if system.edge is None:
        raise DoesNotApplyError("the system has no edge")
    return system.edge


def absent(prefix: str) -> str:
    """A path below `prefix` that surely nothing stands behind."""
    return f"{prefix.rstrip('/')}/stackyard-verify-{secrets.token_hex(4)}"


def mark() -> str:
    """A request id that no one else sends, in the form that the edge passes on."""
    return f"verify-{secrets.token_hex(8)}"


def proxied(system: System) -> tuple[Route, ...]:
    """The routes to services."""
    return tuple(route for route in edge_in(system).routes if not system.service(route.service).is_static)


def static(system: System) -> tuple[Route, ...]:
    """The routes to front ends."""
    return tuple(route for route in edge_in(system).routes if system.service(route.service).is_static)


def reachable(edge: Edge, path: str) -> bool:
    """May an address that is on no list ask for the path?"""
    hidden = patterns.hidden(edge.hidden, (route.path for route in edge.routes))
    is_shown = re.search(patterns.ALWAYS_SHOWN, path) or not any(re.search(one, path, re.I) for one in hidden)
    return bool(is_shown) and not any(re.search(patterns.below(one), path, re.I) for one in edge.admin_paths)


def limit_of(edge: Edge, path: str) -> Limit | None:
    """The limit that counts requests of the path: the one with the longest prefix."""
    counting = [one for one in edge.limits if re.search(patterns.below(one.path), path)]
    return max(counting, key=lambda one: len(one.path.rstrip("/")), default=None)


def room(edge: Edge, path: str) -> int:
    """How many requests an address may make of the path at once."""
    limit = limit_of(edge, path)
    return 1_000_000 if limit is None else limit.rate.count + limit.burst


def harmless(system: System, *, fewest: int = 1) -> tuple[Route, str]:
    """A route to a service, or else to a front end, and a path below it that takes at least so many requests at once.

    Raises CannotSeeError when there is none.
    """
    edge = edge_in(system)
    for route in (*proxied(system), *static(system)):
        path = absent(route.path)
        if reachable(edge, path) and room(edge, path) >= fewest:
            return route, path
    raise CannotSeeError(f"no path lets an address make {fewest} requests at once")


def built(view: View, route: Route) -> Path | None:
    """The folder of a front end as the edge serves it; None where it is not on this machine."""
    return view.site(view.system.service(route.service))


def files_of(folder: Path, pattern: str) -> Iterator[str]:
    """The files of a front end that anyone may ask for, as paths below it."""
    for path in sorted(folder.glob(pattern)):
        below = path.relative_to(folder).as_posix()
        if path.is_file() and not any(re.search(one, f"/{below}", re.I) for one in patterns.hidden((), ())):
            yield below


def is_app(system: System, route: Route) -> bool:
    """Is that front end one whose pages are made in the browser?"""
    source = system.service(route.service).source
    return isinstance(source, StaticSource) and source.spa
