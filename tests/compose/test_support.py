"""What the target does not keep is an error with its line, unless the file accepts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.targets.compose.support import notices, refuse, table
from stackyard.targets.support import Verdict
from stackyard.verify.promises import PROMISES

from .test_compose_cases import ALL
from .yard import case, systems

LOSSES = """\
system: shop
services: {api: {build: ./api, command: serve, port: 8000}}
resources:
  cache: {redis: 7, replicas: 1}
  photos: {objects: {versioning: true}}
edge: {host: shop.example.org, routes: {/: api}, tls: acme}
monitoring: {alerts: ops@example.org}
"""
ACCEPTED = "accept_loss: {compose: [resources.cache.replicas, resources.photos, edge.tls, monitoring.alerts]}\n"


@pytest.mark.parametrize("name", ALL)
def test_a_usual_system_is_kept_whole(name: str, tmp_path: Path) -> None:
    for system in systems(tmp_path, case(name)).values():
        refuse(system)
        is_unreached = system.is_production and system.edge is None
        assert len(notices(system)) == (1 if is_unreached else 0)


def test_every_loss_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    system = systems(tmp_path, LOSSES)["production"]
    with pytest.raises(MachineError) as caught:
        refuse(system)
    told = [caught.value.what, *caught.value.details]
    assert [one.partition(": ")[0].rpartition("/")[2] for one in told] == [f"stackyard.yaml:{n}" for n in (4, 5, 6, 7)]
    assert (
        "[resources.cache.replicas, resources.photos.objects.versioning, edge.tls, monitoring.alerts]"
        in caught.value.hint
    )


def test_a_loss_that_is_accepted_is_a_notice(tmp_path: Path) -> None:
    system = systems(tmp_path, LOSSES + ACCEPTED)["production"]
    refuse(system)
    assert len(notices(system)) == 4


def test_production_without_an_edge_says_that_nobody_can_reach_it(tmp_path: Path) -> None:
    """TOP-06: the edge alone is published; elsewhere services have ports of this machine."""
    text = "system: shop\nservices:\n  api: {build: ./api, command: serve, port: 8000}\n"
    every = systems(tmp_path, text)
    assert notices(every["development"]) == ()
    (told,) = notices(every["production"])
    assert "stackyard.yaml:3: nobody outside can reach api: in production the edge alone is published" in told


def test_an_extension_that_the_image_does_not_have_and_that_can_be_done_without_is_told(tmp_path: Path) -> None:
    """DB-01: where TimescaleDB is absent it says so, with its line, before anything happens."""
    text = "system: shop\nresources:\n  db: {postgres: 16, extensions: [timescaledb, ltree]}\n"
    (told,) = notices(systems(tmp_path, text)["development"])
    assert "stackyard.yaml:3: TimescaleDB is not on this server" in told
    own = text.replace("extensions", "image: 'timescale/timescaledb:2-pg16', extensions")
    assert notices(systems(tmp_path, own)["development"]) == ()


def test_a_queue_cannot_be_accepted(tmp_path: Path) -> None:
    text = "system: shop\nresources: {jobs: {queue: rabbitmq}}\naccept_loss: {compose: [resources.jobs]}\n"
    system = systems(tmp_path, text + "services: {api: {build: ./api, command: serve}}\n")["production"]
    with pytest.raises(MachineError, match="refused"):
        refuse(system)


def test_a_field_that_is_not_kept_can_be_found_in_a_file_and_names_known_promises() -> None:
    rows = table()
    assert len({row.field for row in rows}) == len(rows)
    for row in rows:
        assert (row.verdict is Verdict.KEPT) == (row.found.__name__ == "nowhere"), row.field
        assert row.how
        assert set(row.promises) <= set(PROMISES), row.field
    assert set(Verdict) == {row.verdict for row in rows}
