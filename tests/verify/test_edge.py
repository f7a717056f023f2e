"""What the checks of the edge make of what they see, and which paths they may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.model.system import Edge, Limit, Route, System
from stackyard.model.values import Position, Rate
from stackyard.verify.check import CannotSeeError
from stackyard.verify.edge import paths
from stackyard.verify.edge.errors import told
from stackyard.verify.edge.headers import wrong as wrong_header
from stackyard.verify.edge.hidden import hidden_paths, tricks
from stackyard.verify.edge.limits import Burst, wrong
from stackyard.verify.edge.log import upstreams
from stackyard.verify.edge.wire import Answer

AT = Position("stackyard.yaml", 1)
TEN = Limit("/api", Rate(10, "s"), 20)
REFUSED = Answer("GET /api/x", 429, (("Retry-After", "1"),), b"")


def answer(status: int = 200, body: str = "", **headers: str) -> Answer:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer("GET /", status, fields, body.encode())


def edge(**settings: object) -> Edge:
    routes = (Route("/api", "api", AT), Route("/", "web", AT))
    return Edge(**{"host": "shop.localhost", "position": AT, "routes": routes, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(("passed", "seconds"), [(30, 0.05), (31, 0.1), (34, 0.4), (52, 2.0)])
def test_a_limit_is_kept_when_its_bucket_and_what_was_refilled_passes(passed: int, seconds: float) -> None:
    """EDGE-03: ten a second and twenty more are thirty at once, and ten for every second that it took."""
    assert wrong(TEN, Burst(passed, seconds, REFUSED)) == ""


def test_a_limit_that_lets_more_through_is_broken() -> None:
    assert wrong(TEN, Burst(36, 0.1, REFUSED)) == "/api lets 36 requests through in 0.1 s, not 30 and 10/s"
    assert "lets 33 requests through" in wrong(TEN, Burst(33, 0.0, None))


def test_a_limit_that_refuses_too_early_is_broken() -> None:
    assert wrong(TEN, Burst(29, 0.1, REFUSED)) == "/api refuses after 29 requests, not after 30"


def test_who_is_refused_must_be_told_when_to_come_back() -> None:
    assert "not told when to come back" in wrong(TEN, Burst(30, 0.1, answer(429)))


def test_a_service_that_is_slower_than_its_limit_shows_nothing() -> None:
    """A busy machine is no broken promise."""
    with pytest.raises(CannotSeeError, match="too slowly"):
        wrong(TEN, Burst(60, 8.1, None))


def test_a_header_must_be_there_once_and_say_the_right_thing() -> None:
    name = "X-Frame-Options"
    assert wrong_header(answer(X_Frame_Options="SAMEORIGIN"), name, "SAMEORIGIN") == ""
    assert wrong_header(answer(X_Frame_Options="anything"), name, "") == ""
    assert wrong_header(answer(404), name, "") == "X-Frame-Options is missing on a 404"
    assert wrong_header(answer(X_Frame_Options="ALLOW"), name, "DENY") == "X-Frame-Options is not 'DENY' on a 200"
    twice = Answer("GET /", 200, ((name, "DENY"), (name.lower(), "DENY")), b"")
    assert wrong_header(twice, name, "DENY") == "X-Frame-Options is there 2 times on a 200"


@pytest.mark.parametrize(
    ("shown", "what"),
    [
        (answer(Server="nginx/1.22.1"), "a version of a program"),
        (answer(500, "Traceback (most recent call last):"), "a stack trace"),
        (answer(500, "cannot open /srv/app/data"), "a path of this machine"),
        (answer(404, "<center>nginx</center>"), "the name of the server"),
        (answer(X_Powered_By="Express"), "X-Powered-By"),
    ],
)
def test_what_tells_of_the_inside_is_noticed(shown: Answer, what: str) -> None:
    """EDGE-12: in the headers of any answer, and in the text of an error."""
    assert told(shown) == [what]


def test_a_good_answer_may_speak_of_versions_and_traces() -> None:
    assert told(answer(200, "Python/3.11 says: Traceback (most recent call last)", Server="nginx")) == []


def test_hidden_paths_are_asked_for_below_every_route_and_in_other_spellings() -> None:
    """EDGE-10: the file's own patterns, too, with something in the place of a star."""
    found = list(hidden_paths(edge(hidden=("/internal", "*.private"))))
    assert {"/.env", "/api/metrics", "/metrics", "/api/health/detailed", "/dump.sql"} <= set(found)
    assert {"/internal", "/internal/below", "/x.private", "/deep/x.private", "/%2eenv", "/api//metrics"} <= set(found)


def test_a_trick_is_another_spelling_of_the_same_path() -> None:
    assert "/api/x/%2e%2e/metrics" in tricks("/api/metrics")
    assert "/api/%6detrics" in tricks("/api/metrics")
    assert "/api/metrics" not in tricks("/api/metrics")


def test_no_path_is_asked_for_that_is_hidden_or_for_administrators() -> None:
    own = edge(hidden=("/internal",), admin_paths=("/api/admin",))
    assert paths.reachable(own, "/api/stackyard-verify")
    assert not paths.reachable(own, "/internal/x")
    assert not paths.reachable(own, "/api/admin/x")
    assert not paths.reachable(own, "/.env")
    assert paths.reachable(own, "/.well-known/security.txt")


def test_the_longest_path_decides_how_much_room_there_is() -> None:
    limits = (Limit("/", Rate(30, "s"), 60), TEN, Limit("/api/auth", Rate(5, "min"), 5))
    assert paths.room(edge(limits=limits), "/api/auth/x") == 10
    assert paths.room(edge(limits=limits), "/api/authors") == 30
    assert paths.room(edge(limits=limits), "/x") == 90


def test_where_a_request_went_is_read_from_every_form_that_nginx_writes() -> None:
    assert upstreams({"upstream": "127.0.0.1:8000"}) == ["127.0.0.1:8000"]
    assert upstreams({"upstream": "127.0.0.1:8000, 127.0.0.1:8001"}) == ["127.0.0.1:8000", "127.0.0.1:8001"]
    assert upstreams({"upstream": ""}) == []


def test_a_system_without_room_for_so_many_requests_cannot_be_asked_them() -> None:
    tight = edge(limits=(Limit("/", Rate(1, "s"), 0), Limit("/api", Rate(1, "s"), 0)))
    with pytest.raises(CannotSeeError, match="no path lets an address make 21 requests at once"):
        paths.harmless(_system(tight), fewest=21)


def _system(own: Edge) -> System:
    from stackyard.model.system import PythonSource, Service, StaticSource

    services = (
        Service("api", PythonSource(Path("/shop/api")), AT, port=8000),
        Service("web", StaticSource(Path("/shop/web")), AT),
    )
    return System("shop", "development", Path("/shop"), Path("/shop/stackyard.yaml"), services, edge=own)
