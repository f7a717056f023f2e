"""EDGE-02: what browsers are told, on every answer and once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from stackyard.model.system import System
from stackyard.observe.view import View
from stackyard.verify import judges
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.edge import answers
from stackyard.verify.edge.paths import edge_in
from stackyard.verify.edge.tls import unless_secure
from stackyard.verify.edge.wire import Answer

_WANTED = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "",
    "X-Request-ID": "",
}
"""The one value that each must have; "" where any will do."""
_POLICY = "Content-Security-Policy"
_HSTS = "Strict-Transport-Security"
_GRAVE = frozenset({"HIGH", "SYNTAX"})


def _headers(view: View) -> Iterator[Seen]:
    policy = edge_in(view.system).csp
    wanted = {**_WANTED, **({_POLICY: policy} if policy else {})}
    for answer in chain(answers.good(view), answers.errors(view)):
        faults = [fault for name, value in wanted.items() if (fault := wrong(answer, name, value))]
        yield saw(answer.sent, answer.line(*wanted), fault="; ".join(faults))


def wrong(answer: Answer, name: str, value: str) -> str:
    """What is wrong with a header that must be there once, with that value if any is given; "" when it is right."""
    found = answer.all(name)
    what = f"on a {answer.status}"
    if not found:
        return f"{name} is missing {what}"
    if len(found) > 1:
        return f"{name} is there {len(found)} times {what}"
    return f"{name} is not {value!r} {what}" if value and found[0] != value else ""


def _hsts(view: View) -> Iterator[Seen]:
    wanted = f"max-age={edge_in(view.system).hsts}; includeSubDomains"
    for answer in chain(answers.good(view), answers.errors(view)):
        if answer.sent.startswith("GET http://"):
            # Over plain HTTP browsers ignore it, and must.
            continue
        yield saw(answer.sent, answer.line(_HSTS), fault=wrong(answer, _HSTS, wanted))


def _unless_hsts(system: System) -> str:
    off = "" if system.edge is None or system.edge.hsts else "the file turns HSTS off"
    return unless_secure(system) or off


def _policy(view: View) -> Iterator[Seen]:
    policies = {answer.get(_POLICY): answer.sent for answer in answers.good(view)}
    for policy, sent in policies.items():
        if not policy:
            yield saw(sent, "no policy", fault="there is no content security policy")
            continue
        said = judges.consult("csp", policy)
        if not said["directives"]:
            raise CannotSeeError("csp_evaluator found no directive to judge")
        shown = "; ".join(f"{one['severity']}: {one['directive']} {one['value']}" for one in said["findings"])
        asked = f"{judges.JUDGES['csp']} on the policy of {sent}"
        yield saw(asked, f"{policy} ({said['directives']} directives) {shown}")
        for one in said["findings"]:
            if one["severity"] in _GRAVE:
                yield saw(asked, one["description"], fault=f"{one['directive']} {one['value']}: {one['description']}")


def unless_edge(system: System) -> str:
    """Why the edge is no concern of this system, or ""."""
    return "the system has no edge" if system.edge is None else ""


def _unless_policy(system: System) -> str:
    is_sent = system.edge is not None and system.edge.csp
    return unless_edge(system) or ("" if is_sent else "the file turns the policy off")


CHECKS = (
    Check(
        "edge.headers",
        ("EDGE-02",),
        "every answer, errors too, tells browsers to be careful, and says so once",
        Look.OUTSIDE,
        _headers,
        unless_edge,
    ),
    Check(
        "edge.hsts",
        ("EDGE-02",),
        "every answer tells browsers to insist on HTTPS, for as long as the file says",
        Look.OUTSIDE,
        _hsts,
        _unless_hsts,
    ),
    Check(
        "edge.csp",
        ("EDGE-02",),
        "the content security policy keeps foreign code out",
        Look.OUTSIDE,
        _policy,
        _unless_policy,
        next_step="`edge.csp` in the stack file holds the policy; `stackyard up` restores it where it was changed.",
    ),
)
