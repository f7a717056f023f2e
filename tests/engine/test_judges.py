"""What judges that nobody here wrote say of our images and of an ejected folder. No engine needed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stackyard.model.files import File
from stackyard.spec.load import load
from stackyard.targets.compose import slots
from stackyard.targets.compose.dockerfiles import recipes
from stackyard.targets.compose.render import render
from stackyard.targets.compose.rendering import Inputs, Places
from tests.engine.judging import CHECKOV, HADOLINT, ask, programs

ROOT = Path(__file__).parents[2]
SYSTEMS = ("systems/inventr", "examples/guestbook", "examples/foreign/tally", "faults/system", "tests/e2e/every_part")
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


def ejected(name: str, folder: Path) -> tuple[File, ...]:
    """Write what rendering ejects for a system of this repository."""
    system = load(ROOT / name / "stackyard.yaml", "production")
    inputs = Inputs(ports=slots.documented(system), places=Places(folder, True), recipes=recipes(system, folder))
    files = render(system, inputs).files
    for file in files:
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_text(file.content)
    return files


@pytest.mark.parametrize("name", SYSTEMS)
def test_hadolint_finds_nothing_in_our_dockerfiles(name: str, tmp_path: Path) -> None:
    """TOP-10: no finding of any level, shell included."""
    ours = [str(tmp_path / file.path) for file in ejected(name, tmp_path) if file.path.name == "Dockerfile"]
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
