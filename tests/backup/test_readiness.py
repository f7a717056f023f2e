"""The last step of a drill: the system's own services are started over the copies, and must be ready on them."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackyard.backup import create, drill, readiness, store
from stackyard.backup.drilling import Copies, Drilling
from stackyard.backup.events import silent
from stackyard.backup.job import FilesPart
from stackyard.backup.launches import DATA_SLOT, WORK_SLOT, Pieces, SecretPiece, ServiceCopy, Slot, StoreServer
from stackyard.backup.sets import BackupSet, Kind, State
from stackyard.model.system import Redis
from stackyard.model.values import Version
from stackyard.resources import objects, redis
from stackyard.targets.native.toolchain import Want
from tests.backup import ground
from tests.backup.conftest import Make
from tests.backup.ground import Shop
from tests.resources.servers import HERE, wait_until

ROTATED = "the-role-of-these-services-/-of-today-0819"
STORE_KEYS = {"files.access-key": "the-access-key-0820", "files.secret-key": "the-secret-key-of-these-tests-0821"}

SERVICE = """
import http.server, os, sys
import psycopg

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            with psycopg.connect(os.environ["DATABASE_URL"]) as session:
                assert session.execute("SELECT count(*) FROM " + sys.argv[1]).fetchone() == (500,)
                session.execute("INSERT INTO products VALUES (-1, 'of the drill', 1)")
            import boto3, redis
            assert redis.from_url(os.environ["REDIS_URL"]).get("key:7") == b"value:7"
            store = boto3.client("s3", endpoint_url=os.environ["STORE"])
            assert store.head_object(Bucket="pictures", Key="photos/a.jpg")["ContentLength"] == 1998
            status = 204
        except Exception as error:
            print("not ready with", os.environ["DATABASE_URL"], error, flush=True)
            status = 503
        self.send_response(status)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
"""

MIGRATION = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as session:
    session.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)")
    session.execute("DELETE FROM alembic_version")
    session.execute("INSERT INTO alembic_version VALUES ('0002')")
"""


@pytest.fixture(scope="module")
def serving(make_lasting_shop: Make) -> tuple[Shop, BackupSet]:
    """A shop with a service and a good set. The password of the service's role was changed since."""
    shop = make_lasting_shop()
    role = f"web_{shop.database}"
    shop.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'of-then'; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};"
             f"GRANT CREATE ON SCHEMA public TO {role}")  # fmt: skip
    backup = create.create(shop.job, kind=Kind.MANUAL, tell=silent)
    shop.sql(f"ALTER ROLE {role} PASSWORD '{ROTATED}'")
    return shop.changed(**_served(shop, role)), backup


def _served(shop: Shop, role: str) -> dict[str, object]:
    """What a target would say of the parts and of the service."""
    secrets = Path(shop.job.secrets)
    for name, value in {"db.web": ROTATED, **STORE_KEYS}.items():
        (secrets / name).write_text(f"{value}\n")
    return {
        "postgres": (replace(shop.part, roles={role: str(secrets / "db.web")}),),
        "redis": (replace(shop.job.redis[0], user=redis.ADMIN_USER, **_cache_files(shop)),),
        "files": (_store(shop, secrets),),
        "services": (_service(shop, role, secrets),),
    }


def _cache_files(shop: Shop) -> dict[str, Any]:
    folder = shop.folder / "redis-etc"
    folder.mkdir()
    part = Redis("cache", Version((7,)), HERE)
    users = (redis.SERVICE_USER, redis.ADMIN_USER)
    place = redis.Listening(str(folder), str(shop.cache.folder), shop.cache.port)
    for file in redis.config(part, dict.fromkeys(users, ground.CACHE_PASSWORD), place):
        (folder / file.path).write_text(file.content)
    return {"config": str(folder / redis.CONFIG), "acl": str(folder / redis.ACL)}


