"""The whole way from a file to a system: the sketch of the design, messages as they are printed, and speed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from stackyard.errors import SpecError
from stackyard.model.system import Need, Objects, Postgres, Redis, Tls
from stackyard.model.values import Rate, Version
from stackyard.spec import render_findings
from stackyard.spec.load import load

SKETCH = """\
system: company-directory

services:
  api:
    build: ./api                      # a Python project or a Dockerfile
    command: uvicorn directory.app:create_app --factory
    port: 8000
    health: /api/health
    needs: [db, cache, photos]        # start order, and DATABASE_URL, REDIS_URL, PHOTOS_URL ... are given
    migrate: alembic upgrade head     # before new code takes traffic
    replicas: 2
  web:
    static: ./web                     # built once, served by the edge

resources:
  db:     {postgres: 16, extensions: [pg_trgm, pgcrypto], init: ./database, pool: 20}
  cache:  {redis: 7, persistence: rdb+aof}
  photos: {objects: {versioning: true}}

edge:
  host: directory.localhost
  tls: self-signed
  tenants: subdomain
  routes: {/api: api, /: web}
  limits: {/api/auth: 5/min, /api: 10/s, /: 30/s, connections: 20}

backups: {at: "02:00", keep: 30d, encrypt: true, wal: continuous, rpo: 1h, rto: 4h}
monitoring: {prometheus: true, grafana: true, alerts: ops@example.org}
logs: {keep: 30d}

environments:
  production:
    edge: {host: directory.example.org, tls: acme}
    resources: {db: {replicas: 1}}
    backups: {recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]}
"""


def test_a_whole_system_is_described_by_one_file(project: Path) -> None:
    """TOP-03, TOP-05, EDGE-03, EDGE-08: one file for development and production."""
    (project / "stackyard.yaml").write_text(SKETCH)
    system = load(project)
    db, cache, photos = system.resources
    assert isinstance(db, Postgres)
    assert isinstance(cache, Redis)
    assert isinstance(photos, Objects)
    assert system.service("api").needs == (Need("db"), Need("cache"), Need("photos"))
    assert system.service("api").command == ("uvicorn", "directory.app:create_app", "--factory")
    assert (db.version, db.port, db.replicas, cache.port) == (Version((16,)), 5432, 0, 6379)
    assert (photos.versioning, photos.bucket) == (True, "company-directory-photos")
    edge = system.edge
    assert edge is not None
    assert {(limit.path, limit.rate, limit.burst) for limit in edge.limits} == {
        ("/api/auth", Rate(5, "min"), 5),
        ("/api", Rate(10, "s"), 20),
        ("/", Rate(30, "s"), 60),
    }
    production = load(project, "production")
    assert production.edge is not None
    assert (production.edge.host, production.edge.tls) == ("directory.example.org", Tls.ACME)
    assert production.resource("db") == db.__class__(**{**vars(db), "replicas": 1})


def test_findings_are_printed_with_excerpt_caret_and_hint(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "stackyard.yaml").write_text("system: shop\nservices:\n  api:\n    image: x\n    helth: /health\nx: 1\n")
    monkeypatch.chdir(project)
    with pytest.raises(SpecError) as caught:
        load(Path("stackyard.yaml"))
    assert render_findings(caught.value) == (
        'stackyard.yaml:5:5: unknown key "helth"\n'
        "  4 |     image: x\n"
        "  5 |     helth: /health\n"
        "    |     ^\n"
        '   did you mean "health"?  stackyard explain services.api\n'
        "\n"
        'stackyard.yaml:6:1: unknown key "x"\n'
        "  5 |     helth: /health\n"
        "  6 | x: 1\n"
        "    | ^\n"
        "   stackyard explain\n"
        "\n"
        "2 problems in the stack file\n"
    )


def test_an_excerpt_of_a_long_line_shows_the_place(project: Path) -> None:
    (project / "stackyard.yaml").write_text(f"system: shop\nlogs: {{keep: {' ' * 500}10, level: info}}\n")
    with pytest.raises(SpecError) as caught:
        load(project)
    *_, line, caret = caught.value.findings[0].excerpt.splitlines()
    assert line[caret.index("^") :].startswith("10, level")
    assert len(line) < 120


def test_nothing_in_a_finding_can_move_the_cursor_of_a_terminal(project: Path) -> None:
    (project / "stackyard.yaml").write_bytes('system: shop\n"a\\x9b31m\u202e": 1\n# \x1b[2J'.encode())
    with pytest.raises(SpecError) as caught:
        load(project)
    text = render_findings(caught.value)
    assert all(char.isprintable() or char == "\n" for char in text)


def test_a_right_file_is_loaded_without_pydantic(project: Path) -> None:
    """Importing pydantic alone takes longer than the whole loading may."""
    (project / "stackyard.yaml").write_text(SKETCH)
    code = (
        "import sys; from pathlib import Path; from stackyard.spec.load import load; load(Path(sys.argv[1]));"
        "print([name for name in ('pydantic', 'pydantic_core', 'rich', 'jinja2', 'asyncio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, project], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def many(count: int) -> str:
    """A stack file of `count` services that need one another in a chain."""
    services = [
        f"  s{n}:\n    image: example/s{n}:1\n    port: {2000 + n}\n    health: /health\n    needs: [db, s{n - 1}]\n"
        f"    environment: {{URL: '${{db.url}}', NAME: s{n}}}\n    limits: {{memory: 256MB}}\n"
        for n in range(1, count)
    ]
    first = "  s0: {image: x, port: 1999}\n"
    return f"system: many\nresources: {{db: {{postgres: 16}}}}\nservices:\n{first}{''.join(services)}"


def seconds(path: Path, count: int) -> float:
    """The best of three times that loading takes."""
    path.write_text(many(count))
    times = []
    for _ in range(3):
        start = time.process_time()
        assert len(load(path).services) == count
        times.append(time.process_time() - start)
    return min(times)


def test_a_thousand_services_are_loaded_soon_and_in_proportion(project: Path) -> None:
    path = project / "stackyard.yaml"
    small, large = seconds(path, 250), seconds(path, 1000)
    assert large < 4
    assert large < small * 8, "four times the services take about four times as long"


def test_a_thousand_wrong_services_are_reported_soon(project: Path) -> None:
    path = project / "stackyard.yaml"
    path.write_text(many(1000).replace("needs: [db,", "needs: [bd,").replace("health:", "helth:"))
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        load(path)
    assert len(caught.value.findings) == 2 * 999
    assert time.process_time() - start < 15
