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
    with foreign.client("tally") as web:
        given = web.post("/texts", content="to be or not to be")
        assert given.status_code == 202
        place = f"/texts/{given.json()['id']}"
        eventually(lambda: web.get(place).json()["words"] == {"to": 2, "be": 2, "or": 1, "not": 1})
        assert web.post("/texts", content="a" * 3 * 1024**2).status_code == 413, "client_max_body_size is carried"
    assert foreign.stackyard("down").code == 0
    assert foreign.is_gone()


@pytest.mark.parametrize("foreign", ["wagtail"], indirect=True)
def test_wagtail_publishes_a_page_of_its_editor(foreign: Checkout) -> None:
    """Log in with the password that the report said to set, write a page, publish it, read it as everybody does."""
    import_again(foreign, "docker-compose.yml")
    command = foreign.command("secrets", "set", "EDITOR_PASSWORD")
    subprocess.run(command, **{**foreign.process(), "check": True}, input="lantern-over-water-52", text=True)
    foreign.up()
    with foreign.client("wagtail") as web:
        web.headers["Referer"] = f"https://{web.headers['Host']}/admin/"
        log_in(web, "editor", "lantern-over-water-52")
        found = re.findall(r"/admin/pages/(\d+)/", web.get("/admin/pages/", follow_redirects=True).text)
        # The first page is the root of all sites; the site itself begins with the one below it.
        home = min(int(number) for number in found if number != "1")
        form = web.get(f"/admin/pages/add/pages/story/{home}/", follow_redirects=True)
        assert form.status_code == 200
        sent = web.post(
            f"/admin/pages/add/pages/story/{home}/",
            data={
                "csrfmiddlewaretoken": token(form.text),
                "title": "The harbour",
                "slug": "harbour",
                "text": "The tide is out.",
                "comments-TOTAL_FORMS": "0",
                "comments-INITIAL_FORMS": "0",
                "action-publish": "action-publish",
            },
        )
        assert sent.status_code == 302, re.findall(r"error[^<]*<[^<]*", sent.text)[:5]
    with foreign.client("wagtail") as anybody:
        page = anybody.get("/harbour/")
        assert page.status_code == 200
        assert "The tide is out." in page.text


def log_in(web: httpx.Client, name: str, password: str) -> None:
    form = web.get("/admin/login/")
    data = {"csrfmiddlewaretoken": token(form.text), "username": name, "password": password, "next": "/admin/"}
    done = web.post("/admin/login/", data=data)
    assert done.status_code == 302, done.status_code
    assert web.get("/admin/").status_code == 200


def token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    return found[1]


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
