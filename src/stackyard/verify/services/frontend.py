"""Front ends as a browser first meets them: what must come over the line, and whether they can be installed."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from stackyard.model.system import Service, System
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.client import client, edge_of

if TYPE_CHECKING:
    import httpx

_LARGEST = 350_000
"""Bytes of the first load: about 1.75 s at 1.6 Mbit/s, the slow line that front ends are usually measured by."""


class _Page(HTMLParser):
    """The addresses in a page that a browser fetches before it shows anything, and its manifest."""

    def __init__(self) -> None:
        super().__init__()
        self.first: list[str] = []
        self.manifest = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if tag == "script" and found.get("src"):
            self.first.append(found["src"])
        relation = found.get("rel", "").lower().split()
        if tag == "link" and found.get("href"):
            if {"stylesheet", "modulepreload"} & set(relation):
                self.first.append(found["href"])
            if "manifest" in relation:
                self.manifest = found["href"]


def parse(text: str) -> _Page:
    """What a page asks for."""
    page = _Page()
    page.feed(text)
    return page


def _first_load(view: View) -> Iterator[Seen]:
    edge_of(view)
    for service, path in _front_ends(view.system):
        with client(view) as browser:
            browser.headers["Accept-Encoding"] = "gzip"
            answer = browser.get(path, headers={"Accept": "text/html"})
            addresses = [path, *dict.fromkeys(_own(browser, path, parse(answer.text).first))]
            sizes = {address: _size(browser, address) for address in addresses}
        total = sum(sizes.values())
        shown = ", ".join(f"{address} {size:,}" for address, size in sizes.items())
        yield saw(
            f"GET {path} and what the page needs first, compressed, in bytes: {service.name}",
            f"{total:,} in all: {shown}",
            fault=f"the first load of {service.name} takes {total:,} bytes, more than {_LARGEST:,}",
            unless=total <= _LARGEST,
        )


def _front_ends(system: System) -> Iterator[tuple[Service, str]]:
    assert system.edge is not None
    services = {service.name: service for service in system.services}
    for route in system.edge.routes:
        if services[route.service].is_static:
            yield services[route.service], route.path


def _own(browser: httpx.Client, path: str, links: list[str]) -> Iterator[str]:
    """The addresses of this very host, as paths: what comes from elsewhere is not ours to measure."""
    for link in links:
        found = urlsplit(urljoin(f"https://here.invalid{path}", link))
        if found.hostname in ("here.invalid", browser.headers["Host"].partition(":")[0]):
            yield found.path


def _size(browser: httpx.Client, address: str) -> int:
    """The bytes that came over the line for it, as they were compressed."""
    with browser.stream("GET", address) as answer:
        return sum(len(piece) for piece in answer.iter_raw())


def _installable(view: View) -> Iterator[Seen]:
    edge_of(view)
    judged = False
    for service, path in _front_ends(view.system):
        with client(view) as browser:
            manifest = parse(browser.get(path).text).manifest
            if not manifest:
                continue
            judged = True
            yield from _manifest(browser, service.name, urljoin(path, manifest))
        yield _worker(view, service)
    if not judged:
        raise DoesNotApplyError("no front end names a manifest")


def _manifest(browser: httpx.Client, name: str, address: str) -> Iterator[Seen]:
    answer = browser.get(address)
    try:
        found = answer.json()
    except ValueError:
        found = {}
    missing = [key for key in ("name", "icons", "start_url", "display") if not found.get(key)]
    yield saw(
        f"GET {address} of {name}",
        f"{answer.status_code}, {found.get('name', 'no name')}, {len(found.get('icons', []))} icons",
        fault=f"the manifest of {name} lacks {', '.join(missing)}",
        unless=not missing,
    )
    for icon in found.get("icons", []):
        place = urljoin(address, str(icon.get("src", "")))
        shown = browser.get(place)
        kind = shown.headers.get("content-type", "")
        yield saw(
            f"GET {place}, an icon of {name}",
            f"{shown.status_code}, {kind}",
            fault=f"the icon {place} of {name} is no image",
            unless=shown.status_code == 200 and kind.startswith("image/"),
        )


def _worker(view: View, service: Service) -> Seen:
    """Installable also means that it opens without a network: a service worker among the files that are served."""
    release = view.site(service)
    if release is None:
        raise CannotSeeError(f"what {service.name} was built into is not there")
    scripts = {path.name: path.read_bytes() for path in sorted(release.rglob("*.js"))}
    found = [name for name, text in scripts.items() if b"serviceWorker" in text]
    return saw(
        f"who registers a service worker, among the {len(scripts)} scripts of {service.name}",
        ", ".join(found) or "nobody",
        fault=f"{service.name} has a manifest and no service worker",
        unless=bool(found),
    )


def _has_no_front_end(system: System) -> str:
    if system.edge is None:
        return "the system has no edge"
    return "" if any(service.is_static for service in system.services) else "the system has no front end"


CHECKS = (
    Check(
        "services.first-load",
        ("WEB-01",),
        "the first page of each front end is there within two seconds on a slow line",
        Look.OUTSIDE,
        _first_load,
        unless=_has_no_front_end,
        next_step="`stackyard up` builds anew what was changed by hand; otherwise load less before the first page.",
    ),
    Check(
        "services.installable",
        ("WEB-01",),
        "a front end that can be installed has a whole manifest, its icons and a service worker",
        Look.OUTSIDE,
        _installable,
        unless=_has_no_front_end,
    ),
)
