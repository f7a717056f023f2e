"""EDGE-05: how front ends are served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stackyard.model.system import Route, System
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.edge.paths import absent, built, edge_in, files_of, is_app, reachable, static
from stackyard.verify.edge.wire import Answer, Wire

_SMALLEST = 1024
"""Bytes below which compressing costs more than it saves."""
_TEXTS = ("**/*.js", "**/*.css", "**/*.html", "**/*.svg", "**/*.json")
_MOST = 3
"""Files of a front end that are asked for."""
_YEAR = 31_536_000
_ZIPPED = {"Accept-Encoding": "gzip"}


def unless_front_end(system: System) -> str:
    """Why front ends are no concern of this system, or ""."""
    return "" if system.edge is not None and static(system) else "no route leads to a front end"


def _compressed(view: View) -> Iterator[Seen]:
    with Wire(view) as wire:
        for target in _large_texts(view):
            zipped, plain = wire.ask(target, headers=_ZIPPED), wire.ask(target)
            is_zipped = zipped.get("Content-Encoding") == "gzip" and zipped.body[:2] == b"\x1f\x8b"
            shown = f"{zipped.line('Content-Encoding', 'Vary')}; {len(zipped.body)} bytes of {len(plain.body)}"
            yield saw(zipped.sent, shown, fault="a text is not compressed", unless=is_zipped)
            varies = "accept-encoding" in zipped.get("Vary").lower()
            fault = "a cache is not told that the answer depends on Accept-Encoding"
            yield saw(plain.sent, plain.line("Content-Encoding", "Vary"), fault=fault, unless=varies)


def _large_texts(view: View) -> list[str]:
    """Texts of the front ends that are worth compressing. Raises DoesNotApplyError when there are none."""
    found = []
    for route, folder in _folders(view):
        names = (name for pattern in _TEXTS for name in files_of(folder, pattern))
        large = [name for name in names if (folder / name).stat().st_size >= _SMALLEST]
        found += [_at(route, name) for name in large[:_MOST]]
    if not found:
        raise DoesNotApplyError(f"no text of a front end has {_SMALLEST} bytes or more")
    return found


def _folders(view: View) -> Iterator[tuple[Route, Path]]:
    for route in static(view.system):
        folder = built(view, route)
        if folder is None:
            raise CannotSeeError(f"what {route.service} was built into is not on this machine")
        if reachable(edge_in(view.system), f"{route.path.rstrip('/')}/"):
            yield route, folder


def _cached(view: View) -> Iterator[Seen]:
    with Wire(view) as wire:
        for route, folder in _folders(view):
            for name in list(files_of(folder, "assets/**/*"))[:_MOST]:
                answer = wire.ask(_at(route, name))
                fault = "an asset with a fingerprint in its name is not cached for a year"
                yield saw(answer.sent, answer.line("Cache-Control"), fault=fault, unless=_lasts(answer))
            answer = wire.ask(_at(route, ""))
            is_asked_for = answer.status == 200 and "no-cache" in answer.get("Cache-Control")
            fault = "the page itself may be taken from a cache, and a new release go unseen"
            yield saw(answer.sent, answer.line("Cache-Control"), fault=fault, unless=is_asked_for)


def _lasts(answer: Answer) -> bool:
    words = answer.get("Cache-Control").replace(" ", "").split(",")
    return answer.status == 200 and "immutable" in words and f"max-age={_YEAR}" in words


def _fallback(view: View) -> Iterator[Seen]:
    apps = [(route, folder) for route, folder in _folders(view) if is_app(view.system, route)]
    if not apps:
        raise DoesNotApplyError("no front end makes its pages in the browser")
    with Wire(view) as wire:
        for route, folder in apps:
            page = (folder / "index.html").read_bytes()
            answer = wire.ask(f"{absent(route.path)}/deep", headers={"Accept": "text/html"})
            is_page = answer.status == 200 and answer.body == page
            yield saw(answer.sent, answer.line("Content-Type"), fault="a page of the app is not found", unless=is_page)
            answer = wire.ask(f"{absent(route.path)}.js")
            fault = "a file that is not there is answered with the page, which a browser takes for the file"
            yield saw(answer.sent, answer.line("Content-Type"), fault=fault, unless=answer.status == 404)


def _at(route: Route, name: str) -> str:
    return f"{route.path.rstrip('/')}/{name}"


CHECKS = (
    Check(
        "edge.compression",
        ("EDGE-05",),
        "texts are compressed for those who can read that",
        Look.OUTSIDE,
        _compressed,
        unless_front_end,
    ),
    Check(
        "edge.caching",
        ("EDGE-05",),
        "fingerprinted assets are cached for a year, pages are asked for again",
        Look.OUTSIDE,
        _cached,
        unless_front_end,
    ),
    Check(
        "edge.pages",
        ("EDGE-05",),
        "every page of an app is found, and a file that is not there is not",
        Look.OUTSIDE,
        _fallback,
        unless_front_end,
    ),
)
