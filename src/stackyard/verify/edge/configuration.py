"""The files of the edge: that nginx takes them, that no one finds a trap in them, and that they are what runs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from stackyard.observe.view import View
from stackyard.verify import judges
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.client import edge_of
from stackyard.verify.edge.headers import unless_edge

_FEWEST_DIRECTIVES = 100
"""Directives that any edge of ours has; fewer mean that the judge did not read the files."""
_FEWEST_RULES = 20
EXCUSED = {
    "add_header_redefinition": "one answer leaves the headers out on purpose: nginx has added them already when it "
    "finds a range that is none",
    "missing_resolver": "upstreams are addresses, or names that nginx is told to look up again and again",
    "try_files_is_evil_too": "a release swaps the folder, and the next request must see it: nothing may be remembered "
    "of files",
    "hsts_header": "seen on the answers themselves, and the file may turn it off",
}
"""Rules that the judge of nginx files leaves out, and why."""
_GRAVE = frozenset({"MEDIUM", "HIGH"})
_PATIENCE = 3.0
"""Seconds in which a reload that has just begun comes to its end."""


def _valid(view: View) -> Iterator[Seen]:
    code, words = view.test_edge()
    edge = edge_of(view)
    said = "; ".join(words)
    is_good = code == 0 and "test is successful" in said
    if code == 0 and not is_good:
        raise CannotSeeError(f"nginx came to no judgement of its files: {said}")
    fault = f"nginx would refuse its files: {words[0] if words else f'exit code {code}'}"
    yield saw(f"{edge.nginx} -t with {edge.config}", said, fault=fault, unless=is_good)


def _sound(view: View) -> Iterator[Seen]:
    file = edge_of(view).config / "nginx.conf"
    said = judges.consult("nginx", str(file), ",".join(EXCUSED))
    if said["directives"] < _FEWEST_DIRECTIVES or said["rules"] < _FEWEST_RULES:
        raise CannotSeeError(f"gixy read {said['directives']} directives by {said['rules']} rules")
    sent = f"{judges.JUDGES['nginx']} on {file}"
    yield saw(sent, f"{said['directives']} directives, {said['rules']} rules, {len(said['issues'])} findings")
    for one in said["issues"]:
        came = f"{one['severity']} {one['rule']} {', '.join(one['at'])}: {one['summary']} {one['reason']}"
        fault = f"{one['rule']}: {one['summary'].rstrip('.')}" if one["severity"] in _GRAVE else ""
        yield saw(sent, came, fault=fault)


def _in_use(view: View) -> Iterator[Seen]:
    deadline = time.monotonic() + _PATIENCE
    while not view.is_edge_current() and time.monotonic() < deadline:
        time.sleep(0.05)
    is_current = view.is_edge_current()
    came = "every worker was made after the last change" if is_current else "a worker is older than the last change"
    fault = "the edge runs with other files than those that are there"
    yield saw(f"start of the workers, last change in {edge_of(view).config}", came, fault=fault, unless=is_current)


CHECKS = (
    Check(
        "edge.files",
        ("EDGE-01",),
        "nginx itself finds its files in order",
        Look.FILE,
        _valid,
        unless_edge,
    ),
    Check(
        "edge.files-sound",
        ("EDGE-01", "EDGE-12"),
        "a judge of nginx files finds no trap in them",
        Look.FILE,
        _sound,
        unless_edge,
    ),
    Check(
        "edge.files-in-use",
        ("EDGE-01",),
        "the edge that runs was made from its files as they are",
        Look.INSIDE,
        _in_use,
        unless_edge,
    ),
)
