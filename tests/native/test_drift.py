"""What somebody has changed by hand since `up`: it is noticed, named, and put right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.errors import StateError
from stackyard.model.system import Redis
from stackyard.model.values import Version
from stackyard.targets.native import access, sites

from .literals import edge, here, service, site, system
from .yard import Yard


def yard(root: Path) -> Yard:
    made = Yard(system(service("worker", "cache"), resources=[Redis("cache", Version((7,)), here())], root=root))
    made.make_all()
    return made


def test_a_log_that_others_can_open_is_closed_again(tmp_path: Path) -> None:
    """LOG-01: the logs are open to their owner only."""
    one = yard(tmp_path)
    one.layout.log.mkdir(mode=0o700)
    log = one.layout.log / "worker.jsonl"
    log.touch(0o600)
    running = (one.runs("worker-1"), one.runs("cache"))
    assert one.steps(*running) == {}
    log.chmod(0o644)
    assert one.steps(*running) == {"files:.logs": "write: others can open worker.jsonl (mode 0644)"}
    access.make_private(one.layout.log)
    assert one.steps(*running) == {}


def test_closing_a_folder_leaves_what_links_lead_to_alone(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "log", tmp_path / "elsewhere"
    folder.mkdir(mode=0o755)
    elsewhere.touch()
    elsewhere.chmod(0o644)
    (folder / "link").symlink_to(elsewhere)
    (folder / "executable").touch()
    (folder / "executable").chmod(0o755)
    assert access.loosened(folder) == "others can open log (mode 0755)"
    access.make_private(folder)
    assert access.loosened(folder) == ""
    assert elsewhere.stat().st_mode & 0o777 == 0o644
    assert (folder / "executable").stat().st_mode & 0o777 == 0o700


def test_a_data_folder_that_others_can_open_is_closed_again(tmp_path: Path) -> None:
    """TOP-02: data is open to its own part only."""
    one = yard(tmp_path)
    one.layout.data("cache").chmod(0o755)
    (one.layout.data("cache") / "dump.rdb").touch()
    assert one.steps(one.runs("worker-1"), one.runs("cache")) == {"data:cache": "reconcile: changed: access"}


def test_a_process_that_was_started_in_another_way_is_restarted(tmp_path: Path) -> None:
    """It carries the mark of its definition, so only what the supervisor really runs tells."""
    one = yard(tmp_path)
    program = one.blueprint.programs["process:worker-1"]
    cache = one.runs("cache")
    assert one.steps(replace(one.runs("worker-1"), fingerprint=program.fingerprint()), cache) == {}
    altered = replace(one.runs("worker-1"), fingerprint=replace(program, nice=7).fingerprint())
    assert one.steps(altered, cache) == {"process:worker-1": "restart: changed: definition"}


def test_a_build_that_was_changed_is_built_again(tmp_path: Path) -> None:
    one = Yard(system(site("web", script=""), root=tmp_path))
    one.make_all()
    release = one.layout.site("web") / "current"
    one.record.note("built:web", sites.stamp(release))
    assert one.steps() == {}
    (release / "more.js").write_text("harm()")
    assert one.steps() == {"site:web": "build: what was built has been changed since"}


@pytest.mark.parametrize(("name", "mode", "shown"), [("", 0o755, "0755"), ("cache.admin", 0o640, "0640")])
def test_a_secret_that_others_can_open_is_not_put_right_in_silence(
    tmp_path: Path, name: str, mode: int, shown: str
) -> None:
    """SEC-01: what was readable may have been read, so a person must know."""
    one = yard(tmp_path)
    (one.layout.secrets / name).chmod(mode)
    with pytest.raises(StateError, match=rf"others on this machine can open .*{name} \(mode {shown}\)") as caught:
        one.steps(one.runs("worker-1"), one.runs("cache"))
    assert "count what it holds as known" in caught.value.hint


def test_a_certificate_that_must_be_made_anew_is_taken_in_by_the_same_plan(tmp_path: Path) -> None:
    """EDGE-04: its mark only changes when it is made, and the edge must not go on with the old one until then."""
    one = Yard(system(site("web", script=""), root=tmp_path, edge=edge(("/", "web"))))
    one.make_all()
    steps = one.steps(one.runs("edge"))
    assert steps["certificate:edge"] == "issue: there is none"
    assert steps["process:edge"].startswith("reload: changed: certificate")
