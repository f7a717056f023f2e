"""What services count of themselves, and how quickly they answer."""

from __future__ import annotations

import contextlib
import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.services.direct import (
    Replica,
    ask,
    client,
    firsts,
    serves_nothing,
    status_line,
)
from stackyard.verify.services.health import health_path

if TYPE_CHECKING:
    import httpx

_PATHS = ("/metrics", "/api/metrics")
_LIMIT = 0.2
"""Seconds within which 95 of 100 answers should come."""
_ROUNDS = ((4, 30), (1, 12))
"""How many at once, and how many in all: on a machine that is busy with something else, one after the other."""
_BUSY = 0.2
"""The part of the time that a service may wait for a core before the machine counts as busy with something else."""


def _counted(view: View) -> Iterator[Seen]:
    judged = False
    for one in firsts(view):
        with client(one) as direct:
            path = next((path for path in _PATHS if ask(direct, "GET", path).status_code == 200), None)
            if path is None:
                continue
            judged = True
            yield from _figures(direct, one, path)
    if not judged:
        raise DoesNotApplyError(f"no service shows figures at {' or '.join(_PATHS)}")


def _figures(direct: httpx.Client, one: Replica, path: str) -> Iterator[Seen]:
    """Asks for something between two looks: that it is counted shows that the figures are alive."""
    word = f"verify-{secrets.token_hex(8)}"
    before = _scrape(direct, path)
    answer = ask(direct, "GET", f"/{word}")
    response = ask(direct, "GET", path)
    after = parse(response.text)
    sent = f"GET {path} of {one.id}"
    if before is None or after is None:
        yield saw(sent, status_line(response), fault=f"the figures of {one.id} are not in the format of Prometheus")
        return
    yield saw(sent, f"{status_line(response)}: {len(after)} series")
    rise = _requests(after) - _requests(before)
    yield saw(
        f"{sent} before and after a request that was answered {answer.status_code}; requests counted in between",
        f"{rise:g}",
        fault=f"{one.id} does not count its requests",
        unless=rise >= 1,
    )
    for what, is_it in _FIGURES.items():
        names = sorted({name for name, _ in after if is_it(name)})
        shown = ", ".join(names[:4]) or "none"
        yield saw(f"{sent}: {what}", shown, fault=f"{one.id} has no figure for {what}", unless=bool(names))
    yield saw(
        f"{sent}: the path /{word} that was just asked for",
        "a series of its own" if word in response.text else "no series of its own",
        fault=f"{one.id} makes a new series for every address that somebody tries",
        unless=word not in response.text,
    )


Series = Mapping[tuple[str, str], float]
"""Values by name and labels."""

_FIGURES: Mapping[str, Callable[[str], bool]] = {
    "requests": lambda name: "request" in name and name.endswith("_total"),
    "how long requests take": lambda name: "request" in name and name.endswith(("_bucket", "_sum")),
    "errors": lambda name: "error" in name or ("request" in name and name.endswith("_total")),
    "memory and CPU": lambda name: name.startswith("process_"),
}


def _scrape(direct: httpx.Client, path: str) -> Series | None:
    return parse(ask(direct, "GET", path).text)


def parse(text: str) -> Series | None:
    """The series in a text of Prometheus' format; None for any other text, and for one without series."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        found = {
            (sample.name, str(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return found or None


def _requests(series: Series) -> float:
    return sum(value for (name, _), value in series.items() if "request" in name and name.endswith("_total"))


def _quick(view: View) -> Iterator[Seen]:
    """The health check, which asks what the service depends on; nobody knows what else may be asked for nothing."""
    for one in firsts(view):
        path = health_path(one.service)
        pids = [member.pid for member in view.members() if member.id == one.id]
        if not path:
            continue
        with client(one) as direct:
            for at_once, count in _ROUNDS:
                found = _round(direct, path, at_once, count, pids)
                if found.p95 < _LIMIT or found.waited < _BUSY:
                    break
        if found.p95 >= _LIMIT and found.waited >= _BUSY:
            raise CannotSeeError(f"this machine is too busy to tell: {one.id} waited for it. {found}")
        yield saw(
            f"{count} times GET {path} of {one.id}, {at_once} at once",
            found,
            fault=f"{one.id} is slow: {found}",
            unless=found.p95 < _LIMIT,
        )


@dataclass(frozen=True)
class _Round:
    """The seconds that each request took, and which part of the time the service waited for a core of this machine."""

    seconds: tuple[float, ...]
    waited: float

    @property
    def p95(self) -> float:
        """Without what the service waited, one request like the other: that is the machine's, and not the service's."""
        own = sum(self.seconds) / len(self.seconds) * min(1.0, self.waited) if self.waited >= _BUSY else 0.0
        return sorted(self.seconds)[int(len(self.seconds) * 0.95) - 1] - own

    def __str__(self) -> str:
        half = statistics.median(self.seconds)
        shown = f"half within {half * 1000:.0f} ms, 95 of 100 within {self.p95 * 1000:.0f} ms"
        wait = ", what it waited for a core of this busy machine left out" if self.waited >= _BUSY else ""
        return f"{shown}{wait}"


def _round(direct: httpx.Client, path: str, at_once: int, count: int, pids: Sequence[int]) -> _Round:
    def one(_: int) -> float:
        begun = time.perf_counter()
        ask(direct, "GET", path)
        return time.perf_counter() - begun

    begun, before = time.perf_counter(), _waited(pids)
    with ThreadPoolExecutor(at_once) as pool:
        seconds = tuple(pool.map(one, range(count)))
    waited = sum(nanoseconds - before.get(path, 0) for path, nanoseconds in _waited(pids).items()) / 1e9
    return _Round(seconds, waited / (time.perf_counter() - begun))


def _waited(pids: Sequence[int]) -> dict[Path, int]:
    """Nanoseconds that each thread of these processes was able to run and was not let, as the kernel counts them."""
    found = {}
    for pid in pids:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError, IndexError, ValueError):
                found[path] = int(path.read_text().split()[1])
    return found


CHECKS = (
    Check(
        "services.figures",
        ("APP-02",),
        "services count their requests, durations and errors, by route",
        Look.INSIDE,
        _counted,
        unless=serves_nothing,
    ),
    Check(
        "services.quick",
        ("PERF-01",),
        "services answer 95 of 100 requests within 200 ms",
        Look.INSIDE,
        _quick,
        unless=serves_nothing,
        next_step="`stackyard db stats` shows slow queries, `stackyard logs PART` how long each request took.",
        alone=True,
    ),
)
