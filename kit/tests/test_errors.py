import asyncio
import json
import logging

from fastapi import FastAPI
from pydantic import BaseModel

from stackyard_kit import logs, problems
from stackyard_kit.layers import Contained, Correlated, Logged
from stackyard_kit.metrics import Measured, Metrics
from stackyard_kit.problems import ProblemError


class Line(BaseModel):
    amount: int


def build(metrics):
    app = FastAPI()
    problems.install(app)

    @app.get("/boom/{number}")
    async def boom(number: int) -> None:
        raise RuntimeError("the password is hunter2")

    @app.post("/lines")
    async def lines(body: list[Line]) -> None:
        raise ProblemError(409, "Sold out.", kind="out-of-stock", errors=[{"pointer": "/0", "detail": "none left"}])

    return Correlated(Logged(Contained(Measured(app, metrics))))


def ask(method, path, body=b"", request_id=b"edge-0000-1111", metrics=None):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    headers = [(b"x-request-id", request_id), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"token=hidden",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "root_path": "",
    }
    asyncio.run(build(metrics or Metrics())(scope, receive, send))
    answer = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(answer)


def test_every_failure_is_a_problem_document():
    """APP-06: one shape for 404, 405, 409, 422 and 500."""
    cases = [
        (("GET", "/nowhere"), 404, "about:blank"),
        (("DELETE", "/lines"), 405, "about:blank"),
        (("POST", "/lines", b'[{"amount": 1}]'), 409, "urn:problem:out-of-stock"),
        (("POST", "/lines", b'[{"amount": "x"}]'), 422, "urn:problem:validation"),
        (("POST", "/lines", b"{"), 422, "urn:problem:validation"),
        (("GET", "/boom/1"), 500, "about:blank"),
    ]
    for request, status, kind in cases:
        got, headers, body = ask(*request)
        assert (got, body["status"], body["type"]) == (status, status, kind)
        assert headers[b"content-type"] == b"application/problem+json"
        assert headers[b"x-request-id"] == b"edge-0000-1111"
        assert body["correlation_id"] == "edge-0000-1111"
        assert body["instance"] == request[1]
        assert body["title"]


def test_a_validation_problem_points_at_the_value():
    """APP-06: the pointer is a JSON pointer into the body."""
    _, _, body = ask("POST", "/lines", b'[{"amount": 1}, {"amount": "x"}]')
    assert [error["pointer"] for error in body["errors"]] == ["/1/amount"]


def test_an_unhandled_failure_tells_the_log_everything_and_the_client_nothing(caplog):
    """APP-06: never internals."""
    with caplog.at_level(logging.INFO):
        _, _, body = ask("GET", "/boom/1")
    assert "hunter2" not in json.dumps(body)
    assert any(record.exc_info for record in caplog.records)
    assert "token=hidden" not in caplog.text


def test_requests_are_counted_by_the_template_of_their_route():
    """APP-02: ids make no new series."""
    metrics = Metrics()
    ask("GET", "/boom/1", metrics=metrics)
    ask("GET", "/boom/2", metrics=metrics)
    ask("GET", "/nowhere/3", metrics=metrics)
    text = metrics.text().decode()
    assert 'http_requests_total{method="GET",route="/boom/{number}",status="500"} 2.0' in text
    assert 'http_request_errors_total{method="GET",route="/boom/{number}"} 2.0' in text
    assert 'http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert "process_resident_memory_bytes" in text
    assert "process_cpu_seconds_total" in text


def test_a_log_entry_is_one_line_of_json():
    """APP-03: structured logs."""
    record = logging.LogRecord("shop", logging.INFO, "", 1, "order\nplaced", (), None)
    record.fields = {"number": "1001"}
    line = logs.JsonLines("inventr").format(record)
    assert "\n" not in line
    entry = json.loads(line)
    assert (entry["event"], entry["number"], entry["service"], entry["level"]) == (
        "order\nplaced",
        "1001",
        "inventr",
        "info",
    )
