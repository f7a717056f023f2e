"""Production on a real engine: a host of its own, a certificate that was given, and nothing open but the edge.

And what watches it, added while it runs and taken away again.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from stackyard.resources.certificates import ensure_authority, ensure_leaf
from stackyard.resources.trust import bundles_of_machine
from stackyard.targets.compose import images
from tests.e2e.conftest import Run, copy_example, eventually, ground
from tests.engine.docker import docker
from tests.engine.standins import provide

__all__ = ["ground"]

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

NAME = "production-guestbook"
HOST = "guestbook.example.org"
HTTP, HTTPS = 26781, 26743
MORE = f"""\
  cache: {{redis: 7}}
environments:
  production:
    edge: {{host: {HOST}, http: {HTTP}, https: {HTTPS}, tls: {{certificate: ./tls/site.pem, key: ./tls/site.key}}}}
    services: {{app: {{replicas: 2}}}}
    logs: {{level: warning}}
"""
METRICS = """\
@app.get("/metrics")
def metrics() -> Response:
    return Response("entries 1\\n", media_type="text/plain")


@app.get("/healthz")
"""
WATCHED = "monitoring: {prometheus: true}\n"
WATCHERS = (
    images.PROMETHEUS,
    images.NODE_EXPORTER,
    images.POSTGRES_EXPORTER,
    images.REDIS_EXPORTER,
    images.NGINX_EXPORTER,
)


class Site:
    """The guestbook in production, and the authority that its visitors trust."""

    def __init__(self, folder: Path) -> None:
        self.checkout = copy_example("guestbook", folder / "site")
        self.checkout.edit("stackyard.yaml", "system: guestbook", f"system: {NAME}")
        self.checkout.edit(
            "stackyard.yaml", 'resources: {db: {postgres: ">=15"}}', 'resources:\n  db: {postgres: ">=15"}'
        )
        self.checkout.edit("stackyard.yaml", "edge: {host: guestbook.localhost}\n", "")
        file = self.checkout.folder / "stackyard.yaml"
        file.write_text(
            file.read_text() + MORE + "edge: {host: guestbook.localhost, limits: {/api: 4/s, /: 4/s, connections: 8}}\n"
        )
        self.issuer = ensure_authority(folder / "authority", datetime.now(UTC), (HOST,))
        self.trusted = folder / "trusted.pem"
        machine = [one for one in bundles_of_machine() if one.is_file()]
        authorities = [self.issuer.certificate, *machine[:1]]
        self.trusted.write_text("\n".join(one.read_text() for one in authorities))
        self.tls = self.checkout.folder / "tls"
        self.tls.mkdir()
        self.issue()

    def issue(self) -> None:
        """A certificate and its key, where the stack file says that they are."""
        leaf, _ = ensure_leaf(self.tls, self.issuer, (HOST,), datetime.now(UTC))
        leaf.certificate.rename(self.tls / "site.pem")
        leaf.key.rename(self.tls / "site.key")

    def served(self) -> str:
        """The certificate that the edge shows to visitors, once it is trusted."""
        context = ssl.create_default_context(cafile=str(self.issuer.certificate))
        with (
            socket.create_connection(("127.0.0.1", HTTPS), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as secure,
        ):
            return hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()

    def run(self, *words: str) -> Run:
        """`stackyard` in production, for a user who trusts the authority, beside those that this machine does."""
        how = self.checkout.process()
        how["env"] = {**how["env"], "SSL_CERT_FILE": str(self.trusted), "STACKYARD_ENV": "production"}
        done = subprocess.run(self.checkout.command(*words), **how, capture_output=True, text=True, timeout=280)
        return Run(done.returncode, done.stdout, done.stderr)

    def up(self) -> str:
        done = self.run("up", "--detach", "--target", "compose")
        assert done.code == 0, f"{done.out}\n{done.error}"
        return done.out

    def verify(self, *words: str) -> dict[str, tuple[str, str]]:
        """The verdict of each check, and its sentence."""
        chosen = [argument for word in words for argument in ("--only", word)]
        report = json.loads(self.run("verify", "--json", *chosen).out)
        return {one["id"]: (one["verdict"], one["sentence"]) for one in report["checks"]}

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine tells of each container, by name."""
        ids = docker("ps", "--quiet", "--filter", f"label=org.stackyard.system={NAME}").split()
        found = json.loads(docker("inspect", *ids)) if ids else []
        return {one["Name"].removeprefix(f"/{NAME}-production-"): one for one in found}


@pytest.fixture(scope="module")
def site(ground: Path) -> Iterator[Site]:
    made = Site(ground / "production")
    try:
        made.up()
        yield made
    finally:
        made.run("down")
        made.run("clean", "--data", "--yes")