def _store(shop: Shop, secrets: Path) -> FilesPart:
    rclone = ground.tool(Want("rclone", None))
    slots = (Slot(DATA_SLOT), Slot(WORK_SLOT), "127.0.0.1:", Slot("files"))
    words = objects.command(str(rclone.path), Path("data"), Path("work"), "port")
    named: dict[str, Pieces] = {"data": slots[:1], "work": slots[1:2], "127.0.0.1:port": slots[2:]}
    pair = [SecretPiece(str(secrets / name)) for name in STORE_KEYS]
    server = StoreServer(
        "pictures", tuple(named.get(word, (word,)) for word in words),
        {"RCLONE_AUTH_KEY": ('"', pair[0], ",", pair[1], '"'), "PATH": ("/usr/bin:/bin",),
         **{key: (value,) for key, value in rclone.environment.items()}},
    )  # fmt: skip
    return replace(shop.job.files[0], account=ground.account(), server=server)


def _service(shop: Shop, role: str, secrets: Path) -> ServiceCopy:
    password = SecretPiece(str(secrets / "db.web"), quoted=True)
    url: Pieces = (f"postgresql://{role}:", password, "@127.0.0.1:", Slot("db"), f"/{shop.database}")
    cache = SecretPiece(str(secrets / "cache.password"), quoted=True)
    env: dict[str, Pieces] = {
        "DATABASE_URL": url,
        "REDIS_URL": ("redis://:", cache, "@127.0.0.1:", Slot("cache"), "/0"),
        "STORE": ("http://127.0.0.1:", Slot("files")),
        "AWS_ACCESS_KEY_ID": (SecretPiece(str(secrets / "files.access-key")),),
        "AWS_SECRET_ACCESS_KEY": (SecretPiece(str(secrets / "files.secret-key")),),
        "AWS_REGION": (objects.REGION,),
        "PORT": (Slot("web"),),
    }
    return ServiceCopy(
        "web", "/", (sys.executable, "-c", SERVICE, "products"), env, "/ready", 30.0,
        migrate=(sys.executable, "-c", MIGRATION), migrate_env={"DATABASE_URL": url}, account=ground.account(),
    )  # fmt: skip


@pytest.mark.real
def test_services_are_ready_on_what_was_brought_back_and_with_the_secrets_of_today(
    serving: tuple[Shop, BackupSet],
) -> None:
    """BAK-03: a drill runs the system's own readiness."""
    shop = serving[0]
    report = drill.drill(shop.job, silent)
    assert report.findings == ()
    steps = {one.name: one for one in report.steps}
    assert steps["readiness of web"].evidence == "GET /ready answers 204"
    assert steps["readiness of web"].seconds > 0
    assert steps["readiness of web"].counts, "a restore has to do it, too"
    migrated = steps["migration of web"].evidence
    assert migrated == "the code is newer than the set: its migration changed the schema from nothing to 0002"
    assert {"server for db", "server for cache", "server for files"} <= steps.keys()
    assert not [one.name for one in report.steps if not one.is_run]
    assert shop.sql("SELECT count(*) FROM products WHERE id = -1") == [(0,)], "the system itself knows nothing of it"
    assert store.find(shop.job, "latest").state == State.DRILLED
    assert list(Path(shop.job.scratch).iterdir()) == []


@pytest.mark.real
def test_a_service_that_cannot_work_with_the_copy_makes_the_drill_red_and_its_last_lines_tell_no_secret(
    serving: tuple[Shop, BackupSet],
) -> None:
    """BAK-03: what comes back, but is of no use to the system, is no backup."""
    shop = serving[0]
    (web,) = shop.job.services
    argv = (*web.argv[:-1], "a_table_that_was_dropped")
    job = replace(shop.job, services=(replace(web, argv=argv, start_timeout=6.0, migrate=()),))
    report = drill.drill(job, silent)
    assert [one.what for one in report.findings] == ["web was not ready within 6 s: GET /ready answers 503"]
    assert not report.kept
    evidence = next(one.evidence for one in report.steps if one.name == "readiness of web")
    assert 'relation "a_table_that_was_dropped" does not exist' in evidence
    assert "not ready with postgresql://web_" in evidence
    kept = [path.read_text() for path in job.places.drills.iterdir()]
    for secret in (ROTATED, ROTATED.replace("/", "%2F"), ground.CACHE_PASSWORD):
        assert not any(secret in text for text in kept)
    assert store.find(job, "latest").is_good, "which says nothing about the set"


