"""What the edge tells about itself at its port on loopback, for `stackyard verify`, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .yard import HOST, Echo, Yard, system

pytestmark = pytest.mark.real


def test_the_answer_while_a_service_is_away_can_be_seen_while_none_is(yard: Callable[..., Yard]) -> None:
    """EDGE-12: the very page that people would see, and the document that programs would get."""
    edge = yard()
    page = edge.ask("/nginx-away", port=edge.health, tls=False, headers={"Accept": "text/html"})
    assert (page.status, page.get("Retry-After")) == (503, "30")
    assert b"Back in a moment" in page.body
    assert edge.ask("/nginx-away", port=edge.health, tls=False).json["status"] == 503


def test_what_a_service_would_be_told_of_a_client_can_be_seen(yard: Callable[..., Yard]) -> None:
    """EDGE-06, EDGE-08: by way of the same settings as every request to a service."""
    edge = yard(of=system(tenants="subdomain"))
    lies = {"X-Forwarded-For": "203.0.113.7", "X-Tenant": "other", "Forwarded": "for=203.0.113.7"}
    answer = edge.ask("/nginx-told", host=f"acme.{HOST}", port=edge.health, tls=False, headers=lies)
    told = dict(line.split(": ", 1) for line in answer.body.decode().splitlines())
    assert (told["X-Forwarded-For"], told["X-Tenant"], told["Forwarded"]) == ("127.0.0.1", "acme", "")
    assert told["Host"].startswith(f"acme.{HOST}")


@pytest.mark.parametrize("path", ["/nginx-away", "/nginx-told", "/nginx-echo", "/nginx-health"])
def test_outside_nothing_of_that_is_found(
    yard: Callable[..., Yard], echo: Callable[..., Echo], front: Path, path: str
) -> None:
    edge = yard(upstreams={"api": (echo().address,)}, front=front)
    assert b"shop" in edge.ask(path).body
