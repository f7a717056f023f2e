"""The files of an nginx that is the edge of a system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stackyard.model.files import File
from stackyard.model.system import Edge, System, Tls
from stackyard.resources.nginx import paths, sites
from stackyard.resources.nginx.place import EdgePlace
from stackyard.resources.nginx.quoting import pattern, quoted
from stackyard.resources.nginx.tuning import tune
from stackyard.resources.nginx.zones import zones

if TYPE_CHECKING:
    from jinja2 import Environment

TOLD = (
    "Host",
    "Connection",
    "Upgrade",
    "X-Request-ID",
    "X-Real-IP",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Tenant",
    "Forwarded",
    "X-Forwarded-Prefix",
    "X-Original-URL",
    "X-Rewrite-URL",
    "Proxy",
)
"""The headers about the client, its host and its tenant: what a service is told of them, the edge alone decides."""

_FILES = ("nginx.conf", "headers.conf", "guard.conf", "proxy.conf", "errors.conf", "mime.types")
_REJECT_HANDSHAKE_SINCE = (1, 19, 4)
_HTTP2_DIRECTIVE_SINCE = (1, 25, 1)
_KEEPALIVE_TIME_SINCE = (1, 19, 10)
_MOST_STREAMS = 128
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class _Listener:
    """A server block for a direct port."""

    port: int
    site: sites.Site


def render(system: System, place: EdgePlace) -> tuple[File, ...]:
    """The configuration of nginx for `system` at `place`; nothing for a system without an edge.

    The files belong in one folder of any name; `command` starts nginx with it. Raises PartError for a value that
    nginx cannot hold, KeyError for a route or direct port to an unknown service.
    """
    if system.edge is None:
        return ()
    values = _values(system, system.edge, place)
    environment = _environment()
    return tuple(File(PurePosixPath(name), environment.get_template(f"{name}.j2").render(values)) for name in _FILES)


def command(nginx: str, folder: str, work: str) -> tuple[str, ...]:
    """The command line of the nginx binary `nginx` with the files of `render` in `folder`; it stays in the foreground.

    Add "-t" to test the files, as the same user and with stdout on /dev/null: the test opens the access log too.
    """
    return (nginx, "-e", "stderr", "-p", work, "-c", f"{folder}/nginx.conf")


def _values(system: System, edge: Edge, place: EdgePlace) -> dict[str, Any]:
    own = sites.site(system, edge, place)
    listeners = tuple(_Listener(one.port, sites.direct_site(system, edge, place, one)) for one in place.direct)
    everything = (own, *(listener.site for listener in listeners))
    secure = edge.tls is not Tls.OFF
    return {
        "place": place,
        "edge": edge,
        "site": own,
        "listeners": listeners,
        "direct_addresses": _direct_addresses(place),
        "names": sites.names(system, edge),
        "upstreams": sites.upstreams(everything, place),
        "pages": sites.pages(everything),
        "workers": tune(place.cores, place.memory, place.open_files),
        "zones": zones(edge.limits),
        "streams": max(1, min(_MOST_STREAMS, edge.connections * 3 // 4)) if edge.connections else _MOST_STREAMS,
        "drain": max([60, *(location.timeout for location in own.locations)]),
        "secure": secure,
        "development": system.is_development,
        "hsts": f"max-age={edge.hsts}; includeSubDomains" if secure and edge.hsts else "",
        "csp": edge.csp,
        "told": TOLD,
        "shown": paths.ALWAYS_SHOWN,
        "hidden": paths.hidden(edge.hidden, (route.path for route in edge.routes)),
        "admin_patterns": tuple(paths.below(path) for path in edge.admin_paths),
        "origins": tuple(dict.fromkeys(origin(text) for text in edge.cors)),
        "tenant_pattern": sites.tenant_pattern(edge, capture=True) if edge.tenants else "",
        "keepalive_time": place.nginx_version >= _KEEPALIVE_TIME_SINCE,
        "http2_in_listen": place.nginx_version < _HTTP2_DIRECTIVE_SINCE,
        # A client that names no host (an address in the browser) must get a certificate in development.
        "reject_handshake": place.nginx_version >= _REJECT_HANDSHAKE_SINCE and not system.is_development,
    }


def _direct_addresses(place: EdgePlace) -> tuple[str, ...]:
    if place.direct_addresses:
        return place.direct_addresses
    return ("127.0.0.1", *(("[::1]",) if {"[::1]", "[::]"} & set(place.addresses) else ()))


def origin(text: str) -> str:
    """An origin as browsers send it: lower case, without the default port and a slash at its end."""
    parts = urlsplit(text.strip().rstrip("/").lower())
    if parts.port is None or parts.port != _DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}://{parts.netloc.rpartition(':')[0]}"


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # the output is no HTML; `quoted` and `pattern` escape for nginx
        loader=PackageLoader("stackyard.resources.nginx"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(quoted=quoted, pattern=pattern, escaped=re.escape)
    return environment