def test_the_edge_alone_can_be_reached_and_nothing_of_this_machine_is_inside(site: Site) -> None:
    """TOP-06, TOP-09: ports, mounts and limits, by the engine's own word."""
    containers = site.containers()
    assert set(containers) == {"app-1", "app-2", "cache-1", "db-1", "edge-1"}
    open_ports = {name: one["HostConfig"]["PortBindings"] for name, one in containers.items()}
    assert {name for name, found in open_ports.items() if found} == {"edge-1"}
    assert {bound["HostPort"] for found in open_ports["edge-1"].values() for bound in found} == {str(HTTP), str(HTTPS)}
    rendered = site.checkout.folder / ".stackyard/production/compose"
    for name, one in containers.items():
        bound = [Path(mount["Source"]) for mount in one["Mounts"] if mount["Type"] == "bind"]
        assert all(path.is_relative_to(rendered) for path in bound), name
        limits = one["HostConfig"]
        assert all(limits[key] for key in ("Memory", "NanoCpus", "PidsLimit")), name
    # The project is built from the folder that the key of the edge lies in.
    assert docker("exec", containers["app-1"]["Id"], "find", "/app", "-name", "site.*") == ""


def test_everything_that_the_file_promises_is_kept_for_visitors_who_trust_the_authority(site: Site) -> None:
    """TGT-01, EDGE-01, EDGE-04, SEC-04: the judge of TLS and the judge of nginx files included."""
    found = site.verify()
    # On a busy machine some of them come to no answer in their time, all at once; those are asked again by themselves.
    unknown = [name for name, (verdict, _) in found.items() if verdict == "unknown"]
    if unknown:
        found |= site.verify(*unknown)
    assert {name: said for name, (verdict, said) in found.items() if verdict in ("broken", "unknown")} == {}
    wanted = {"edge.tls", "edge.files-sound", "edge.certificate", "edge.balance", "topology.loopback", "secrets.strong"}
    assert {name for name in wanted if found[name][0] != "kept"} == set()


def test_a_renewed_certificate_is_taken_in_without_a_stop(site: Site) -> None:
    """EDGE-04: whoever renews it writes both files and runs `up`; the container that serves it stays."""
    before = {name: (one["Id"], one["State"]["StartedAt"]) for name, one in site.containers().items()}
    old = site.served()
    site.issue()
    planned = json.loads(site.run("plan", "--json").out)["steps"]
    assert [(step["verb"], step["part"]) for step in planned] == [("write", "compose"), ("reload", "edge")]
    site.up()
    eventually(lambda: site.served() not in ("", old))
    assert {name: (one["Id"], one["State"]["StartedAt"]) for name, one in site.containers().items()} == before


@pytest.mark.long
def test_what_watches_the_system_is_added_while_it_runs_and_taken_away(site: Site) -> None:
    """TOP-07, MON-01: every target of Prometheus answers; no other container is made anew, nor afterwards."""
    provide(WATCHERS)
    site.checkout.edit("main.py", "import FastAPI\n", "import FastAPI, Response\n")
    site.checkout.edit("main.py", '@app.get("/healthz")\n', METRICS)
    site.up()
    before = {name: one["Id"] for name, one in site.containers().items()}
    file = site.checkout.folder / "stackyard.yaml"
    text = file.read_text()
    file.write_text(text + WATCHED)
    try:
        shown = site.up()
        during = {name: one["Id"] for name, one in site.containers().items()}
        watching = {"prometheus-1", *(f"{name}-exporter-1" for name in ("cache", "db", "edge", "host"))}
        assert set(during) - set(before) == watching
        assert during.items() >= before.items()
        port = json.loads((site.checkout.folder / ".stackyard/production/ports.json").read_text())["prometheus"]
        assert f"http://localhost:{port}" in shown
        wanted = {"app": 2, "cache": 1, "db": 1, "edge": 1, "host": 1, "prometheus": 1}
        eventually(lambda: healthy_targets(port) == wanted, 60)
        eventually(lambda: reached_by_exporters(port) == {"nginx_up": "1", "pg_up": "1", "redis_up": "1"}, 30)
    finally:
        file.write_text(text)
        site.up()
    assert {name: one["Id"] for name, one in site.containers().items()} == before
    assert "nothing to do" in site.run("plan").out


def healthy_targets(port: int) -> dict[str, int]:
    """By job, how many Prometheus could ask."""
    found: dict[str, int] = {}
    for one in ask(port, "targets")["activeTargets"]:
        if one["health"] == "up":
            found[one["labels"]["job"]] = found.get(one["labels"]["job"], 0) + 1
    return found


def reached_by_exporters(port: int) -> dict[str, str]:
    """What exporters say of what they look at; that they themselves answer says nothing of it."""
    found = ask(port, "query?query=" + quote('{__name__=~"nginx_up|pg_up|redis_up"}'))["result"]
    return {one["metric"]["__name__"]: one["value"][1] for one in found}


def ask(port: int, path: str) -> Any:
    """The answer of Prometheus."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=5) as answer:
        return json.load(answer)["data"]
