"""What stands in front, read as far as it can be read surely: nginx, Caddy, Traefik."""

from __future__ import annotations

import pytest

from stackyard.importing.compose.caddy import read_caddyfile
from stackyard.importing.compose.forms import Pair
from stackyard.importing.compose.nginx import read_nginx
from stackyard.importing.compose.traefik import read_labels
from stackyard.spec.tree import Scalar

NOWHERE = Scalar("", "", 1, 1)


def test_nginx_routes_come_from_locations_and_upstreams() -> None:
    found = read_nginx(
        """
        # a comment { with braces }
        upstream api { server backend:8000; keepalive 8; }
        server {
            server_name shop.example.org www.shop.example.org;
            client_max_body_size 20m;
            add_header Content-Security-Policy "default-src 'self'";
            location /api/ { proxy_pass http://api; }
            location = /health { proxy_pass http://api; }
            location / { proxy_pass http://web:3000/; }
        }
        """
    )
    assert found.routes["shop.example.org", "/api"] == ("backend", 8000)
    assert found.routes["shop.example.org", "/health"] == ("backend", 8000)
    assert found.routes["shop.example.org", "/"] == ("web", 3000)
    assert found.hosts == ["shop.example.org", "www.shop.example.org"]
    assert (found.body, found.csp, found.lost) == ("20m", "default-src 'self'", [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("location ~ ^/(a|b) { proxy_pass http://web:1; }", "a route is a path, not a pattern"),
        ("location /v1/ { proxy_pass http://web:1/; }", "the path of /v1/ is not cut off"),
        ("location / { fastcgi_pass php:9000; }", "a service speaks HTTP"),
        ("location /static/ { alias /static/; }", "the files below /static/"),
        ("location / { proxy_pass http://$target; }", "its target is a variable"),
        ("rewrite ^/old /new;", "rewrite"),
        ("deny all;", "edge.admin"),
        ("limit_req_zone $a zone=b:1m rate=1r/s;", "edge.limits"),
        ("sub_filter a b;", "sub_filter"),
    ],
)
def test_what_an_edge_cannot_say_is_said(line: str, said: str) -> None:
    assert any(said in clause for clause in read_nginx(f"server {{ {line} }}").lost)


@pytest.mark.parametrize("text", ["server {", "}", "server { location", "{" * 50, '"open'])
def test_a_broken_configuration_has_no_routes(text: str) -> None:
    assert read_nginx(text).routes == {}


def test_caddy_proxies_paths_and_handles() -> None:
    found = read_caddyfile(
        "{\n\temail ops@example.org\n}\n"
        "example.org, www.example.org {\n\tencode gzip\n\treverse_proxy /api/* api:8000\n"
        "\thandle_path /docs/* {\n\t\treverse_proxy docs:80\n\t}\n\treverse_proxy web:3000\n\tbasic_auth {\n\t}\n}\n"
        "http://plain.example.org {\n\treverse_proxy other:1\n}\n"
    )
    assert found.routes["example.org", "/api"] == ("api", 8000)
    assert found.routes["example.org", "/docs"] == ("docs", 80)
    assert found.routes["example.org", "/"] == ("web", 3000)
    assert found.routes["plain.example.org", "/"] == ("other", 1)
    assert found.email == "ops@example.org"
    assert [clause.split(":")[0] for clause in found.lost] == ["the path of /docs/* is not cut off", "basic_auth"]


def test_traefik_rules_name_hosts_and_paths() -> None:
    labels = {
        "traefik.enable": "true",
        "traefik.http.routers.a.rule": "Host(`shop.example.org`) && (PathPrefix(`/api`) || PathPrefix(`/docs`))",
        "traefik.http.routers.a.tls.certresolver": "le",
        "traefik.http.middlewares.s.stripprefix.prefixes": "/api",
        "traefik.http.middlewares.r.redirectscheme.scheme": "https",
    }
    found = read_labels([Pair(name, value, NOWHERE, NOWHERE) for name, value in labels.items()], "api")
    assert found.routes == {("shop.example.org", "/api"): ("api", 0), ("shop.example.org", "/docs"): ("api", 0)}
    assert found.acme
    assert found.lost == ["StripPrefix: the service has to answer below the path"]


def test_a_container_that_traefik_is_told_to_leave_has_no_route() -> None:
    labels = {"traefik.enable": "false", "traefik.http.routers.a.rule": "Host(`a.org`)"}
    assert read_labels([Pair(name, value, NOWHERE, NOWHERE) for name, value in labels.items()], "api").routes == {}
