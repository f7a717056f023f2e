"""The words of the stack file: the edge."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag

from stackyard.spec import shapes
from stackyard.spec.schema_types import (
    BY_SHAPE,
    FLAG,
    MAPPING,
    NUMBER,
    TEXT,
    Duration,
    FilePath,
    Name,
    Port,
    Section,
    Size,
    UrlPath,
    key,
)


class Certificate(Section):
    """A certificate of your own."""

    certificate: FilePath = key("The certificate with its chain, PEM.", "./tls/shop.pem", required=True)
    key: FilePath = key("Its private key, PEM.", "./tls/shop.key", required=True)


class RouteDetail(Section):
    """A route in detail."""

    service: Name = key("The service that answers.", "api", required=True)
    timeout: Duration | None = key("How long the service may take to answer.", "5m", default="60s")
    body: Size | None = key("The largest request body, instead of the edge's own limit.", "100MB")
    affinity: bool | None = key("Send a client to the same replica each time.", True, default=False)


RateText = Annotated[str, Field(pattern=shapes.RATE)]


class RateDetail(Section):
    """A rate limit in detail."""

    rate: RateText = key("Requests per second (s) or minute (min), for each client address.", "10/s", required=True)
    burst: Annotated[int, Field(ge=0, le=1_000_000)] | None = key(
        "Requests above the rate that are let through at once. By default two seconds' worth, and five at least.", 40
    )


class Admin(Section):
    """Paths that only some addresses reach."""

    paths: Annotated[list[UrlPath], Field(min_length=1)] = key("The paths.", ["/admin"], required=True)
    allow: Annotated[list[Annotated[str, Field(pattern=shapes.CIDR)]], Field(min_length=1)] = key(
        "The networks and addresses that reach them.", ["10.0.0.0/8", "203.0.113.7"], required=True
    )


TlsWord = Literal["self-signed", "acme", "off"]
TlsValue = Annotated[Annotated[TlsWord, Tag(TEXT)] | Annotated[Certificate, Tag(MAPPING)], BY_SHAPE]
RouteValue = Annotated[Annotated[Name, Tag(TEXT)] | Annotated[RouteDetail, Tag(MAPPING)], BY_SHAPE]
Connections = Annotated[int, Field(ge=1, le=1_000_000)]
LimitValue = Annotated[
    Annotated[RateText, Tag(TEXT)] | Annotated[RateDetail, Tag(MAPPING)] | Annotated[Connections, Tag(NUMBER)], BY_SHAPE
]
LimitKey = Annotated[str, Field(pattern=shapes.LIMIT_KEY)]
CspText = Annotated[str, Field(pattern=shapes.CSP)]
CspValue = Annotated[Annotated[CspText, Tag(TEXT)] | Annotated[Literal[False], Tag(FLAG)], BY_SHAPE]
HstsValue = Annotated[Annotated[Duration, Tag(TEXT)] | Annotated[Literal[False], Tag(FLAG)], BY_SHAPE]


class Edge(Section):
    """The one way in: TLS, routes, limits and headers."""

    host: Annotated[str, Field(pattern=shapes.HOST)] | None = key(
        "The public host name. By default the name of the system with `.localhost`.", "shop.example.org"
    )
    tls: TlsValue | None = key(
        "Where the certificate comes from: made here (`self-signed`), from Let's Encrypt or another ACME authority "
        "(`acme`, which needs a public host name), your own, or `off`.",
        "acme",
        {"certificate": "./tls/shop.pem", "key": "./tls/shop.key"},
        default="self-signed",
    )
    acme_email: Annotated[str, Field(pattern=shapes.EMAIL)] | None = key(
        "Where the ACME authority writes to.", "ops@example.org"
    )
    http: Port | None = key("The port for HTTP, which redirects to HTTPS unless TLS is off.", 8080, default=80)
    https: Port | None = key("The port for HTTPS.", 8443, default=443)
    routes: Annotated[dict[UrlPath, RouteValue], Field(min_length=1)] | None = key(
        "Which service answers below which path; the longest path wins. Left out, it is derived where there is only "
        "one answer: a single service gets `/`; one front end and one service with a port get `/` and `/api`.",
        {"/api": "api", "/": "web"},
        {"/upload": {"service": "api", "timeout": "5m", "body": "100MB"}, "/": "web"},
    )
    limits: dict[LimitKey, LimitValue] | None = key(
        "Requests that each client address may make below a path, and `connections`, how many it may hold at once. "
        "These are laid on the defaults, so that `/` and `/api` are always limited. Give paths of sign-in their own, "
        "such as `/api/auth: 5/min`.",
        {"/api/auth": "5/min", "/api": {"rate": "10/s", "burst": 40}, "connections": 50},
        default={"/": "30/s", "/api": "10/s", "connections": 20},
    )
    cors: list[Annotated[str, Field(pattern=shapes.ORIGIN)]] | None = key(
        "Other origins whose pages may call this system.", ["https://app.example.org"]
    )
    csp: CspValue | None = key(
        "The Content-Security-Policy. The default allows this origin only. `false` sends none.",
        "default-src 'self'; img-src 'self' https://images.example.org",
        default="default-src 'self'; base-uri 'self'; connect-src 'self'; font-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'self'; img-src 'self' data: blob:; manifest-src 'self'; object-src 'none'; "
        "script-src 'self'; style-src 'self'; worker-src 'self'",
    )
    hsts: HstsValue | None = key(
        "How long browsers insist on HTTPS for this host and its subdomains. `false` sends no such header.",
        "30d",
        default="1y",
    )
    body: Size | None = key("The largest request body.", "25MB", default="10MB")
    hidden: list[UrlPath] | None = key(
        "Paths that are never served to the outside, beside dot files, backups, metrics and detailed health.",
        ["/internal"],
    )
    admin: Admin | None = key(
        "Paths that only some addresses reach.", {"paths": ["/admin"], "allow": ["10.0.0.0/8", "203.0.113.7"]}
    )
    tenants: Literal["subdomain"] | None = key(
        "`subdomain`: every tenant has a subdomain of the host, and its name reaches the services.", "subdomain"
    )
    maintenance: FilePath | None = key(
        "An HTML file that is shown while the service is away, instead of the built-in page.", "./maintenance.html"
    )
