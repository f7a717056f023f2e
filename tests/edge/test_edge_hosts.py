"""Which host names the edge answers for, and what it tells the others."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.resources.nginx import Direct

from .yard import HOST, Echo, Yard, route, system

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    "host", ["evil.example", "a.b.shop.localhost", "xshop.localhost", "shop.localhost.evil.example"]
)
def test_an_unknown_host_is_never_proxied(yard: Callable[..., Yard], echo: Callable[..., Echo], host: str) -> None:
    api = echo()
    edge = yard(of=system(tenants="subdomain"), upstreams={"api": (api.address,)})
    for tls in (False, True):
        answer = edge.ask("/api/x", host=host, headers={"X-Forwarded-Host": HOST}, tls=tls)
        assert answer.status == 421
        assert answer.json["title"] == "This server does not answer for that host"
    absolute = edge.send(f"GET http://{host}/api/x HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    assert absolute.status == 421
    assert api.seen == []


def test_a_request_without_a_host_is_refused(yard: Callable[..., Yard], echo: Callable[..., Echo]) -> None:
    api = echo()
    edge = yard(upstreams={"api": (api.address,)})
    assert edge.send(b"GET /api/x HTTP/1.1\r\nConnection: close\r\n\r\n").status == 400
    assert edge.send(b"GET /api/x HTTP/1.0\r\n\r\n").status == 421
    assert edge.send(f"GET /api/x HTTP/1.1\r\nHost: {HOST}\r\nHost: evil.example\r\n\r\n".encode()).status == 400
    assert api.seen == []


def test_the_names_of_the_machine_work_in_development_only(yard: Callable[..., Yard], front: Path) -> None:
    development = yard(front=front)
    for host in ("localhost", "127.0.0.1", f"127.0.0.1:{development.https}", "[::1]"):
        assert development.ask("/", host=host).status == 200
    production = yard(of=system("production"), front=front)
    assert production.ask("/", host="localhost").status == 421
    assert production.ask("/").status == 200


def test_production_shows_no_certificate_to_who_asks_for_another_host(yard: Callable[..., Yard], front: Path) -> None:
    edge = yard(of=system("production"), front=front)
    for name in ("evil.example", "localhost"):
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            edge.connect(sni=name)


def test_the_tenant_comes_from_the_host_name_alone(yard: Callable[..., Yard], echo: Callable[..., Echo]) -> None:
    """EDGE-08: `acme.shop.localhost` reaches tenant acme and nothing else."""
    edge = yard(of=system(tenants="subdomain"), upstreams={"api": (echo().address,)})
    forged = {"X-Tenant": "globex", "x_tenant": "globex"}
    for host, tenants in ((f"ACME.{HOST}", ["acme"]), (HOST, [])):
        received = edge.ask("/api/x", host=host, headers=forged).json["headers"]
        assert [value for key, value in received if key.replace("_", "-") == "x-tenant"] == tenants


def test_without_tenants_the_header_is_dropped_and_subdomains_are_unknown(
    yard: Callable[..., Yard], echo: Callable[..., Echo]
) -> None:
    edge = yard(upstreams={"api": (echo().address,)})
    received = edge.ask("/api/x", headers={"X-Tenant": "globex"}).json["headers"]
    assert "x-tenant" not in dict(received)
    assert edge.ask("/api/x", host=f"acme.{HOST}").status == 421


def test_the_health_probe_stands_on_loopback_and_is_not_logged(yard: Callable[..., Yard], front: Path) -> None:
    edge = yard(front=front)
    answer = edge.ask("/nginx-health", port=edge.health, tls=False)
    assert (answer.status, answer.body) == (200, b"ok\n")
    assert edge.ask("/other", port=edge.health, tls=False).status == 404
    assert edge.ask("/nginx-health").get("Content-Type") == "text/html; charset=utf-8"  # a page of the site, no probe
    assert [line["path"] for line in edge.lines(1)] == ["/nginx-health"]


def test_administration_is_reached_from_allowed_addresses_only(
    yard: Callable[..., Yard], echo: Callable[..., Echo]
) -> None:
    """EDGE-11: also in the shapes that a service might read as the same path."""
    api = echo()
    paths = ("/api/admin",)
    shut = yard(of=system(admin_paths=paths, admin_allow=("10.0.0.0/8",)), upstreams={"api": (api.address,)})
    for path in ("/api/admin", "/api/admin/users", "/api//admin", "/api/%61dmin", "/api/x/../admin", "/api/ADMIN"):
        assert shut.ask(path, headers={"X-Forwarded-For": "10.0.0.1"}).status == 403, path
    assert api.seen == []
    assert shut.ask("/api/administration").status == 200
    opened = yard(of=system(admin_paths=paths, admin_allow=("127.0.0.1",)), upstreams={"api": (api.address,)})
    assert opened.ask("/api/admin/users").status == 200


def test_a_direct_port_serves_the_front_end_and_the_api_without_tls(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path, free: Callable[[], int]
) -> None:
    """TOP-05: the documented ports of development."""
    web, api = free(), free()
    edge = yard(upstreams={"api": (echo().address,)}, front=front, direct=(Direct(web, "web"), Direct(api, "api")))
    page = edge.ask("/orders", host=f"localhost:{web}", tls=False, port=web)
    assert (page.status, page.get("Strict-Transport-Security")) == (200, None)
    answer = edge.ask("/api/x", host=f"localhost:{web}", tls=False, port=web).json
    assert dict(answer["headers"])["host"] == f"localhost:{web}"
    assert edge.ask("/metrics", host="localhost", tls=False, port=web).status == 404
    # The service's own port hides nothing: its metrics are scraped there.
    assert edge.ask("/metrics", host="localhost", tls=False, port=api).status == 200
    assert edge.ask("/metrics", host="evil.example", tls=False, port=api).status == 421


def test_a_path_that_no_route_has_is_not_found(yard: Callable[..., Yard], echo: Callable[..., Echo]) -> None:
    edge = yard(of=system(routes=(route("/api", "api"),)), upstreams={"api": (echo().address,)})
    assert edge.ask("/api").status == 200
    assert edge.ask("/apis").status == 404
    assert edge.ask("/").status == 404
