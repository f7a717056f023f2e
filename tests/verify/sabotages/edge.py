"""Harm to the way in: to what nginx was told, and to what it shows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stackyard.resources.certificates import Authority, ensure_authority, ensure_leaf, find_authority, hosts_of
from stackyard.targets.local.layout import user_data
from tests.verify.sabotage import LAST, Ground, Sabotage

_PLAN = "topology.as-described"
_HEALTH = 'location "/health/" {\n            '
_AGED = timedelta(days=80)
"""Of the ninety days that a certificate has."""


def _edit(old: str, new: str, file: str = "nginx.conf") -> Callable[[Ground], None]:
    """Change a file of the edge, and have the edge take it in."""

    def harm(ground: Ground) -> None:
        ground.reload_edge(old=old, new=new, file=file)

    return harm


def _turn_http2_off(ground: Ground) -> None:
    """An nginx of 2023 and later has a line of its own for it."""
    is_new = "http2 on;" in ground.path("edge/nginx.conf").read_text()
    old, new = ("http2 on;", "http2 off;") if is_new else (" ssl http2", " ssl")
    ground.reload_edge(old=old, new=new)


def _break_the_files(ground: Ground) -> None:
    ground.edit("edge/nginx.conf", "sendfile on;", "sendfile perhaps;")


def _slip_in_other_files(ground: Ground) -> None:
    """What runs is another configuration than the files, which are as they were."""
    ground.reload_edge(old="keepalive_timeout 65s;", new="keepalive_timeout 66s;")
    ground.edit("edge/nginx.conf", "keepalive_timeout 66s;", "keepalive_timeout 65s;")


def _certify(ground: Ground, authority: Authority, now: datetime) -> None:
    """Put another certificate, with its key, in the place of the one that is served."""
    system = ground.view.system
    assert system.edge is not None
    hosts = hosts_of(system.edge.host, tenants=bool(system.edge.tenants))
    with tempfile.TemporaryDirectory(prefix="stackyard-") as fresh:
        pair, _ = ensure_leaf(Path(fresh), authority, hosts, now)
        ground.certify("edge", pair)


def _age_the_certificate(ground: Ground) -> None:
    _certify(ground, find_authority(user_data()), datetime.now(UTC) - _AGED)
    ground.reload_edge()


def _swap_the_certificate(ground: Ground) -> None:
    _certify(ground, find_authority(user_data()), datetime.now(UTC))


def _let_another_sign(ground: Ground) -> None:
    with tempfile.TemporaryDirectory(prefix="stackyard-other-") as folder:
        _certify(ground, ensure_authority(Path(folder), datetime.now(UTC)), datetime.now(UTC))
    ground.reload_edge()


def _one(
    name: str,
    check: str,
    harm: Callable[[Ground], None],
    *more: str,
    system: str = "inventr",
    place: str = "",
    turn: int = 0,
) -> Sabotage:
    return Sabotage(name, frozenset({check, _PLAN, *more}), harm, system=system, place=place, turn=turn)


SABOTAGES = (
    _one(
        "a cipher of the old days is accepted",
        "edge.tls",
        _edit("ssl_ciphers ", "ssl_ciphers ECDHE-ECDSA-AES128-SHA:"),
    ),
    _one("plain HTTP is sent on for a while only", "edge.redirect", _edit("return 308 https:", "return 302 https:")),
    _one("HTTP/2 is turned off", "edge.http2", _turn_http2_off),
    Sabotage(
        "a stranger has signed the certificate",
        frozenset({"edge.certificate", _PLAN}),
        _let_another_sign,
        alone=True,
    ),
    _one("the certificate has aged", "edge.certificate-expiry", _age_the_certificate, place="certificate"),
    _one(
        "a new certificate is not taken in",
        "edge.certificate-in-use",
        _swap_the_certificate,
        "edge.files-in-use",
        turn=LAST,
        place="certificate",
    ),
    _one(
        "a header is gone",
        "edge.headers",
        _edit('add_header X-Frame-Options "SAMEORIGIN" always;\n', "", "headers.conf"),
    ),
    _one(
        "errors lack a header",
        "edge.headers",
        _edit('X-Content-Type-Options "nosniff" always', 'X-Content-Type-Options "nosniff"', "headers.conf"),
    ),
    _one("browsers insist on HTTPS for a minute", "edge.hsts", _edit("max-age=31536000; incl", "max-age=60; incl")),
    _one(
        "scripts may stand in the page",
        "edge.csp",
        _edit("script-src 'self'", "script-src 'self' 'unsafe-inline'", "headers.conf"),
        "edge.headers",
    ),
    _one("a limit lets more through", "edge.limits", _edit("burst=29 nodelay", "burst=500 nodelay")),
    _one("a limit is gone", "edge.limits", _edit("limit_req zone=rate_1 burst=9 nodelay;", "")),
    _one(
        "one address may hold many connections",
        "edge.connections",
        _edit("limit_conn connections 20;", "limit_conn connections 200;"),
    ),
    _one("nothing is compressed", "edge.compression", _edit("gzip on;", "gzip off;")),
    _one("assets are asked for every minute", "edge.caching", _edit("max-age=31536000, immutable", "max-age=60")),
    # Metrics that are shown are a page of the app.
    _one("pages of the app are not found", "edge.pages", _edit(" $edge_page =404;", " =404;"), place="pages"),
    _one(
        "a route ends at the edge",
        "edge.routes",
        _edit(f"{_HEALTH}include guard.conf;", f"{_HEALTH}include guard.conf;\n            return 204;"),
    ),
    _one(
        "services are told another id",
        "edge.request-id",
        _edit("X-Request-ID $edge_request_id;", "X-Request-ID $request_id;", "proxy.conf"),
        "services.correlation",
    ),
    _one(
        "a client says who it is",
        "edge.client",
        _edit("X-Forwarded-For $remote_addr;", "X-Forwarded-For $proxy_add_x_forwarded_for;", "proxy.conf"),
    ),
    _one("WebSockets do not get through", "edge.websockets", _edit('"~*^websocket$"', '"~*^never$"')),
    # Between one replica and itself nobody wanders.
    _one(
        "a replica gets no requests",
        "edge.balance",
        lambda ground: ground.leave_out("api-2"),
        system="everything",
        place="replicas",
    ),
    _one(
        "clients wander between replicas",
        "edge.affinity",
        _edit("hash $edge_affinity", "# $edge_affinity"),
        system="everything",
        place="replicas",
    ),
    _one("the edge answers for other hosts", "edge.hosts", _edit("return 421;", "return 204;")),
    _one(
        "what looks like a tenant is one",
        "edge.tenants",
        _edit(r"~^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.everything", r"~^.+\.everything"),
        system="everything",
    ),
    _one(
        "a client says which tenant it is of",
        "edge.tenant-forged",
        _edit("X-Tenant $edge_tenant;", "X-Tenant $http_x_tenant;", "proxy.conf"),
        system="everything",
    ),
    _one(
        "an origin of the list may not call",
        "edge.cors",
        _edit(r'"~^https://partner\.example\.org$"', r'"~^https://nobody\.example\.org$"'),
        system="everything",
        place="cors",
    ),
    _one(
        "any origin may call",
        "edge.cors-strangers",
        _edit(r'"~^https://partner\.example\.org$"', '"~."'),
        "edge.files-sound",
        system="everything",
        place="cors",
    ),
    _one("metrics are shown", "edge.hidden", _edit('/metrics(/|$)" 1;', '/metrics(/|$)" 0;'), place="pages"),
    _one(
        "everybody is an administrator",
        "edge.admin",
        _edit("geo $edge_administrator {\n        default 0;", "geo $edge_administrator {\n        default 1;"),
        system="everything",
        place="administrators",
    ),
    _one(
        "an administrator is locked out",
        "edge.administrators",
        _edit('"127.0.0.1" 1;', '"127.0.0.99" 1;'),
        system="everything",
        place="administrators",
    ),
    _one(
        "the edge tells its version",
        "edge.discreet",
        _edit("server_tokens off;", "server_tokens on;"),
        "edge.files-sound",
    ),
    _one(
        "errors look as nginx likes",
        "edge.errors",
        _edit("error_page 400 401 403 404 405", "error_page 400 401 403 405"),
        "edge.discreet",
    ),
    _one(
        "nobody says that a service is away",
        "edge.maintenance",
        _edit("error_page 502 503 504 =503 /.edge/away-$edge_answer;", ""),
        "edge.discreet",
    ),
    Sabotage(
        "nginx cannot read its files",
        frozenset({"edge.files", "edge.files-in-use", _PLAN}),
        _break_the_files,
        alone=True,
    ),
    _one(
        "the files hold a trap",
        "edge.files-sound",
        _edit("error_page 497 =308", "location /trap { alias /nonexistent/; }\n        error_page 497 =308"),
    ),
    _one("other files run than those that are there", "edge.files-in-use", _slip_in_other_files, turn=LAST),
)
