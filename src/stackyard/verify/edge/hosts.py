"""EDGE-08: which hosts the edge answers for, and which tenant is whose."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from stackyard.model.system import System
from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.edge.headers import unless_edge
from stackyard.verify.edge.log import lines_of
from stackyard.verify.edge.paths import edge_in, harmless, mark
from stackyard.verify.edge.told import told
from stackyard.verify.edge.wire import Wire

_MISDIRECTED = 421


def _others(view: View) -> Iterator[Seen]:
    own = edge_in(view.system).host
    with Wire(view) as wire:
        for host in (
            "stackyard-verify.invalid",
            f"{own}.stackyard-verify.invalid",
            f"stackyard-verify-{own}",
            "192.0.2.1",
        ):
            answer = wire.ask("/", host=host)
            fault = f"the edge answers for {host}, which is another's"
            yield saw(answer.sent, answer.line(), fault=fault, unless=answer.status == _MISDIRECTED)


def _tenants(view: View) -> Iterator[Seen]:
    own = edge_in(view.system).host
    _, path = harmless(view.system)
    label, seen = f"stackyard-verify-{secrets.token_hex(3)}", mark()
    with Wire(view) as wire:
        headers = {"X-Tenant": "somebody-else", "X-Request-ID": seen}
        answer = wire.ask(path, host=f"{label}.{own}", headers=headers)
        refused = answer.status == _MISDIRECTED
        yield saw(answer.sent, answer.line(), fault=f"the subdomain {label}.{own} is not served", unless=not refused)
        for odd in (f"deep.{label}", f"-{label}", f"{label}-", "a_b", "x" * 64):
            answer = wire.ask(path, host=f"{odd}.{own}")
            fault = f"{odd}.{own} is taken for a tenant"
            yield saw(answer.sent, answer.line(), fault=fault, unless=answer.status == _MISDIRECTED)
    row = lines_of(view, [seen])[seen]
    fault = f"a request to {label}.{own} counts for the tenant {row.get('tenant')!r}"
    yield saw(f"the line of {seen} in the access log", row, fault=fault, unless=row.get("tenant") == label)


def _forged(view: View) -> Iterator[Seen]:
    own = edge_in(view.system).host
    for host, tenant in ((f"stackyard-verify.{own}", "stackyard-verify"), (own, "")):
        sent, headers = told(view, host=host, headers={"X-Tenant": "somebody-else"})
        came = headers.get("x-tenant", "")
        fault = f"a service is told that a client of {host} is of the tenant {came!r}"
        yield saw(sent, f"X-Tenant: {came}", fault=fault, unless=came == tenant)


def _unless_tenants(system: System) -> str:
    return unless_edge(system) or ("" if system.edge and system.edge.tenants else "the system has no tenants")


CHECKS = (
    Check(
        "edge.hosts",
        ("EDGE-08", "EDGE-01"),
        "requests for hosts of others are turned away",
        Look.OUTSIDE,
        _others,
        unless_edge,
    ),
    Check(
        "edge.tenants",
        ("EDGE-08",),
        "a subdomain is one tenant's, and nothing that merely looks like one is served",
        Look.OUTSIDE,
        _tenants,
        _unless_tenants,
    ),
    Check(
        "edge.tenant-forged",
        ("EDGE-08",),
        "which tenant a request is of, its host alone decides",
        Look.INSIDE,
        _forged,
        _unless_tenants,
    ),
)
