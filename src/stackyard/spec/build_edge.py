"""The edge, from the tree to the model. Routes that are left out are derived later, when it is known what runs."""

from __future__ import annotations

from typing import Any

from stackyard.model.system import Edge, Limit, Route, Tls
from stackyard.model.values import Rate
from stackyard.spec import shapes
from stackyard.spec.report import Wrong
from stackyard.spec.sections import Block, duration, size, text, texts, value
from stackyard.spec.tree import Entry, Mapping, Node

_USUAL_RATES = {"/": Rate(30, "s"), "/api": Rate(10, "s")}
_LONGEST_LABEL = 63
STRICT_CSP = (
    "default-src 'self'; base-uri 'self'; connect-src 'self'; font-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'self'; img-src 'self' data: blob:; manifest-src 'self'; object-src 'none'; script-src 'self'; "
    "style-src 'self'; worker-src 'self'"
)


def build_edge(top: Block, system: str) -> Edge | None:
    """The edge of the file; None without that section. `routes` is empty when the file gives none."""
    part = top.inner("edge")
    if part is None:
        return None
    values = part.read(
        host=_host,
        acme_email=text,
        http=value,
        https=value,
        cors=texts,
        csp=lambda node: text(node) if value(node) else "",
        hsts=lambda node: round(shapes.read_duration(text(node))) if value(node) else 0,
        body=size(),
        hidden=texts,
        tenants=text,
        maintenance=part.path_of,
    )
    values.setdefault("host", f"{system}.localhost")
    values.setdefault("csp", STRICT_CSP)
    _read_tls(part, values)
    _read_limits(part, values)
    _read_admin(part, values)
    position = part.report.position(top.entry("edge"))
    return Edge(position=position, routes=_routes(part), **values)


def _host(node: Node) -> str:
    labels = text(node).split(".")
    if not all(1 <= len(label) <= _LONGEST_LABEL and label.strip("-") == label for label in labels):
        raise Wrong(f'"{text(node)}" cannot be a host name', f"expected {shapes.WORDS[shapes.HOST]}")
    return text(node)


def _read_tls(part: Block, values: dict[str, Any]) -> None:
    inner = part.inner("tls")
    if inner is not None:
        values |= {"tls": Tls.FILES, **inner.read(certificate=part.path_of, key=part.path_of)}
    else:
        part.read_into(values, "tls", "tls", lambda node: Tls(text(node)))


def _read_admin(part: Block, values: dict[str, Any]) -> None:
    inner = part.inner("admin")
    if inner is None:
        return
    inner.read_into(values, "admin_paths", "paths", texts)
    inner.read_into(values, "admin_allow", "allow", texts)


def _routes(part: Block) -> tuple[Route, ...]:
    below = part.inner("routes")
    if below is None:
        return ()
    routes: dict[str, Route] = {}
    for path, entry in below.node.entries.items():
        route = _route(below, path, entry)
        if route.path in routes:
            line = routes[route.path].position.line
            below.report.add(entry, below.path(path), f'"{route.path}" has a route already', f"it is in line {line}")
        else:
            routes[route.path] = route
    return tuple(routes.values())


def _route(below: Block, path: str, entry: Entry) -> Route:
    inner = below.inner(path)
    values: dict[str, Any] = {"service": text(entry.node)}
    if inner is not None:
        values = inner.read(service=text, timeout=duration(0.001), body=size(), affinity=value)
    return Route(path=bare(path), position=below.report.position(entry), **values)


def bare(path: str) -> str:
    """A path without a slash at its end."""
    return path.rstrip("/") or "/"


def _read_limits(part: Block, values: dict[str, Any]) -> None:
    limits = {path: Limit(path, rate, shapes.usual_burst(rate)) for path, rate in _USUAL_RATES.items()}
    below = part.inner("limits")
    for name, entry in below.node.entries.items() if below else ():
        is_number = not isinstance(entry.node, Mapping) and isinstance(value(entry.node), int)
        if below and is_number != (name == "connections"):
            expected = "a number of connections, such as 20" if name == "connections" else shapes.WORDS[shapes.RATE]
            below.wrong(name, f"expected {expected}", "stackyard explain edge.limits")
        elif name == "connections":
            values["connections"] = value(entry.node)
        elif below:
            limits[bare(name)] = _limit(below, name, entry)
    values["limits"] = tuple(limits.values())


def _limit(below: Block, name: str, entry: Entry) -> Limit:
    inner = below.inner(name)
    if inner is None:
        rate = shapes.read_rate(text(entry.node))
        return Limit(bare(name), rate, shapes.usual_burst(rate))
    rate = shapes.read_rate(text(inner.entry("rate").node))
    burst = inner.read(burst=value).get("burst", shapes.usual_burst(rate))
    return Limit(bare(name), rate, burst)
