"""The access log is written in portions, and nothing of it is lost for that."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .yard import Yard, until, with_edge

pytestmark = pytest.mark.real

YardStart = Callable[..., Yard]


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGTERM])
def test_an_edge_that_stops_writes_what_it_still_has(yard: YardStart, front: Path, how: signal.Signals) -> None:
    """LOG-02: gracefully or at once, the moment after an answer."""
    edge = yard(front=front)
    for number in range(3):
        assert edge.ask(f"/orders/{number}").status == 200
    edge.process.send_signal(how)
    edge.process.wait(10)
    assert [line["path"] for line in edge.lines(3)] == ["/orders/0", "/orders/1", "/orders/2"]


def test_an_edge_with_new_settings_loses_no_line_of_the_old_ones(yard: YardStart, front: Path) -> None:
    edge = yard(front=front)
    assert edge.ask("/orders/7").status == 200
    edge.reload(with_edge(edge.system, hidden=("/orders",)))
    until(lambda: edge.ask("/orders/8").status == 404, "the new configuration holds")
    assert {line["path"] for line in edge.lines(2)} == {"/orders/7", "/orders/8"}


def test_an_edge_that_opens_its_log_again_loses_no_line(yard: YardStart, front: Path) -> None:
    """What a tool that rotates logs asks for with SIGUSR1."""
    edge = yard(front=front)
    assert edge.ask("/orders/7").status == 200
    edge.process.send_signal(signal.SIGUSR1)
    assert edge.ask("/orders/8").status == 200
    assert [line["path"] for line in edge.lines(2)] == ["/orders/7", "/orders/8"]


def test_a_line_is_there_as_soon_as_a_person_looks(yard: YardStart, front: Path) -> None:
    """LOG-02: `stackyard logs` right after a request, without another one to push it out."""
    edge = yard(front=front)
    assert edge.ask("/orders/7").status == 200
    (line,) = edge.lines(1)
    assert line["path"] == "/orders/7"


def test_lines_of_two_workers_are_never_torn(yard: YardStart, front: Path) -> None:
    """LOG-02: long lines, written by both into the same pipe at the same time."""
    edge = yard(front=front, cores=2)
    for number in range(30):  # no more than the pipe holds while nobody reads
        edge.ask(f"/orders/{number}/{'x' * 900}", headers={"User-Agent": "y" * 190})
    found = edge.lines(30)
    assert sorted(int(line["path"].split("/")[2]) for line in found) == list(range(30))
