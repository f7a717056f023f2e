"""Systems of others, and one with every kind of part, on a real engine: from the stack files that run natively.

Each does the job that it is there for, and is gone afterwards. Their names are changed, for an engine has one system of
each name, and their ports are those of a checkout that has chosen them; nothing else is.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from tests.e2e import steps
from tests.e2e.conftest import LEFT_OUT, REPOSITORY, Checkout, ground

__all__ = ["ground"]

pytestmark = pytest.mark.engine

PREFIX = "engine-"
FIRST_PORT = 27100
RANGE = "10.213.40.0/24"
SLOTS = {
    "examples/foreign/tally": ("edge.http", "edge.https", "web-1", "db", "redis"),
    "examples/foreign/wagtail": ("edge.http", "edge.https", "cms-1", "db"),
    "examples/foreign/watch": ("prometheus-1", "node-1", "blackbox-1"),
    "examples/guestbook": ("edge.http", "edge.https", "app-1", "db"),
    "tests/e2e/every_part": ("edge.http", "edge.https", "api-1", "api-2", "db", "cache", "photos"),
}
"""Where they lie, and what of them has a port on this machine."""


@contextmanager
def on_the_engine(path: str, ground: Path) -> Iterator[tuple[Checkout, str]]:
    """A copy of a system, not up, and its name at the edge; what it made is taken away, and nothing may be left."""
    old = path.rpartition("/")[2].replace("_", "-")
    name = PREFIX + old
    shutil.copytree(REPOSITORY / path, ground / name, ignore=LEFT_OUT)
    checkout = Checkout(ground / name)
    checkout.edit("stackyard.yaml", f"system: {old}\n", f"system: {name}\n")
    first = FIRST_PORT + 20 * list(SLOTS).index(path)
    steps.choose_ports(checkout, {slot: first + at for at, slot in enumerate(SLOTS[path])})
    try:
        at_edge = re.search(r"host: ([a-z-]+)\.localhost", (checkout.folder / "stackyard.yaml").read_text())
        yield checkout, at_edge[1] if at_edge else name
    finally:
        checkout.stackyard("down")
        cleaned = checkout.stackyard("clean", "--data", "--yes")
    assert cleaned.code == 0, cleaned.error
    assert left_of(name) == []


def left_of(system: str, *kinds: str) -> list[str]:
    """What the engine has of a system, by id: of these kinds, else of all."""
    label = ("--filter", f"label=org.stackyard.system={system}", "--quiet")
    asked = kinds or ("container ls --all", "image ls", "network ls", "volume ls")
    found = [subprocess.check_output(("docker", *words.split(), *label), text=True, timeout=60) for words in asked]
    return "".join(found).split()


def up(checkout: Checkout) -> str:
    """`up` on Compose, which must succeed and leave nothing to do; what it told besides."""
    done = checkout.stackyard("up", "--detach", "--target", "compose", timeout=600)
    assert done.code == 0, f"{done.out}\n{done.error}"
    again = checkout.stackyard("plan")
    assert (again.code, "nothing to do" in again.out) == (0, True), again.out
    return done.error


def test_a_django_project_with_a_celery_worker_runs_from_the_file_that_runs_natively(ground: Path) -> None:
    """A task goes through Redis to the worker, and its result through PostgreSQL to the next request."""
    with on_the_engine("examples/foreign/tally", ground) as (tally, name):
        up(tally)
        steps.count_words(tally, name)


@pytest.mark.long
def test_wagtail_publishes_a_page_of_its_editor(ground: Path) -> None:
    with on_the_engine("examples/foreign/wagtail", ground) as (wagtail, name):
        steps.set_editor(wagtail)
        up(wagtail)
        steps.publish_a_page(wagtail, name)


@pytest.mark.long
def test_a_monitoring_stack_of_debian_scrapes_its_targets(ground: Path) -> None:
    """TOP-10: its programs come with the `packages` of the stack file, in the last stage of each image."""
    with on_the_engine("examples/foreign/watch", ground) as (watch, _):
        up(watch)
        steps.scrape(watch)


def test_the_guestbook_is_signed_and_moves_to_another_range_of_addresses(ground: Path) -> None:
    """TOP-06: the range of the private networks is the file's, also when it changes."""
    with on_the_engine("examples/guestbook", ground) as (guestbook, name):
        up(guestbook)
        steps.sign_the_guestbook(guestbook, name)
        guestbook.edit("stackyard.yaml", "services:\n", f"network: {RANGE}\nservices:\n")
        up(guestbook)
        found = subprocess.check_output(("docker", "network", "inspect", *left_of(f"{PREFIX}guestbook", "network ls")))
        ranges = {one["IPAM"]["Config"][0]["Subnet"] for one in json.loads(found)}
        assert all(IPv4Network(one).subnet_of(IPv4Network(RANGE)) for one in ranges)
        with guestbook.client(name) as web:
            assert len(web.get("/entries").json()) == 1


@pytest.mark.long
def test_a_system_with_every_kind_of_part_does_all_that_it_does_natively(ground: Path) -> None:
    """DB-01, DB-02, DB-11, TOP-08, TOP-11, CACHE-02, OBJ-01, EDGE-07: as on the native target, step by step."""
    with on_the_engine("tests/e2e/every_part", ground) as (every_part, name):
        told = up(every_part)
        assert "resources.photos.objects.versioning" in told
        assert "TimescaleDB is not on this server" in told
        steps.reach_everything(every_part, name, user="engine_every_part_api", cache="cache:6379")
        steps.lose_a_replica(every_part, name)
        steps.run_the_cron_job(every_part, name)
        steps.add_a_profile_and_take_it_away(every_part)
        assert "working for http://api:8000" in every_part.stackyard("logs", "worker").out
        steps.come_back_with_the_data(every_part, name)
