"""Systems of others, imported from their Compose files, run for real: each does the job that it is there for."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import steps
from tests.e2e.conftest import Checkout, copy_example
from tests.e2e.steps import count_words, publish_a_page, set_editor

pytestmark = pytest.mark.real

PROGRAMS = ("prometheus", "prometheus-node-exporter", "prometheus-blackbox-exporter")
"""Debian's packages, each with a program of its name."""
PORTS = {"prometheus-1": 22590, "node-1": 22591, "blackbox-1": 22593}


@pytest.fixture
def foreign(ground: Path, request: pytest.FixtureRequest) -> Iterator[Checkout]:
    """A fresh copy of a foreign system, imported by the command line as its owner would; not up."""
    name: str = request.param
    place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=ground)) / name
    place.parent.chmod(0o755)
    checkout = copy_example(f"foreign/{name}", place)
    yield checkout
    checkout.stackyard("down")
    shutil.rmtree(place.parent, ignore_errors=True)


def import_again(checkout: Checkout, compose: str) -> None:
    """Replace the stack file by a fresh import: what is run is what the importer makes."""
    (checkout.folder / "stackyard.yaml").unlink()
    done = checkout.stackyard("import", "compose", compose, "-o", "stackyard.yaml")
    assert done.code == 0, done.out + done.error


@pytest.mark.parametrize("foreign", ["tally"], indirect=True)
def test_a_django_project_with_a_celery_worker_runs_as_it_was_imported(foreign: Checkout) -> None:
    """A task goes through Redis to the worker, and its result through PostgreSQL to the next request."""
    import_again(foreign, "compose.yaml")
    foreign.up()
    count_words(foreign)
    assert foreign.stackyard("down").code == 0
    assert foreign.is_gone()


@pytest.mark.parametrize("foreign", ["wagtail"], indirect=True)
def test_wagtail_publishes_a_page_of_its_editor(foreign: Checkout) -> None:
    """Log in with the password that the report said to set, write a page, publish it, read it as everybody does."""
    import_again(foreign, "docker-compose.yml")
    set_editor(foreign)
    foreign.up()
    publish_a_page(foreign)


@pytest.mark.parametrize("foreign", ["watch"], indirect=True)
def test_a_monitoring_stack_of_debian_scrapes_its_targets(foreign: Checkout, programs: Path | None) -> None:
    """The stack file with the edits by hand that its README shows; a target is up, a probe succeeds, an alert fires."""
    steps.choose_ports(foreign, PORTS)
    if programs is not None:
        refused = foreign.stackyard("up", "--detach")
        assert (
            refused.code,
            f"apt-get install --yes --no-install-recommends {' '.join(PROGRAMS)}" in refused.error,
        ) == (
            1,
            True,
        ), refused.error
        take_unpacked(foreign, programs)
    foreign.up()
    steps.scrape(foreign)


def take_unpacked(checkout: Checkout, programs: Path) -> None:
    """The same stack with programs that are not installed: nobody then says that the packages are there."""
    path = checkout.folder / "stackyard.yaml"
    text = re.sub(r"(?m)^    packages:.*\n", "", path.read_text())
    found = f"    environment: {{PATH: '{programs}:/usr/bin:/bin'}}\n    port:"
    path.write_text(re.sub(r"(?m)^    port:", found, text))


@pytest.fixture(scope="session")
def programs(ground: Path) -> Path | None:
    """Where Debian's programs lie when they are not installed: unpacked, for this run only. None when they are."""
    if all(shutil.which(name) for name in PROGRAMS):
        return None
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip("Prometheus is not installed, and this is no Debian to fetch it from")
    place = ground / "debian"
    place.mkdir()
    fetched = subprocess.run(["apt-get", "download", *PROGRAMS], cwd=place, capture_output=True, check=False)
    if fetched.returncode:
        pytest.skip("Prometheus is not installed, and Debian's packages cannot be fetched")
    for package in place.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, place], check=True)
    return place / "usr/bin"
