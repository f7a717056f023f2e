"""The rendered text: what stands in it where the wire cannot tell, and what nginx itself says about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.errors import PartError
from stackyard.model.system import System
from stackyard.resources.nginx import Direct, EdgePlace, StaticRoot, command, render, start_lines
from stackyard.resources.nginx.paths import below, hidden
from stackyard.resources.nginx.tuning import Workers, tune
from stackyard.resources.nginx.zones import Zone, zones

from .yard import HOST, Tls, Yard, limit, route, system, with_edge

PLACE = EdgePlace(
    work="/var/lib/yard/edge",
    nginx_version=(1, 22, 1),
    http=80,
    https=443,
    health="127.0.0.1:9180",
    addresses=("0.0.0.0", "[::]"),
    upstreams={"api": ("unix:/run/yard/api.sock",)},
    static={"web": StaticRoot("/srv/web")},
    certificate="/tls/edge.pem",
    key="/tls/edge.key",
)


def text(of: object = None, place: EdgePlace = PLACE) -> str:
    return "\n".join(file.content for file in render(of or system("production"), place))  # type: ignore[arg-type]


def test_the_same_system_at_the_same_place_renders_the_same_files() -> None:
    first, second = render(system(), PLACE), render(system(), PLACE)
    assert first == second
    assert [str(file.path) for file in first] == [
        *("nginx.conf", "headers.conf", "guard.conf", "proxy.conf", "errors.conf", "mime.types"),
    ]


def test_a_system_without_an_edge_needs_no_nginx() -> None:
    assert render(replace(system(), edge=None), PLACE) == ()


def test_nginx_stays_in_the_foreground_and_writes_where_it_may() -> None:
    rendered = text()
    for line in (
        "daemon off;",
        'pid "/var/lib/yard/edge/nginx.pid";',
        'client_body_temp_path "/var/lib/yard/edge/client_body";',
        'proxy_temp_path "/var/lib/yard/edge/proxy";',
        'fastcgi_temp_path "/var/lib/yard/edge/fastcgi";',
        'uwsgi_temp_path "/var/lib/yard/edge/uwsgi";',
        'scgi_temp_path "/var/lib/yard/edge/scgi";',
        'access_log "/dev/stdout" json buffer=4k flush=100ms;',
    ):
        assert line in rendered
    assert "\nuser " not in rendered
    assert "/etc/nginx" not in rendered
    assert command("/usr/sbin/nginx", "/conf", "/work") == (
        *("/usr/sbin/nginx", "-e", "stderr", "-p", "/work", "-c", "/conf/nginx.conf"),
    )


def test_http_2_is_asked_for_in_the_words_of_the_version() -> None:
    """EDGE-01: `http2 on` came with nginx 1.25.1."""
    old, new = text(), text(place=replace(PLACE, nginx_version=(1, 25, 1)))
    assert "listen 0.0.0.0:443 ssl http2;" in old
    assert "http2 on;" not in old
    assert "listen 0.0.0.0:443 ssl;" in new
    assert "http2 on;" in new


def test_an_nginx_that_cannot_refuse_a_handshake_answers_421_instead() -> None:
    assert "ssl_reject_handshake on;" in text()
    assert "ssl_reject_handshake" not in text(place=replace(PLACE, nginx_version=(1, 18, 0)))
    assert "ssl_reject_handshake" not in text(system("development"))


def test_standard_ports_are_not_written_into_redirects() -> None:
    assert "return 308 https://$host$request_uri;" in text()
    assert "return 308 https://$host:8443$request_uri;" in text(place=replace(PLACE, https=8443))


def test_a_service_is_reached_by_kept_connections_or_by_new_ones() -> None:
    """EDGE-06: two upstreams of the same servers; which of them is asked, the map says."""
    rendered = text()
    assert rendered.count('server "unix:/run/yard/api.sock" max_fails=0;') == 2
    assert blocks(rendered, "upstream") == ["api-any", "api-any-kept"]
    assert rendered.count("\n        keepalive 32;") == 1
    assert "proxy_pass http://api-any$edge_kept;" in rendered


def test_a_kept_connection_is_given_up_before_a_new_release_would_miss_its_requests() -> None:
    """TGT-04: `keepalive_time` came with nginx 1.19.10; before it a busy connection lives for 100 requests."""
    assert "keepalive_time 500ms;" in text()
    older = text(place=replace(PLACE, nginx_version=(1, 18, 0)))
    assert "keepalive_timeout 500ms;" in older
    assert "keepalive_time " not in older


def test_several_replicas_share_their_health_among_the_workers() -> None:
    """EDGE-07: in one zone of memory for each of the two ways."""
    two = text(place=replace(PLACE, upstreams={"api": ("127.0.0.1:8001", "127.0.0.1:8002")}))
    assert two.count('server "127.0.0.1:8002" max_fails=1 fail_timeout=1s;') == 2
    assert "zone api-any 64k;" in two
    assert "zone api-any-kept 64k;" in two


def test_where_addresses_change_a_request_that_nginx_gives_up_for_it_begins_anew() -> None:
    """EDGE-07: twice at most, and never one that may have changed something already."""
    rendered = text(place=replace(PLACE, upstreams={"api": ("api:8000",)}, resolver="127.0.0.11"))
    named = dict(re.findall(r"location (@again-\S+) \{(.*?\n)        \}\n", rendered, re.S))
    assert set(re.findall(r"error_page 502 = (\S+);", rendered)) == set(named) != set()
    assert all('if ($edge_again = "") {' in body for body in named.values())
    assert {name for name, body in named.items() if "error_page 502 =" not in body} == {
        name for name in named if name.endswith("-twice")
    }
    (rule,) = re.findall(r'"~(\S.*?)" 1;', rendered.partition("$edge_again {")[2].partition("}")[0])
    given_up, asked_all = "10.0.0.2:8000, api-any-kept", "10.0.0.2:8000, 10.0.0.3:8000"
    assert re.search(rule, f"-kept:512, 0:{given_up}")
    assert re.search(rule, f":0, 0:{given_up}")
    assert re.search(rule, f":0, 0 : 0, 0:{given_up} : {given_up}")
    assert not re.search(rule, f":0, 0 : 0, 512:{given_up} : {given_up}")
    assert not re.search(rule, f"-kept:0, 0 : 512:{given_up} : 10.0.0.3:8000")
    assert not re.search(rule, f":512, 0:{given_up}")
    assert not re.search(rule, f"-kept:512, 512:{asked_all}")
    assert not re.search(rule, "-kept:0:api-any-kept")
    assert "@again" not in text()


def blocks(rendered: str, kind: str) -> list[str]:
    lines = (line.split() for line in rendered.splitlines())
    return [words[1] for words in lines if words[:1] == [kind] and words[-1] == "{"]


@pytest.mark.parametrize(
    ("cores", "memory", "files", "workers"),
    [
        (2, None, 65536, Workers(2, 16384, 32832)),
        (4, None, 1024, Workers(4, 480, 1024)),
        (2, 128 * 1024**2, 65536, Workers(2, 1024, 2112)),
        (0, 1, 256, Workers(1, 128, 256)),
    ],
)
def test_workers_are_tuned_from_the_machine(cores: int, memory: int | None, files: int, workers: Workers) -> None:
    assert tune(cores, memory, files) == workers


def test_zones_are_ordered_by_length_and_hold_rate_and_burst() -> None:
    """EDGE-03: the bucket holds count + burst, and nginx counts the first request apart."""
    assert zones((limit("/", 30, "s"), limit("/api/auth", 5, "min", 2), limit("/api", 100, "min"))) == (
        Zone("rate_1", "^/api/auth(/|$)", "5r/m", 6, 12),
        Zone("rate_2", "^/api(/|$)", "100r/m", 99, 1),
        Zone("rate_3", "^/", "30r/s", 29, 1),
    )


def test_a_prefix_ends_at_a_segment_and_is_literal() -> None:
    assert below("/") == "^/"
    assert below("/a.b/") == r"^/a\.b(/|$)"


def test_hidden_patterns_are_paths_or_names() -> None:
    assert hidden(("/private/*/x", "*.log", "/deep/**/y"), ("/api",))[-3:] == (
        "^/private/[^/]*/x(/|$)",
        r"/[^/]*\.log$",
        "^/deep/.*/y(/|$)",
    )


def test_a_browser_queues_its_streams_before_the_limit_refuses_them() -> None:
    """EDGE-03: nginx counts every stream of HTTP/2 as a connection."""
    assert "http2_max_concurrent_streams 15;" in text(with_edge(system(), connections=20))
    assert "http2_max_concurrent_streams 128;" in text(with_edge(system(), connections=0))


@pytest.mark.parametrize(
    ("of", "place", "message"),
    [
        (system(csp="default-src 'self'\nX: y"), PLACE, "control characters"),
        (system(csp="default-src $host"), PLACE, "dollar sign"),
        (system(host="shop.localhost; include /etc/passwd"), PLACE, "not a host name"),
        (system(), replace(PLACE, static={"web": StaticRoot("/srv/$HOME")}), "dollar sign"),
    ],
)
def test_what_nginx_could_not_hold_is_refused_with_its_reason(of: object, place: EdgePlace, message: str) -> None:
    with pytest.raises(PartError, match=message):
        text(of, place)


@pytest.mark.parametrize(
    ("of", "place", "is_reloaded"),
    [
        (system(), PLACE, True),
        (with_edge(system(), hsts=0), PLACE, True),
        (system(), replace(PLACE, cores=8), True),
        (system(), replace(PLACE, https=8443), False),
        (system(), replace(PLACE, addresses=("0.0.0.0",)), False),
        (system(), replace(PLACE, work="/elsewhere"), False),
    ],
)
def test_a_change_of_rules_is_reloaded_and_a_change_of_listeners_restarts(
    of: System, place: EdgePlace, *, is_reloaded: bool
) -> None:
    assert (start_lines(render(of, place)) == start_lines(render(system(), PLACE))) is is_reloaded


@pytest.mark.real
@pytest.mark.parametrize("environment", ["development", "production"])
def test_nginx_accepts_everything_at_once_without_a_warning(
    yard: Callable[..., Yard], front: Path, environment: str, free: Callable[[], int]
) -> None:
    """Quotes, spaces and regular expression characters in every field that a person writes."""
    odd = front.rename(front.parent / 'a "front" \\n end; {x}')
    of = system(
        environment,
        host="shop-1.localhost",
        routes=(
            route("/api", "api", timeout=0.4, affinity=True, body=0),
            route("/a.b c", "api"),
            route("/live", "live"),
            route("/console", "console"),
            route("/", "web"),
        ),
        limits=(limit("/a.b (c", 5, "min"), limit("/api/", 1, "s"), limit("/", 1000, "s", 9)),
        connections=20,
        cors=("https://a.example", "https://b.example:8443", "http://[::1]:3000"),
        csp="default-src 'self' \"odd\" https://x.example/;p",
        hidden=("/in ternal", "*.(log)", "/deep/**/x+y"),
        admin_paths=("/admin", "/api/admin.x/"),
        admin_allow=("10.0.0.0/8", "2001:db8::/32", "127.0.0.1"),
        tenants="subdomain",
    )
    edge = yard(
        of=of,
        upstreams={"api": ("127.0.0.1:9", "127.0.0.1:10", "unix:/tmp/x y.sock")},
        static={"web": StaticRoot(str(odd)), "console": StaticRoot(str(odd), spa=False)},
        direct=(Direct(free(), "web"), Direct(free(), "api")),
        challenges=str(odd),
        maintenance=str(odd / "index.html"),
        cores=2,
    )
    tested = edge.test()
    assert tested.returncode == 0, tested.stdout
    assert b"warn" not in tested.stdout, tested.stdout
    assert edge.ask("/", host="shop-1.localhost", sni="shop-1.localhost").status == 200
    assert edge.ask("/in%20ternal/x", host="shop-1.localhost", sni="shop-1.localhost").status == 404


@pytest.mark.real
def test_a_challenge_is_answered_over_plain_http(yard: Callable[..., Yard], front: Path) -> None:
    """EDGE-04: an authority asks on port 80, and only these files are not redirected."""
    folder = front / ".well-known/acme-challenge"
    folder.mkdir()
    (folder / "tok_en-1").write_text("tok.print")
    edge = yard(of=system(tls=Tls.ACME), front=front, challenges=str(front))
    answer = edge.ask("/.well-known/acme-challenge/tok_en-1", host=HOST, tls=False)
    assert (answer.status, answer.body, answer.get("Content-Type")) == (200, b"tok.print", "text/plain")
    assert edge.ask("/.well-known/acme-challenge/other", tls=False).status == 404
    assert edge.ask("/.well-known/security.txt", tls=False).status == 308
