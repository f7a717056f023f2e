"""Front ends: what is served, what is cached, what is a page and what is missing or hidden."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.resources.nginx import StaticRoot

from .yard import HOST, Echo, Yard, route, system

pytestmark = pytest.mark.real


def test_text_is_compressed_for_those_who_ask(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """EDGE-05: pages, scripts, SVG, JSON, and what the API answers."""
    edge = yard(upstreams={"api": (echo().address,)}, front=front)
    for path in ("/", "/assets/index-4f3a2b1c.js", "/logo.svg", "/data.json", "/api/large"):
        plain, packed = edge.ask(path), edge.ask(path, headers={"Accept-Encoding": "gzip"})
        assert plain.get("Content-Encoding") is None
        assert packed.get("Content-Encoding") == "gzip", path
        assert "Accept-Encoding" in packed.all("Vary")
        assert len(packed.body) < len(plain.body) / 2
        assert path == "/api/large" or gzip.decompress(packed.body) == plain.body


def test_fingerprinted_files_are_kept_for_a_year_and_everything_else_is_asked_for_again(
    yard: Callable[..., Yard], front: Path
) -> None:
    """EDGE-05: long-lived caching, but never of a page or of an error."""
    edge = yard(front=front)
    asset = edge.ask("/assets/index-4f3a2b1c.js")
    assert asset.all("Cache-Control") == ["public, max-age=31536000, immutable"]
    assert asset.get("Content-Type") == "text/javascript; charset=utf-8"
    for path in ("/", "/index.html", "/orders/7", "/logo.svg"):
        assert edge.ask(path).all("Cache-Control") == ["no-cache"], path
    page = edge.ask("/")
    assert edge.ask("/", headers={"If-None-Match": page.get("ETag") or ""}).status == 304
    assert edge.ask("/assets/index-00000000.js").all("Cache-Control") == ["no-store"]


def test_paths_that_look_like_pages_get_the_app_and_missing_files_do_not(
    yard: Callable[..., Yard], front: Path
) -> None:
    """EDGE-05: SPA fallback for navigations, and a precise 404 for what is missing."""
    edge = yard(front=front)
    index = (front / "index.html").read_bytes()
    for path in ("/", "/orders", "/orders/", "/orders/7?tab=lines", "/v1.2/orders", "/logo"):
        answer = edge.ask(path)
        assert (answer.status, answer.body) == (200, index), path
    for path in ("/none.js", "/orders/none.png", "/assets/none", "/assets/", "/assets", "/favicon.ico"):
        assert edge.ask(path).status == (200 if path == "/assets" else 404), path


def test_a_site_that_is_no_app_has_no_fallback(yard: Callable[..., Yard], front: Path) -> None:
    (front / "help").mkdir()
    (front / "help/index.html").write_text("help")
    edge = yard(static={"web": StaticRoot(str(front), spa=False)})
    assert edge.ask("/orders").status == 404
    assert edge.ask("/help/").body == b"help"
    assert (edge.ask("/help").status, edge.ask("/help").get("Location")) == (301, "/help/")


def test_a_front_end_can_live_below_a_path(yard: Callable[..., Yard], front: Path) -> None:
    of = system(routes=(route("/console", "console"), route("/", "web")))
    edge = yard(of=of, static={"console": StaticRoot(str(front))})
    index = (front / "index.html").read_bytes()
    for path in ("/console/", "/console/orders", "/console/index.html"):
        assert (edge.ask(path).status, edge.ask(path).body) == (200, index), path
    moved = edge.ask("/console?x=1")
    assert (moved.status, moved.get("Location")) == (308, "/console/?x=1")
    assert "immutable" in (edge.ask("/console/assets/index-4f3a2b1c.js").get("Cache-Control") or "")
    assert edge.ask("/console/logo.svg").status == 200
    for path in ("/console/none.js", "/console/assets/none", "/console../dump", "/console/.env", "/consoles"):
        assert edge.ask(path).status in (404, 503), path


def test_a_release_that_swaps_the_folder_is_seen_at_the_next_request(
    yard: Callable[..., Yard], front: Path, folder: Path
) -> None:
    """TGT-04: the folder is a symlink, and nginx keeps nothing of the old one open."""
    new = folder / "new"
    new.mkdir()
    (new / "index.html").write_text("new")
    current = folder / "current"
    current.symlink_to(front)
    edge = yard(static={"web": StaticRoot(str(current))})
    assert edge.ask("/").body == (front / "index.html").read_bytes()
    (folder / "next").symlink_to(new)
    (folder / "next").rename(current)
    assert edge.ask("/").body == b"new"


HIDDEN = [
    "/.env",
    "/.git/config",
    "/%2eenv",
    "//.env",
    "/./.env",
    "/x/..%2f.env",
    "/.GIT/config",
    "/dump.sql",
    "/DUMP.SQL",
    "/index.html~",
    "/page.bak",
    "/x.swp",
    "/x%2eswp",
    "/metrics",
    "//metrics",
    "/metrics/",
    "/%6detrics",
    "/%2Fmetrics",
    "/api/metrics",
    "/api//metrics",
    "/api%2Fmetrics",
    "/api/./metrics",
    "/api/x/../metrics",
    "/api/Metrics",
    "/api/metrics?x=1",
    "/health/detailed",
    "/api/health/detailed",
    "/api/health//detailed",
    "/api/health/detailed/",
    "/api/health/%64etailed",
    "/api/.env",
    "/api/internal/x",
    "/api/report.secret",
    "/.well-known/other",
    "/x/.well-known/security.txt",
]


def test_what_is_internal_is_not_there_for_the_outside(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path
) -> None:
    """EDGE-10: whatever the spelling, the file is not read and the service is not asked."""
    api = echo()
    of = system(hidden=("/api/internal", "*.secret"))
    edge = yard(of=of, upstreams={"api": (api.address,)}, front=front)
    for path in HIDDEN:
        answer = edge.ask(path)
        assert answer.status == 404, path
        assert b"SECRET" not in answer.body
    assert api.seen == []
    assert edge.ask("/.well-known/security.txt").status == 200
    for path in ("/api/health/readiness", "/api/metrics-of-sales", "/api/internals", "/api/photo.bakery"):
        assert edge.ask(path).status == 200, path


def test_a_path_cannot_climb_out_of_the_folder(yard: Callable[..., Yard], front: Path) -> None:
    edge = yard(front=front)
    (front.parent / "outside.txt").write_text("SECRET")
    for path in (
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/assets/..%2f..%2foutside.txt",
    ):
        answer = edge.send(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert answer.status in (400, 404), path
        assert b"SECRET" not in answer.body
