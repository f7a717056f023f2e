"""The command that targets run: one JSON object a line, and an exit code that is true."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import stackyard
from stackyard.backup import job as jobs
from stackyard.backup.job import Job
from tests.backup import ground
from tests.backup.ground import Shop
from tests.backup.scripts import write_script
from tests.resources.servers import wait_until

pytestmark = pytest.mark.real


def written(job: Job) -> str:
    file = Path(job.scratch).parent / "job.json"
    file.write_text(jobs.to_text(job))
    return str(file)


def told(job: Job, *words: str) -> tuple[int, list[dict[str, Any]]]:
    argv = [sys.executable, "-m", "stackyard.backup", written(job), *words]
    answer = subprocess.run(argv, capture_output=True, text=True)
    assert answer.stderr == ""
    return answer.returncode, [json.loads(line) for line in answer.stdout.splitlines()]


def test_a_set_is_made_listed_shown_verified_and_pruned(plain: Job) -> None:
    """BAK-01, BAK-03."""
    code, lines = told(plain, "create", "--kind", "manual")
    backup = lines[-1]["result"]
    assert (code, backup["state"]) == (0, "verified")
    assert {line["event"]["state"] for line in lines[:-1]} == {"begun", "progress", "done", "failed"}
    assert told(plain, "list") == (0, [{"result": [backup]}])
    assert told(plain, "show", backup["id"]) == (0, [{"result": backup}])
    code, lines = told(plain, "verify", "--deep")
    assert (code, lines[-1]["result"]["state"]) == (0, "verified")
    assert told(plain, "prune", "--dry-run") == (0, [{"result": []}])


def test_what_went_wrong_is_said_in_words_with_a_way_on(plain: Job, tmp_path: Path) -> None:
    job = replace(plain, repository=replace(plain.repository, url=str(tmp_path / "none")))
    code, lines = told(job, "prune")
    assert code == 1
    assert lines[-1]["error"]["what"] == f"there is no repository at {tmp_path / 'none'}"
    assert lines[-1]["error"]["hint"] == "Is its disk mounted, its bucket there?"
    assert told(plain, "show", "20200101T000000Z")[1][-1]["error"]["what"].startswith("there is no backup set")


def test_a_run_that_is_told_to_end_leaves_nothing_behind(plain: Job, shop_folder: Path) -> None:
    script = f'case "$1" in backup) : > {shop_folder}/begun; sleep 60;; *) exec {plain.restic} "$@";; esac'
    job = replace(plain, restic=str(write_script(shop_folder / "restic", script)))
    argv = [sys.executable, "-m", "stackyard.backup", written(job), "create"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: (shop_folder / "begun").exists(), 20)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert json.loads(output.splitlines()[-1])["error"]["what"] == "it was interrupted"
    assert list(Path(job.scratch).iterdir()) == []


def test_a_run_that_is_told_to_end_in_the_middle_of_a_query_says_so_and_no_more(shop: Shop) -> None:
    argv = [sys.executable, "-m", "stackyard.backup", written(shop.job), "create"]
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'stackyard_backup'"
    with ground.admin(shop.server, shop.database) as owner, owner.transaction():
        owner.execute("LOCK TABLE orders")
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: bool(shop.sql(waiting)), 60)
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=20)
    assert json.loads(output.splitlines()[-1])["error"]["what"] == "it was interrupted"
    assert errors == ""


def test_a_job_that_cannot_be_read_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text('{"system": "shop"}')
    argv = [sys.executable, "-m", "stackyard.backup", str(tmp_path / "job.json"), "list"]
    answer = subprocess.run(argv, capture_output=True, text=True)
    assert (answer.returncode, answer.stderr) == (1, "")
    assert "does not describe what there is to back up" in json.loads(answer.stdout)["error"]["what"]


def test_it_runs_where_nothing_but_its_own_folder_is_installed(tmp_path: Path) -> None:
    """A container holds `stackyard/__init__.py`, `errors.py` and `backup/`, and no library but psycopg."""
    source = Path(stackyard.__file__).parent
    (tmp_path / "stackyard").mkdir()
    for name in ("__init__.py", "errors.py"):
        shutil.copy(source / name, tmp_path / "stackyard" / name)
    shutil.copytree(source / "backup", tmp_path / "stackyard" / "backup")
    names = ("create", "drill", "fetch", "keeper", "marks", "prune", "push", "receive", "recover", "verify", "wal")
    imports = "; ".join(f"import stackyard.backup.{name}" for name in names)
    argv = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {imports}"]
    answer = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
