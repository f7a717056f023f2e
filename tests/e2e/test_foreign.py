"""Systems of others, imported from their Compose files, run for real: each does the job that it is there for."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Checkout, copy_example, eventually
from tests.e2e.steps import count_words, publish_a_page, set_editor

pytestmark = pytest.mark.real

PROGRAMS = {
    "prometheus": "prometheus",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
}
PORTS = {"9090": "22590", "9100": "22591", "9115": "22593"}


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
    at_own_ports(foreign, programs)
    foreign.up()
    with httpx.Client(base_url=f"http://127.0.0.1:{PORTS['9090']}", timeout=10) as prometheus:

        def holds(query: str) -> bool:
            result = prometheus.get("/api/v1/query", params={"query": query}).json()["data"]["result"]
            return bool(result) and all(one["value"][1] == "1" for one in result)

        eventually(lambda: holds('up{job="node"}'), 30)
        eventually(lambda: holds("probe_success"), 30)
        eventually(lambda: "MachineIsThere" in prometheus.get("/api/v1/alerts").text, 30)
        assert "node_load1" in prometheus.get("/api/v1/label/__name__/values").text


def at_own_ports(checkout: Checkout, programs: Path | None) -> None:
    """The same stack on ports that no Prometheus of this machine has, with programs that need not be installed."""
    for name in ("stackyard.yaml", "prometheus/prometheus.yml"):
        path = checkout.folder / name
        text = path.read_text()
        for usual, own in PORTS.items():
            text = text.replace(usual, own)
        if programs and name == "stackyard.yaml":
            text = re.sub(r"(?m)^    port:", f"    environment: {{PATH: '{programs}:/usr/bin:/bin'}}\n    port:", text)
        path.write_text(text)


@pytest.fixture(scope="session")
def programs(ground: Path) -> Path | None:
    """Where Debian's programs lie when they are not installed: unpacked, for this run only. None when they are."""
    if all(shutil.which(name) for name in PROGRAMS):
        return None
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip("Prometheus is not installed, and this is no Debian to fetch it from")
    place = ground / "debian"
    place.mkdir()
    fetched = subprocess.run(["apt-get", "download", *PROGRAMS.values()], cwd=place, capture_output=True, check=False)
    if fetched.returncode:
        pytest.skip("Prometheus is not installed, and Debian's packages cannot be fetched")
    for package in place.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, place], check=True)
    return place / "usr/bin"