@pytest.fixture
def alone(shop_folder: Path) -> tuple[Drilling, Path]:
    """A drill of services that need nothing, and its folder."""
    job = ground.plain_job(shop_folder, shop_folder / "repository")
    folder = Path(job.scratch) / "drill-alone"
    folder.mkdir(mode=0o711)
    then = "2026-03-31T02:00:00Z"
    backup = BackupSet("20260331T020000Z", "shop", "test", Kind.MANUAL, then, then, then, (), ())
    return Drilling(job, backup, silent), folder


def tried(alone: tuple[Drilling, Path], *services: ServiceCopy, without: str = "") -> dict[str, tuple[str, str]]:
    """What each step showed, and what was wrong."""
    drilling, folder = alone
    drilling.job = replace(drilling.job, services=services, without_services=without)
    readiness.services_ready(drilling, Copies({}, {}, {}), folder)
    return {one.name: (one.evidence, " ".join(found.what for found in one.findings)) for one in drilling.steps}


def shell(name: str, script: str, **more: object) -> ServiceCopy:
    return replace(ServiceCopy(name, "/", ("sh", "-c", script), {"PORT": (Slot(name),)}), **more)  # type: ignore[arg-type]


ANSWER = "exec python3 -m http.server --bind 127.0.0.1 $PORT"


@pytest.mark.real
def test_a_service_waits_for_those_that_it_needs_and_learns_where_they_are(alone: tuple[Drilling, Path]) -> None:
    asks = f"python3 -c 'import urllib.request, os; urllib.request.urlopen(os.environ[\"API_URL\"])' && {ANSWER}"
    api = ("http://127.0.0.1:", Slot("api"))
    web = shell("web", asks, env={"PORT": (Slot("web"),), "API_URL": api}, health="/", needs=("api",))
    seen = tried(alone, web, shell("api", ANSWER))
    assert seen["readiness of web"] == ("GET / answers 200", "")
    assert list(seen)[:2] == ["readiness of api", "readiness of web"]


@pytest.mark.real
def test_what_ends_at_once_what_cannot_migrate_and_what_has_nothing_to_run_on_is_told(
    alone: tuple[Drilling, Path],
) -> None:
    seen = tried(
        alone,
        shell("brief", "echo no such module; exit 3", health="/"),
        shell("older", "exit 0", migrate=("sh", "-c", "echo unknown revision; exit 1")),
        shell("worker", "exit 0", env={"QUEUE": ("127.0.0.1:", Slot("cache"))}),
        shell("absent", "", argv=("/no/such/program",)),
    )
    assert seen["readiness of brief"] == ("no such module", "brief ended with exit code 3 before it was ready")
    assert seen["migration of older"] == ("unknown revision", "migration of older ended with exit code 1")
    assert "readiness of older" not in seen
    assert seen["readiness of worker"] == ("there is no copy of cache to run on", "")
    assert seen["readiness of absent"][1] == "absent cannot be started: No such file or directory"


def test_where_no_service_can_be_started_the_report_says_why(alone: tuple[Drilling, Path]) -> None:
    assert tried(alone, without="services are containers")[readiness.NAME] == ("services are containers", "")


HELD = """
import subprocess, sys
from pathlib import Path
from stackyard.backup import leash, starting
with leash.leash() as held:
    child = "import os, time; os.fork() or os.setsid(); open(f'{os.getpid()}', 'w'); time.sleep(600)"
    folder = Path(sys.argv[1])
    started = starting.start("web", (sys.executable, "-c", child), {}, {}, cwd=str(folder),
                             home=starting.own_folder(folder / "home", None), account=None, leash=held)
    print(held.mark, flush=True)
    started.process.wait()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what changed its group is found on Linux only")
def test_nothing_outlives_a_drill_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HELD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as drilling:
        assert drilling.stdout is not None
        assert drilling.stdout.readline()
        wait_until(lambda: len(list(tmp_path.glob("[0-9]*"))) == 2)
        children = [int(path.name) for path in tmp_path.glob("[0-9]*")]
        assert all(_is_alive(pid) for pid in children)
        drilling.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(_is_alive(pid) for pid in children))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
