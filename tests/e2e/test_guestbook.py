"""A stranger's own small project, and everything that can go wrong with it: a clear sentence, nothing half-done."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Checkout
from tests.e2e.steps import sign_the_guestbook

pytestmark = pytest.mark.real


def test_ten_lines_run_it(guestbook: Checkout) -> None:
    """A FastAPI and PostgreSQL project that knows no Stackyard runs from ten lines, over HTTPS."""
    assert len((guestbook.folder / "stackyard.yaml").read_text().splitlines()) == 10
    guestbook.up()
    sign_the_guestbook(guestbook)


def test_a_second_checkout_runs_beside_the_first_and_names_who_holds_the_port(
    guestbook: Checkout, ground: Path
) -> None:
    """TOP-05: documented ports where free, otherwise stable ones of the checkout, and never silently shifted."""
    from tests.e2e.conftest import copy_example

    guestbook.up()
    second = copy_example("guestbook", ground / "second" / "guestbook")
    try:
        done = second.up()
        assert "port 8000 is held by" in done.error
        assert f"app-1 uses {second.ports()['app-1']} in this checkout" in done.error
        assert not set(second.ports().values()) & set(guestbook.ports().values())
        remembered = second.ports()
        assert second.stackyard("down").code == 0
        second.up()
        assert second.ports() == remembered
        assert guestbook.status()["is_up"]
    finally:
        second.stackyard("down")


def test_an_edge_that_took_in_a_change_and_is_started_anew_has_nothing_to_catch_up(guestbook: Checkout) -> None:
    guestbook.up()
    guestbook.edit("stackyard.yaml", "host: guestbook.localhost", "host: guestbook.localhost, body: 3MB")
    done = guestbook.up_in_turn()
    assert done.code == 0, done.error
    assert guestbook.stackyard("restart", "edge").code == 0
    assert guestbook.stackyard("plan", "--check").code == 0


def test_a_remembered_port_that_somebody_took_is_an_error_that_names_them(guestbook: Checkout) -> None:
    guestbook.up()
    port = guestbook.ports()["app-1"]
    guestbook.stackyard("down")
    with socket.create_server(("127.0.0.1", port)):
        done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert f"port {port} of app-1 is held by" in done.error
    assert f"pid {os.getpid()}" in done.error
    assert guestbook.is_gone()
    guestbook.up()


def test_an_app_that_does_not_start_is_told_with_its_last_words(guestbook: Checkout) -> None:
    guestbook.edit("main.py", "app = FastAPI(", 'raise RuntimeError("the moon is full")\napp = FastAPI(')
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "the moon is full" in done.error
    assert "stackyard logs app" in done.error
    assert "Traceback" not in done.error.split("|")[0]
    assert guestbook.is_gone()
    guestbook.edit("main.py", 'raise RuntimeError("the moon is full")\n', "")
    guestbook.up()


def test_an_app_that_never_becomes_healthy_is_given_up(guestbook: Checkout) -> None:
    guestbook.edit("stackyard.yaml", "health: /healthz", "health: {path: /nowhere, start_timeout: 1s}")
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "did not become" in done.error
    assert "404" in done.error
    assert guestbook.is_gone()
    # A second is too little for an application that may start on a busy machine.
    guestbook.edit("stackyard.yaml", "{path: /nowhere, start_timeout: 1s}", "/healthz")
    guestbook.up()


def test_up_is_no_success_while_something_crashes(guestbook: Checkout) -> None:
    """Success is reported only after the end state has been observed."""
    guestbook.up()
    guestbook.edit("main.py", "app = FastAPI(", 'raise RuntimeError("the moon is full")\napp = FastAPI(')
    for _ in range(2):
        done = guestbook.up_in_turn()
        assert done.code == 1
        assert "the moon is full" in done.error
    assert guestbook.stackyard("plan", "--check").code == 3
    guestbook.edit("main.py", 'raise RuntimeError("the moon is full")\n', "")
    assert guestbook.up_in_turn().code == 0
    assert guestbook.status()["is_up"]


def test_the_watcher_is_not_restarted_by_another_terminal(guestbook: Checkout) -> None:
    guestbook.up()
    before = guestbook.pids()["reload"]
    other = {**guestbook.process()["env"], "LANG": "de_DE.UTF-8", "XDG_CACHE_HOME": "/tmp/elsewhere"}
    found = subprocess.run(
        guestbook.command("plan", "--check"), cwd=guestbook.folder, env=other, capture_output=True, check=False
    )
    assert found.returncode == 0
    assert guestbook.pids()["reload"] == before


def test_a_failed_up_leaves_what_ran_before_as_it_was(guestbook: Checkout) -> None:
    guestbook.up()
    before = guestbook.pids()
    (guestbook.folder / "requirements.txt").write_text("no-such-package-here-at-all==99\n")
    done = guestbook.up_in_turn()
    assert done.code == 1
    assert "no-such-package-here-at-all" in done.error
    assert {name: guestbook.pids()[name] for name in ("db", "edge", "app-1")} == {
        name: before[name] for name in ("db", "edge", "app-1")
    }


def test_a_broken_migration_stops_up_before_new_code_takes_traffic(guestbook: Checkout) -> None:
    """DB-08: migrations run before new code takes traffic, and stop it when they fail."""
    guestbook.up()
    before = guestbook.pids()
    guestbook.edit(
        "stackyard.yaml",
        "    needs: [db]",
        "    needs: [db]\n    migrate: python -c 'raise SystemExit(\"column is gone\")'",
    )
    done = guestbook.up_in_turn()
    assert done.code == 1
    assert "the migration of app failed" in done.error
    assert "column is gone" in done.error
    assert guestbook.pids()["app-1"] == before["app-1"]
    guestbook.edit("stackyard.yaml", 'raise SystemExit("column is gone")', "")
    assert guestbook.up_in_turn().code == 0


def test_an_app_that_ignores_sigterm_is_ended_all_the_same(guestbook: Checkout) -> None:
    guestbook.edit(
        "main.py",
        "    yield\n",
        "    import signal\n\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    yield\n",
    )
    guestbook.edit("stackyard.yaml", "    port: 8000", "    port: 8000\n    stop_grace_period: 1s")
    guestbook.up()
    stopped = guestbook.stackyard("down", timeout=60)
    assert stopped.code == 0, stopped.error
    assert guestbook.is_gone(10.0), [process.cmdline() for process in guestbook.processes()]


def test_clean_removes_data_only_when_it_is_named(guestbook: Checkout) -> None:
    """TOP-02: a separate, explicit clean removes the data. TOP-13: it says what space it freed."""
    guestbook.up()
    refused = guestbook.stackyard("clean")
    assert refused.code == 1
    assert "stackyard down" in refused.error
    guestbook.stackyard("down")
    data = guestbook.folder / ".stackyard/development/data/db"
    assert "are free again" in guestbook.stackyard("clean").out
    assert (data / "PG_VERSION").is_file()
    assert guestbook.stackyard("clean", "--data").code == 2
    assert (data / "PG_VERSION").is_file()
    assert guestbook.stackyard("clean", "--data", "--yes").code == 0
    assert not data.exists()


def test_old_data_beside_new_secrets_is_reconciled(guestbook: Checkout) -> None:
    """Credentials are reconciled on every `up`: regenerated passwords beside an old volume just work."""
    guestbook.up()
    guestbook.stackyard("down")
    for secret in (guestbook.folder / ".stackyard/development/secrets").iterdir():
        secret.unlink()
    guestbook.up()
    assert guestbook.status()["is_up"]
    assert "nothing to do" in guestbook.up().out


def test_what_this_target_does_not_run_yet_is_said_with_its_line(guestbook: Checkout) -> None:
    text = (guestbook.folder / "stackyard.yaml").read_text()
    (guestbook.folder / "stackyard.yaml").write_text(text + "monitoring: {}\n")
    done = guestbook.up()
    assert "stackyard.yaml:11: monitoring is not run by the native target yet" in done.error


def test_a_wrong_file_is_told_with_line_excerpt_and_the_nearest_key(guestbook: Checkout) -> None:
    guestbook.edit("stackyard.yaml", "health:", "helth:")
    guestbook.edit("stackyard.yaml", "needs: [db]", "needs: [bd]")
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "stackyard.yaml:7:5" in done.error
    assert "helth" in done.error
    assert "health" in done.error
    assert "bd" in done.error
    assert not (guestbook.folder / ".stackyard").exists()


def test_a_secret_that_others_can_read_is_refused(guestbook: Checkout) -> None:
    """SEC-01: directories 0700, files 0600."""
    guestbook.up()
    guestbook.stackyard("down")
    secret = next((guestbook.folder / ".stackyard/development/secrets").iterdir())
    secret.chmod(0o644)
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "chmod 0600" in done.error
    assert guestbook.is_gone()


def test_production_refuses_a_secret_that_is_missing_or_weak(guestbook: Checkout) -> None:
    """SEC-04: production refuses to start with a default, weak or missing secret."""
    # Production takes the ports of the file and no others; these are nobody's.
    guestbook.edit("stackyard.yaml", "{host: guestbook.localhost}", "{host: shop.test, http: 21810, https: 21811}")
    guestbook.edit("stackyard.yaml", "port: 8000", "port: 21812")
    guestbook.edit("stackyard.yaml", '{postgres: ">=15"}', '{postgres: ">=15", port: 21813}')
    guestbook.edit("stackyard.yaml", "    needs: [db]", "    needs: [db]\n    secrets: [mail_key]")
    text = (guestbook.folder / "stackyard.yaml").read_text()
    (guestbook.folder / "stackyard.yaml").write_text(text + "secrets: {mail_key: {provided: true}}\n")
    missing = guestbook.stackyard("up", "--detach", "--env", "production")
    assert missing.code == 1
    assert "mail_key" in missing.error
    weak = subprocess.run(
        guestbook.command("secrets", "set", "mail_key", "--env", "production"),
        cwd=guestbook.folder,
        env=guestbook.process()["env"],
        input="changeme",
        capture_output=True,
        text=True,
        check=False,
    )
    assert weak.returncode == 2
    assert "changeme" not in weak.stderr
    assert guestbook.is_gone()


def test_the_json_of_reading_commands_is_json(guestbook: Checkout) -> None:
    for words in (("plan",), ("check",), ("status",), ("doctor",), ("secrets", "list")):
        json.loads(guestbook.stackyard(*words, "--json").out)
    assert guestbook.stackyard("plan", "--check").code == 3
