"""EDGE-12: what people and programs see when something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain

from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.edge import answers
from stackyard.verify.edge.headers import unless_edge
from stackyard.verify.edge.paths import edge_in
from stackyard.verify.edge.wire import Answer, Wire

_INTERNAL = {
    "a version of a program": re.compile(r"(nginx|openssl|uvicorn|gunicorn|python|express|debian|ubuntu)/\d", re.I),
    "a stack trace": re.compile(r"Traceback \(most recent|^\s+at .+:\d+:\d+\)|File \".+\", line \d+", re.M),
    "a path of this machine": re.compile(r"/(home|root|var|srv|opt|usr)/[\w.-]+/"),
    "the name of the server": re.compile(r"<center>nginx|<address>", re.I),
}
_TELLING = ("Server", "X-Powered-By", "Via", "X-Runtime", "X-AspNet-Version")
_JSON = {"Accept": "application/json"}
_PAGE = {"Accept": "text/html,application/xhtml+xml"}


def _discreet(view: View) -> Iterator[Seen]:
    for answer in chain(answers.good(view), answers.errors(view)):
        faults = [f"{what} on a {answer.status}" for what in told(answer)]
        yield saw(answer.sent, f"{answer.line(*_TELLING)}; {_start(answer)}", fault="; ".join(faults))


def told(answer: Answer) -> list[str]:
    """What an answer tells that is nobody's business. Of a good answer only the headers are looked at."""
    heads = "\n".join(answer.all(name)[0] for name in _TELLING if answer.all(name))
    looked_at = heads if answer.status < 400 else f"{heads}\n{answer.text}"
    found = [what for what, pattern in _INTERNAL.items() if pattern.search(looked_at)]
    return found + ["X-Powered-By"] * bool(answer.all("X-Powered-By"))


def _start(answer: Answer) -> str:
    return "" if answer.status < 400 else answer.text[:160]


def _readable(view: View) -> Iterator[Seen]:
    """A page for a person, a problem document for a program, with an id that stands in the logs, too."""
    with Wire(view) as wire:
        for target in ("/.stackyard-verify", "/.git/config"):
            yield _is_problem(wire.ask(target, headers=_JSON), 404)
            yield _is_page(wire.ask(target, headers=_PAGE), 404)


def _away(view: View) -> Iterator[Seen]:
    own = edge_in(view.system).maintenance
    with Wire(view, inside=True) as inside:
        yield _is_problem(inside.ask("/nginx-away", headers=_JSON), 503)
        answer = inside.ask("/nginx-away", headers=_PAGE)
    if own is None:
        yield _is_page(answer, 503)
        return
    is_own = answer.status == 503 and answer.body == own.read_bytes()
    yield saw(answer.sent, answer.line("Content-Type"), fault=f"{own.name} is not what people see", unless=is_own)


def _is_problem(answer: Answer, status: int) -> Seen:
    fault = _wrong_status(answer, status)
    try:
        said = json.loads(answer.text)
    except ValueError:
        said = {}
    if not fault and (said.get("status") != status or said.get("correlation_id") != answer.get("X-Request-ID")):
        fault = f"a program gets no problem document that says {status} and names the request"
    return saw(answer.sent, f"{answer.line('Content-Type', 'Retry-After')}; {answer.text[:200]}", fault=fault)


def _is_page(answer: Answer, status: int) -> Seen:
    fault = _wrong_status(answer, status)
    is_page = answer.get("Content-Type").startswith("text/html") and "<h1>" in answer.text
    names_request = answer.get("X-Request-ID") in answer.text
    if not fault and not (is_page and names_request):
        fault = f"a person gets no page on a {status} that names the request"
    title = re.search("<h1>(.*?)</h1>", answer.text)
    shown = f"{answer.line('Content-Type', 'Retry-After')}; {title.group(1) if title else answer.text[:100]}"
    return saw(answer.sent, shown, fault=fault)


def _wrong_status(answer: Answer, status: int) -> str:
    if answer.status != status:
        return f"the answer is {answer.status}, not {status}"
    return "nothing says when to come back" if status == 503 and not answer.get("Retry-After").isdigit() else ""


CHECKS = (
    Check(
        "edge.discreet",
        ("EDGE-12",),
        "no answer shows a version, a stack trace or a path of the machine",
        Look.OUTSIDE,
        _discreet,
        unless_edge,
    ),
    Check(
        "edge.errors",
        ("EDGE-12",),
        "an error is a page for a person and a problem document for a program, and names its request",
        Look.OUTSIDE,
        _readable,
        unless_edge,
    ),
    Check(
        "edge.maintenance",
        ("EDGE-12",),
        "while a service is away there is a page that says so, and when to come back",
        Look.INSIDE,
        _away,
        unless_edge,
    ),
)
