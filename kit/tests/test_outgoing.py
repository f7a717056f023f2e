"""Calls of other services: bounded, retried where that is safe, cut off when nobody answers."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from stackyard_kit import correlation, deadline, problems
from stackyard_kit.application import LAYERS
from stackyard_kit.breaker import Breaker, Circuit, DependencyAwayError, Policy
from stackyard_kit.health import Check, Health, verdict
from stackyard_kit.metrics import Metrics
from stackyard_kit.outgoing import FAILURES, create_client
from stackyard_kit.testing import metric

POLICY = Policy(failures=3, window=10.0, rest=5.0, longest=15.0)


def test_a_circuit_opens_after_failures_close_together_and_closes_after_a_good_trial():
    """APP-08: the state machine, without a clock."""
    circuit = Circuit(POLICY)
    for now in (0.0, 1.0, 11.5):
        circuit.failed(now)
    assert circuit.state(11.5) == "closed"  # the first two were too long ago
    circuit.failed(12.0)
    circuit.failed(12.5)
    assert (circuit.state(13.0), circuit.admit(13.0), circuit.wait(13.0)) == ("open", False, 4.5)
    assert (circuit.state(17.5), circuit.admit(17.5), circuit.admit(17.6)) == ("trying", True, False)
    circuit.succeeded()
    assert (circuit.state(17.7), circuit.admit(17.7)) == ("closed", True)


def test_a_trial_that_fails_doubles_the_rest_to_its_limit_and_one_that_is_lost_does_not_block():
    circuit = Circuit(POLICY)
    for _ in range(3):
        circuit.failed(0.0)
    rests = []
    now = 0.0
    for _ in range(3):
        now += circuit.wait(now)
        assert circuit.admit(now)
        circuit.failed(now)
        rests.append(circuit.wait(now))
    assert rests == [10.0, 15.0, 15.0]
    now += 15.0
    assert circuit.admit(now)  # of this one nobody hears again
    assert not circuit.admit(now + 4.9)
    assert circuit.admit(now + 5.0)


class Carrier:
    """Another service, as a transport: it answers what it is told to, and remembers the requests."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    async def __call__(self, request):
        self.requests.append(request.headers.copy())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await asyncio.sleep(60)
        return httpx.Response(answer, json={"ok": True})


def call(carrier, method="GET", times=1, clock=None, metrics=None, seconds=0.2, **more):
    async def story():
        now = {"now": clock.monotonic} if clock else {}
        breaker = Breaker("carrier", metrics or Metrics(), policy=POLICY, failures=FAILURES, **now)
        transport = httpx.MockTransport(carrier)
        async with create_client("http://carrier", breaker=breaker, seconds=seconds, transport=transport) as client:
            answers = []
            for _ in range(times):
                try:
                    answers.append((await client.request(method, "/parcels", **more)).status_code)
                except DependencyAwayError:
                    answers.append("away")
            return answers, breaker

    return asyncio.run(story())


@pytest.mark.parametrize("trouble", [503, httpx.ConnectError("refused"), None])
def test_what_may_be_sent_twice_is_tried_again(trouble):
    """APP-08: retries towards dependencies, with a limit in time for each."""
    carrier = Carrier(trouble, 200)
    assert call(carrier)[0] == [200]
    assert len(carrier.requests) == 2


def test_what_may_not_be_sent_twice_is_sent_once():
    for more, tries in (({"json": {}}, 1), ({"json": {}, "headers": {"Idempotency-Key": "k1"}}, 2)):
        carrier = Carrier(503, 201)
        call(carrier, "POST", **more)
        assert len(carrier.requests) == tries


def test_an_answer_is_not_retried_and_an_inability_that_stays_is_told():
    for status, tries in ((404, 1), (500, 1), (503, 3)):
        carrier = Carrier(status)
        assert call(carrier)[0] == [status]
        assert len(carrier.requests) == tries


def test_a_dependency_that_is_away_is_left_alone_and_tried_again_after_its_rest(clock):
    """APP-08: a circuit breaker, with figures and a finding for health."""
    carrier, metrics = Carrier(httpx.ConnectError("refused")), Metrics()
    answers, breaker = call(carrier, times=3, clock=clock, metrics=metrics)
    assert answers == ["away"] * 3
    assert len(carrier.requests) == 3  # the first call's three tries; the others were refused at once
    assert metric(metrics.text(), "breaker_state", dependency="carrier") == 2
    assert metric(metrics.text(), "breaker_calls_total", dependency="carrier", result="refused") == 2
    findings = asyncio.run(Health((Check("carrier", breaker.ask, vital=False),)).findings())
    assert (findings[0].error, verdict(findings)) == ("DependencyAwayError", "degraded")
    clock.move(5)
    assert breaker.state == "trying"


def test_the_correlation_id_and_what_is_left_of_the_deadline_go_along():
    """APP-03: the id goes on to outgoing calls."""
    correlation.accept("edge-out-0001")
    carrier = Carrier(200)
    with deadline.within(2.0):
        call(carrier)
    (sent,) = carrier.requests
    assert sent["x-request-id"] == "edge-out-0001"
    assert 1.5 < float(sent["x-request-timeout"]) <= 2.0


def test_after_the_deadline_nothing_is_sent():
    carrier = Carrier(200)
    with deadline.within(0.0), pytest.raises(deadline.DeadlinePassedError):
        call(carrier)
    assert carrier.requests == []


def test_an_impatient_caller_does_not_open_the_circuit():
    carrier, metrics = Carrier(None), Metrics()
    with deadline.within(1.0), pytest.raises(deadline.DeadlinePassedError):
        call(carrier, metrics=metrics, seconds=60)
    assert len(carrier.requests) == 1
    assert metric(metrics.text(), "breaker_calls_total", dependency="carrier", result="failed") == 0


def test_a_hostile_deadline_is_ignored():
    assert [deadline.read(text) for text in ("nan", "inf", "-1", "0", "soon", "", "1e9", "2.5")] == [None] * 7 + [2.5]


def test_callers_get_problem_documents_for_both():
    """APP-06: 503 with Retry-After for a dependency that is away, 504 for a deadline that passed."""
    app = FastAPI()
    problems.install(app)

    @app.get("/away")
    async def away() -> None:
        raise DependencyAwayError("carrier", 4.2)

    @app.get("/slow")
    async def slow() -> float:
        await asyncio.sleep(0.02)
        return deadline.remaining()

    layered = app
    for layer in reversed(LAYERS):
        layered = layer(layered)

    async def story():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(layered), base_url="http://test") as client:
            slow = await client.get("/slow", headers={"X-Request-Timeout": "0.01"})
            return await client.get("/away"), slow

    away_answer, slow_answer = asyncio.run(story())
    assert (away_answer.status_code, away_answer.json()["type"]) == (503, "urn:problem:dependency-away")
    assert away_answer.headers["retry-after"] == "5"
    assert "carrier" not in away_answer.text
    assert (slow_answer.status_code, slow_answer.json()["type"]) == (504, "urn:problem:deadline-passed")
