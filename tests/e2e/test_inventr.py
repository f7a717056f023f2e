"""The main job: inventr from its stack file, running as real processes, seen from outside and from the host."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from stackyard.targets.native.layout import Layout
from tests.e2e.conftest import Checkout, eventually

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def headers(inventr: Checkout) -> dict[str, str]:
    """Signed in once: the edge lets an address sign in five times a minute."""
    with inventr.client("inventr") as web:
        answer = web.post("/api/auth/login", json={"email": "clerk@inventr.example", "password": "counter-demo-26"})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_everything_runs_and_a_second_up_finds_nothing_to_do(inventr: Checkout) -> None:
    """TOP-01: one command starts every service in dependency order. TOP-14: access URLs are shown after."""
    again = inventr.up()
    assert "nothing to do" in again.out
    assert f"https://inventr.localhost:{inventr.ports()['edge.https']}".removesuffix(":443") in again.out
    assert "counter-demo-26" in again.out
    assert {part["id"]: part["state"] for part in inventr.status()["parts"]} == dict.fromkeys(
        ("db", "cache", "api-1", "edge", "backups", "reload"), "ready"
    )
    assert json.loads(inventr.stackyard("plan", "--json").out)["steps"] == []


def test_the_edge_serves_the_front_end_and_the_api(inventr: Checkout) -> None:
    """EDGE-01, EDGE-02, EDGE-05, APP-01: a page, its assets, and a healthy API, with the headers that were promised."""
    with inventr.client("inventr") as web:
        page = web.get("/")
        assert page.status_code == 200
        assert '<div id="root">' in page.text
        assert page.headers["x-frame-options"] == "SAMEORIGIN"
        assert page.headers["strict-transport-security"].startswith("max-age=31536000")
        asset = re.search(r'src="(/assets/[^"]+)"', page.text)
        assert asset
        assert "immutable" in web.get(asset[1]).headers["cache-control"]
        assert web.get("/orders").text == page.text
        for path in ("/health", "/api/health", "/api/health/liveness", "/api/health/readiness"):
            assert web.get(path).status_code == 200, path


def test_internal_endpoints_answer_on_the_host_only(inventr: Checkout) -> None:
    """EDGE-10: metrics and detailed health are not served to the outside. APP-02: they are there for those inside."""
    with inventr.client("inventr") as web:
        for path in ("/metrics", "/api/metrics", "/api/health/detailed", "/.env", "/.git/config"):
            assert web.get(path).status_code == 404, path
    port = inventr.ports()["api-1"]
    assert "http_request" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert httpx.get(f"http://127.0.0.1:{port}/api/health/detailed").status_code == 200


def test_a_correlation_id_goes_from_the_edge_through_the_api(inventr: Checkout, headers: dict[str, str]) -> None:
    """APP-03: the id that a client sends, or the edge makes, stands in the response and in both logs."""
    name = f"e2e-{os.getpid()}-{time.monotonic_ns()}"
    with inventr.client("inventr") as web:
        answer = web.get("/api/products", headers={"X-Request-ID": name, **headers})
    assert answer.headers["x-request-id"] == name
    eventually(lambda: name in inventr.stackyard("logs", "edge", "--grep", name).out)
    eventually(lambda: name in inventr.stackyard("logs", "api", "--grep", name).out)


def test_no_process_runs_as_root_and_no_secret_is_seen(inventr: Checkout) -> None:
    """TOP-09: every part is unprivileged. SEC-01: secrets are in their folder and nowhere else."""
    folder = inventr.folder / ".stackyard" / "development"
    secrets = {path.name: path.read_text().strip() for path in (folder / "secrets").iterdir()}
    assert len(secrets) >= 6
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / "secrets").iterdir()} == {0o600}
    for name, pid in inventr.pids().items():
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            line = " ".join(process.cmdline())
            assert not any(value in line for value in secrets.values()), name
            if name not in ("reload", "backups"):
                assert 0 not in process.uids() or os.geteuid() != 0, name
                assert "NoNewPrivs:\t1" in Path(f"/proc/{process.pid}/status").read_text(), name
    rendered = [
        path
        for part in ("etc", "log", "run")
        for path in (folder / part).rglob("*")
        if path.is_file() and not path.name.startswith("lock")
    ]
    for path in rendered:
        text = path.read_text(errors="replace")
        assert not any(value in text for value in secrets.values()), path


def test_a_killed_part_comes_back(inventr: Checkout) -> None:
    """A SIGKILL of each part: the supervisor starts it again, and the API answers."""
    for name in ("cache", "api-1", "edge", "db"):
        before = inventr.pids()
        os.kill(before[name], signal.SIGKILL)
        eventually(
            lambda name=name, before=before: (
                inventr.pids()[name] not in (None, before[name])  # type: ignore[misc]
                and inventr.status()["is_up"]
            ),
            20,
        )
    with inventr.client("inventr") as web:
        eventually(lambda: web.get("/api/health/readiness").status_code == 200)


def test_a_killed_supervisor_leaves_the_site_up_and_its_successor_adopts_everything(inventr: Checkout) -> None:
    before = inventr.pids()
    old = inventr.status()["supervisor"]
    os.kill(old, signal.SIGKILL)
    with inventr.client("inventr") as web:
        assert web.get("/api/health").status_code == 200
    eventually(lambda: inventr.status()["supervisor"] not in (None, old))
    assert inventr.pids() == before
    assert "nothing to do" in inventr.up().out


def test_a_configuration_that_somebody_edits_is_put_right(inventr: Checkout) -> None:
    """The running system is held to the file: a changed rendered file, a changed role."""
    rendered = inventr.folder / ".stackyard/development/etc/edge/headers.conf"
    rendered.write_text(rendered.read_text().replace("nosniff", "sniff"))
    layout = Layout(inventr.folder, "development")
    superuser = (layout.secrets / "db.postgres").read_text()
    with psycopg.connect(
        host=str(layout.sockets), port=inventr.ports()["db"], dbname="postgres", user="postgres", password=superuser
    ) as connection:
        connection.execute("alter role inventr_api superuser password 'known to everybody'")
    steps = json.loads(inventr.stackyard("plan", "--json").out)["steps"]
    assert [(step["verb"], step["part"]) for step in steps] == [
        ("reconcile", "db"),
        ("write", "edge"),
        ("reload", "edge"),
    ]
    assert "must not have SUPERUSER" in steps[0]["cause"]
    inventr.up()
    assert "nosniff" in rendered.read_text()
    assert json.loads(inventr.stackyard("plan", "--json").out)["steps"] == []


def test_saving_a_file_restarts_what_it_concerns_and_nothing_else(inventr: Checkout) -> None:
    """Hot reload: the API takes in a changed module; the database, the cache and the edge keep their processes."""
    before = inventr.pids()
    module = next((inventr.folder / "api").rglob("app.py"))
    module.write_text(module.read_text() + "\n# changed\n")
    eventually(lambda: inventr.pids().get("api-1") not in (None, before["api-1"]) and inventr.status()["is_up"], 30)
    after = inventr.pids()
    assert {name: after[name] for name in ("db", "cache", "edge")} == {
        name: before[name] for name in ("db", "cache", "edge")
    }


def test_the_commands_of_an_operator(inventr: Checkout) -> None:
    """TOP-13: status, logs, restart of some, run; DB-09: db stats."""
    before = inventr.pids()
    assert inventr.stackyard("restart", "api").code == 0
    after = inventr.pids()
    assert after["api-1"] != before["api-1"]
    assert after["db"] == before["db"]
    assert len(inventr.stackyard("logs", "api", "-n", "3").out.splitlines()) == 3
    seen = inventr.stackyard("run", "api", "--", "python", "-c", "import os; print(sorted(os.environ))").out
    assert {"DATABASE_URL", "REDIS_URL", "JWT_SECRET", "ENVIRONMENT"} <= set(re.findall(r"'(\w+)'", seen))
    assert inventr.stackyard("run", "api", "--", "python", "-c", "raise SystemExit(7)").code == 7
    ask = ("db", "shell", "--", "-qAtc")
    assert int(inventr.stackyard(*ask, "select count(*) from products").out) > 50
    assert "read-only transaction" in inventr.stackyard(*ask, "delete from products").error
    stats = json.loads(inventr.stackyard("db", "stats", "--json").out)
    assert stats["database"] == "inventr"
    assert {pool["role"] for pool in stats["pools"]} >= {"inventr_api", "inventr_owner"}
    assert stats["slowest"]


def test_what_was_written_outlives_down_and_up(inventr: Checkout, headers: dict[str, str]) -> None:
    """TOP-02: data outlives a stop and start, and `down` leaves no process."""
    with inventr.client("inventr") as web:
        product = web.get("/api/products", params={"limit": 1}, headers=headers).json()["items"][0]
        order = web.post("/api/orders", json={"lines": [{"product_id": product["id"], "quantity": 1}]}, headers=headers)
        assert order.status_code == 201, order.text
    pids = [*inventr.pids().values(), inventr.status()["supervisor"]]
    assert inventr.stackyard("down").code == 0
    assert not [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
    assert inventr.stackyard("status").code == 1
    inventr.up()
    with inventr.client("inventr") as web:
        assert web.get(f"/api/orders/{order.json()['id']}", headers=headers).json() == order.json()
