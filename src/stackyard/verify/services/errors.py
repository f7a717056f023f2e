"""What services answer when a request is wrong: alike for all of them, and nothing about their inside."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackyard.observe.view import View
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.services.direct import (
    Operation,
    ask,
    client,
    document,
    firsts,
    operations,
    serves_nothing,
    status_line,
)

if TYPE_CHECKING:
    import httpx

_PROBLEM = "application/problem+json"
_INTERNALS = {
    "a stack trace": re.compile(r"Traceback \(most recent call last\)|^\s+at [\w.$]+\(.*:\d+\)", re.MULTILINE),
    "a path of the server": re.compile(r"site-packages|node_modules|File \"/|/(?:home|root|var|usr|srv|opt)/\w+/"),
    "a statement of the database": re.compile(
        r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.+\b(?:FROM|VALUES|SET|WHERE)\b"
    ),
    "the name of an exception": re.compile(r"\b(?:psycopg|asyncpg|sqlalchemy|redis)\.[\w.]*(?:Error|Exception)\b"),
}


def _alike(view: View) -> Iterator[Seen]:
    for one in firsts(view):
        with client(one) as direct:
            found = document(direct)
            answers = _provoke(direct, operations(found[1]) if found else ())
        for sent, response in answers:
            inside = internals(response.text)
            faults = [f"{one.id} shows {inside} in an error"] if inside else []
            faults += [f"{one.id} fails with {response.status_code}"] if response.status_code >= 500 else []
            faults += [f"{one.id}: {fault}" for fault in problem_faults(response)]
            yield saw(f"{sent} of {one.id}", f"{status_line(response)}: {response.text[:300]}", fault="; ".join(faults))
        kinds = sorted({response.headers.get("content-type", "none").partition(";")[0] for _, response in answers})
        if found is not None:
            fault = f"{one.id} answers errors in {len(kinds)} ways: {', '.join(kinds)}"
            yield saw(f"kinds of these answers of {one.id}", ", ".join(kinds), fault=fault, unless=len(kinds) == 1)


def _provoke(direct: httpx.Client, known: tuple[Operation, ...]) -> list[tuple[str, httpx.Response]]:
    """Requests that nobody can take: an unknown address, a method that is not there, a body that is no JSON.

    None of them can change anything: the last goes only where somebody would have to be let in first, or be refused.
    """
    nowhere = f"/api/verify-{secrets.token_hex(6)}"
    made = [("GET an unknown address", ask(direct, "GET", nowhere))]
    plain = next((one for one in known if one.is_plain), None)
    if plain is not None:
        # A method that reads nothing and writes nothing, and that nobody offers.
        made.append((f"TRACE {plain.path}", ask(direct, "TRACE", plain.path)))
    posted = next((one for one in known if one.method == "post" and one.takes_json and "{" not in one.path), None)
    if posted is not None:
        headers = {"Content-Type": "application/json"}
        made.append(
            (f"POST half an object to {posted.path}", ask(direct, "POST", posted.path, content=b'{"', headers=headers))
        )
    return made


def internals(text: str) -> str:
    """What an answer tells that is nobody's business, or ""."""
    return next((what for what, pattern in _INTERNALS.items() if pattern.search(text)), "")


def problem_faults(response: httpx.Response) -> list[str]:
    """What RFC 9457 asks of a problem document and this one does not have; nothing of an answer that is none."""
    if not response.headers.get("content-type", "").startswith(_PROBLEM):
        return []
    try:
        body: Mapping[str, Any] = response.json()
    except ValueError:
        return ["a problem document that is no JSON"]
    faults = []
    if not isinstance(body, dict) or not isinstance(body.get("title"), str):
        return ["a problem document without a title"]
    if body.get("status") != response.status_code:
        faults.append(f"a problem document of status {body.get('status')} in an answer of {response.status_code}")
    given = response.headers.get("x-request-id")
    if given and body.get("correlation_id", given) != given:
        faults.append("a problem document with the id of another request")
    return faults


CHECKS = (
    Check(
        "services.errors",
        ("APP-06", "EDGE-12"),
        "services answer wrong requests alike, and show nothing of their inside",
        Look.INSIDE,
        _alike,
        unless=serves_nothing,
    ),
)
