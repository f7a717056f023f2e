"""What judges that nobody here wrote say of our images and of an ejected folder. Only nginx itself needs an engine.

What runs is judged by `verify`, on Compose as everywhere: TLS by Mozilla's intermediate profile, the files by nginx.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.resources import nginx
from stackyard.spec.load import load
from stackyard.targets.compose import slots
from stackyard.targets.compose.dockerfiles import recipes
from stackyard.targets.compose.images import NGINX
from stackyard.targets.compose.names import ETC, SECRETS
from stackyard.targets.compose.render import render
from stackyard.targets.compose.rendering import Entrance, Inputs, Places, Rendered
from stackyard.verify import judges
from stackyard.verify.edge.configuration import EXCUSED as EXCUSED_BY_GIXY
from tests.compose import yard
from tests.compose.test_compose_cases import composed, schema_faults
from tests.engine.docker import docker
from tests.engine.judging import CHECKOV, HADOLINT, ask, programs
from tests.engine.standins import provide

ROOT = Path(__file__).parents[2]
EVERYTHING = "tests/compose/cases/everything"
"""A stack file with what the systems have not, in one folder with whatever it names."""
_OWN = (
    "systems/inventr",
    "examples/guestbook",
    "examples/foreign/tally",
    "examples/foreign/watch",
    "faults/system",
    "tests/e2e/every_part",
)
BACKED_UP = "tests/compose/cases/backed_up"
"""The same, of one that is backed up: programs of other images are taken over, in the Dockerfile of its backups."""
_CASES = (EVERYTHING, BACKED_UP)
SYSTEMS = (*_OWN, *_CASES)
WITHOUT_EDGE = ("examples/foreign/watch", BACKED_UP)
STANDINS = sorted((Path(__file__).parent / "standins" / "recipes").glob("*/*Dockerfile"))

EXCUSED_BY_CHECKOV = {
    "CKV_DOCKER_2": "health checks stand in compose.yaml, with the intervals of each environment",
    "CKV_SECRET_6": "postgresql.conf says how passwords are kept (password_encryption), and none of them",
    "CKV_DOCKER_7": "every base is an argument whose default is a pinned tag; checkov does not look it up",
}
EXCUSED_IN_STANDINS = {
    "DL3003": "a RUN that goes somewhere and comes back",
    "DL3008": "they are to hold what the suite has",
    "DL3066": "users of the official images, by the names that these have",
    "DL4006": "a pipe whose end fails when its beginning did",
}

pytestmark = pytest.mark.timeout(300)


def ejected(name: str, folder: Path) -> Rendered:
    """Write what rendering ejects for a system of this repository."""
    file = yard.stack(folder / "project", yard.case(Path(name).name)) if name in _CASES else ROOT / name
    system = load(file, "production")
    entrances = {"legacy": Entrance(("/entry",), ("serve",))}
    where = Inputs(ports=slots.documented(system), places=Places(folder, True), entrances=entrances)
    made = render(system, replace(where, recipes=recipes(system, folder)))
    yard.write(made, folder)
    return made


def dockerfiles(made: Rendered, folder: Path) -> list[str]:
    return [str(folder / file.path) for file in made.files if file.path.name == "Dockerfile"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_hadolint_finds_nothing_in_our_dockerfiles(name: str, tmp_path: Path) -> None:
    """TOP-10: no finding of any level, shell included."""
    ours = dockerfiles(ejected(name, tmp_path), tmp_path)
    assert ours
    verdict = ask(str(programs(HADOLINT) / "hadolint"), "--format", "json", *ours)
    assert json.loads(verdict.stdout) == []


def test_hadolint_does_find_what_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM debian:latest\nRUN cd /tmp && sudo apt-get install gcc\n")
    verdict = ask(str(programs(HADOLINT) / "hadolint"), "--format", "json", str(bad))
    assert {"DL3004", "DL3007"} <= {finding["code"] for finding in json.loads(verdict.stdout)}


@pytest.mark.parametrize("path", STANDINS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_hadolint_finds_nothing_unexcused_in_the_standins(path: Path) -> None:
    excused = [word for code in EXCUSED_IN_STANDINS for word in ("--ignore", code)]
    verdict = ask(str(programs(HADOLINT) / "hadolint"), "--format", "json", *excused, str(path))
    assert json.loads(verdict.stdout) == []


def test_checkov_finds_nothing_unexcused_in_what_is_ejected(tmp_path: Path) -> None:
    """TOP-06, TOP-10: neither in the Dockerfiles nor, as secrets, in any file of the folder."""
    for name in SYSTEMS:
        ejected(name, tmp_path / Path(name).name)
    findings, passed = _checkov(tmp_path)
    assert passed > 100
    assert {code for code, _ in findings} == set(EXCUSED_BY_CHECKOV)
    assert {Path(path).name for code, path in findings if code.startswith("CKV_SECRET")} == {"postgresql.conf"}


def test_checkov_does_find_a_secret_and_a_root(tmp_path: Path) -> None:
    ejected("examples/guestbook", tmp_path)
    dockerfile = tmp_path / "images" / "app" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("USER 10001:10001", "USER root"))
    (tmp_path / "config" / "leak.conf").parent.mkdir(exist_ok=True)
    (tmp_path / "config" / "leak.conf").write_text("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY\n")
    found = {code for code, _ in _checkov(tmp_path)[0]}
    assert "CKV_DOCKER_8" in found
    assert any(code.startswith("CKV_SECRET") for code in found)


@pytest.mark.parametrize("name", SYSTEMS)
def test_compose_and_its_schema_take_what_is_ejected(name: str, tmp_path: Path) -> None:
    """TGT-01: with everything that the documents name beside them."""
    made = ejected(name, tmp_path)
    assert schema_faults(made) == []
    if not yard.compose():
        pytest.skip("no Docker Compose on this machine")
    services = composed(tmp_path, made)["services"]
    assert isinstance(services, dict)
    assert set(services) == set(made.containers)


@pytest.mark.real
@pytest.mark.parametrize("name", [one for one in SYSTEMS if one not in WITHOUT_EDGE])
def test_gixy_finds_nothing_unexcused_in_the_files_of_the_edge(name: str, tmp_path: Path) -> None:
    """EDGE-01: of no severity at all; what is excused is excused by name, as in `verify`."""
    ejected(name, tmp_path)
    said = judges.consult("nginx", str(tmp_path / "config/edge/nginx.conf"), ",".join(EXCUSED_BY_GIXY))
    assert said["directives"] > 500
    assert said["rules"] > 20
    assert said["issues"] == []


@pytest.mark.real
def test_gixy_does_find_a_trap_in_the_files_of_the_edge(tmp_path: Path) -> None:
    ejected(EVERYTHING, tmp_path)
    file = tmp_path / "config/edge/nginx.conf"
    file.write_text(file.read_text().replace("deny all;", "location /files { alias /srv/files/; }"))
    said = judges.consult("nginx", str(file), ",".join(EXCUSED_BY_GIXY))
    assert {"alias_traversal", "status_page_exposed"} <= {one["rule"] for one in said["issues"]}


@pytest.mark.engine
@pytest.mark.parametrize("name", [EVERYTHING, "systems/inventr"])
def test_nginx_itself_takes_the_files_of_the_edge(name: str, tmp_path: Path) -> None:
    """EDGE-01: without a network, where no name of a service can be found."""
    provide([NGINX])
    ejected(name, tmp_path)
    pair = ("-keyout", str(tmp_path / "edge.key"), "-out", str(tmp_path / "edge.pem"))
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=depot")
    assert ask("openssl", "req", "-x509", *curve, *pair).returncode == 0
    (tmp_path / "edge.key").chmod(0o444)
    mounts = {"config/edge": ETC, "edge.pem": f"{SECRETS}/edge.pem", "edge.key": f"{SECRETS}/edge.key"}
    given = [f"--volume={tmp_path / path}:{target}:ro" for path, target in mounts.items()]
    words = ("--rm", "--network=none", "--read-only", "--tmpfs=/tmp", "--user=101:101", "--entrypoint=nginx", *given)
    said = docker("run", *words, NGINX, *nginx.command("nginx", ETC, "/tmp")[1:], "-t", merged=True)
    assert "test is successful" in said


def _checkov(folder: Path) -> tuple[list[tuple[str, str]], int]:
    """The failed checks with their files, and how many passed."""
    assert shutil.which("git"), "checkov looks for git"
    options = ("--framework", "dockerfile", "secrets", "--compact", "-o", "json", "--skip-download")
    python = str(programs(CHECKOV) / "python")
    verdict = ask(python, "-m", "checkov.main", *options, "--enable-secret-scan-all-files", "-d", str(folder))
    whole = json.loads(verdict.stdout)
    reports = [report for report in (whole if isinstance(whole, list) else [whole]) if "results" in report]
    failed = [each for report in reports for each in report["results"]["failed_checks"]]
    return [(each["check_id"], each["file_path"]) for each in failed], sum(r["summary"]["passed"] for r in reports)
