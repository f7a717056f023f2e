"""Single commands and their arguments, on a system that never ran: each says what it needs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .conftest import FILE, Terminal

VALUE = "correct-horse-battery-staple-9f2c"


@pytest.fixture
def logged(terminal: Terminal) -> Terminal:
    """Logs of two parts: one line an hour ago, one a minute ago, one now."""
    log = terminal.folder / ".stackyard" / "development" / "log"
    log.mkdir(parents=True)
    now = datetime.now(UTC)
    lines = {
        "api": ((3600, "GET /old 200"), (0, "GET /new 500")),
        "db": ((60, "checkpoint complete"),),
    }
    for part, said in lines.items():
        rows = [
            {"ts": (now - timedelta(seconds=age)).isoformat(), "part": part, "id": part, "stream": "out", "line": line}
            for age, line in said
        ]
        (log / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return terminal


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ((), ["GET /old 200", "checkpoint complete", "GET /new 500"]),
        (("api",), ["GET /old 200", "GET /new 500"]),
        (("-n", "1"), ["GET /new 500"]),
        (("-n", "0"), []),
        (("--grep", r"\b(200|500)$"), ["GET /old 200", "GET /new 500"]),
        (("--since", "10min"), ["checkpoint complete", "GET /new 500"]),
        (("--since", "10m"), ["checkpoint complete", "GET /new 500"]),
        (("--since", "30s"), ["GET /new 500"]),
        (("--since", "2h"), ["GET /old 200", "checkpoint complete", "GET /new 500"]),
        (("--since", "1d", "db"), ["checkpoint complete"]),
        (("--since", "2020-01-01"), ["GET /old 200", "checkpoint complete", "GET /new 500"]),
        (("--since", "2020-01-01T12:30+02:00"), ["GET /old 200", "checkpoint complete", "GET /new 500"]),
        (("--since", "2999-01-01T00:00"), []),
    ],
)
def test_logs_shows_what_is_asked_for_oldest_first(logged: Terminal, words: tuple[str, ...], shown: list[str]) -> None:
    """LOG-01: logs collected in one place and searched; TOP-13: tail N, per service."""
    done = logged.stackyard("logs", *words)
    assert done.code == 0, done.error
    assert [line.split(maxsplit=2)[2] for line in done.out.splitlines()] == shown


def test_logs_as_json_are_one_document_a_line(logged: Terminal) -> None:
    rows = [json.loads(line) for line in logged.stackyard("logs", "--json").out.splitlines()]
    assert [(row["part"], row["line"]) for row in rows][-1] == ("api", "GET /new 500")
    assert all(datetime.fromisoformat(row["ts"]).tzinfo for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--grep", "("), "'(' is no regular expression"),
        (("--since", "yesterday"), "'yesterday' is no time (2026-11-21T14:00) and no age (10min, 2h)"),
        (("--since", "10 parsecs"), "is no time"),
        (("--since", "99999999999999d"), "is no time"),
        (("--since", ""), "is no time"),
        (("-n", "many"), "'many' is no number of lines"),
        (("-n", "-1"), "-n/--lines"),
        (("-n", "9" * 30), "is no number of lines"),
    ],
)
def test_logs_refuses_what_it_cannot_read(logged: Terminal, words: tuple[str, ...], said: str) -> None:
    done = logged.stackyard("logs", *words)
    assert done.code == 2
    assert said in done.error
    assert "defect" not in done.error


def test_logs_of_a_part_that_has_none_names_those_that_have(logged: Terminal, terminal: Terminal) -> None:
    done = logged.stackyard("logs", "apt")
    assert (done.code, done.error) == (2, "error: there is no log of apt\nnext: There are logs of: api, db.\n")


def ran(terminal: Terminal) -> Path:
    """A system that ran once and left data and products."""
    folder = terminal.folder / ".stackyard" / "development"
    for name in ("data/db/PG_VERSION", "secrets/db.postgres", "etc/db/postgresql.conf"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("x" * 2_000)
    return folder


def test_clean_without_data_does_not_ask_and_touches_no_data(terminal: Terminal) -> None:
    """TOP-02: a separate, explicit clean removes data."""
    folder = ran(terminal)
    done = terminal.stackyard("clean")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "removed; 2 kB are free again"
    assert (folder / "data/db/PG_VERSION").is_file()
    assert not (folder / "etc").exists()
    assert terminal.stackyard("clean").out == "there is nothing to remove (development)\n"


def test_clean_asks_before_data_and_takes_the_name_for_a_yes(terminal: Terminal) -> None:
    """TOP-13: confirmation before data goes; it says what space it freed."""
    folder = ran(terminal)
    shown = terminal.typed("clean", "--data", answer="shop\n")
    assert shown.code == 0
    assert "Type shop to remove it all: " in shown.out
    assert f"{folder}/data" in shown.out
    assert shown.out.count("cannot be made again") == 2
    assert "removed; 6 kB are free again" in shown.out
    assert not (folder / "data").exists()


@pytest.mark.parametrize("answer", ["yes\n", "y\n", "\n", "Shop\n", "\x04"], ids=["yes", "y", "nothing", "Shop", "^D"])
def test_clean_refuses_every_other_answer(terminal: Terminal, answer: str) -> None:
    folder = ran(terminal)
    shown = terminal.typed("clean", "--data", answer=answer)
    assert shown.code == 2
    assert "nothing was removed" in shown.out
    assert "defect" not in shown.out
    assert (folder / "data/db/PG_VERSION").is_file()
    assert (folder / "etc/db/postgresql.conf").is_file()


def test_clean_with_nobody_to_ask_removes_nothing_unless_told_to(terminal: Terminal) -> None:
    folder = ran(terminal)
    refused = terminal.stackyard("clean", "--data", given="shop\n")
    assert (refused.code, "Or say --yes." in refused.error) == (2, True)
    assert (folder / "data/db/PG_VERSION").is_file()
    assert terminal.stackyard("clean", "--data", "--yes").code == 0
    assert not (folder / "data").exists()


def test_secrets_are_set_and_listed_and_never_shown(terminal: Terminal) -> None:
    """SEC-01: never in output, log or process list; files 0600."""
    before = terminal.stackyard("secrets", "list")
    assert "not made yet" in before.out
    done = terminal.stackyard("secrets", "set", "mail_key", given=f"{VALUE}\n")
    assert (done.code, done.out) == (0, "mail_key is set; `stackyard up` gives it to who needs it\n")
    path = terminal.folder / ".stackyard/development/secrets/mail_key"
    assert (path.read_text(), path.stat().st_mode & 0o777) == (VALUE, 0o600)
    for words in (("list",), ("list", "--json")):
        listed = terminal.stackyard("secrets", *words)
        assert listed.code == 0
        assert VALUE not in listed.out + listed.error
    (row,) = json.loads(terminal.stackyard("secrets", "list", "--json").out)
    today = datetime.now(UTC).date().isoformat()
    assert row == {"name": "mail_key", "source": "provided", "since": today, "purpose": "declared"}


def test_a_typed_secret_is_not_shown_on_the_terminal(terminal: Terminal) -> None:
    shown = terminal.typed("secrets", "set", "mail_key", answer=f"{VALUE}\n")
    assert shown.code == 0
    assert "mail_key: " in shown.out
    assert VALUE not in shown.out
    assert (terminal.folder / ".stackyard/development/secrets/mail_key").read_text() == VALUE


@pytest.mark.parametrize(
    "value", ["", "\n", "a\0b", b"\xff\xfe\xfd", "x" * 70_000], ids=["none", "line", "nul", "bytes", "long"]
)
def test_a_value_that_cannot_be_kept_is_refused(terminal: Terminal, value: str | bytes) -> None:
    done = terminal.stackyard("secrets", "set", "mail_key", given=value)
    assert done.code == 2
    assert "the value for the secret `mail_key`" in done.error
    assert "defect" not in done.error
    assert not (terminal.folder / ".stackyard/development/secrets/mail_key").exists()


def test_nobody_typing_a_secret_sets_none(terminal: Terminal) -> None:
    shown = terminal.typed("secrets", "set", "mail_key", answer="\x04")
    assert (shown.code, "defect" in shown.out) == (2, False)


def test_a_secret_that_the_file_does_not_declare_is_not_set(terminal: Terminal) -> None:
    done = terminal.stackyard("secrets", "set", "mail-key", given=VALUE)
    assert done.code == 2
    assert done.error == (
        "error: the stack file declares no secret mail-key\n"
        "next: It declares: mail_key. Those of resources are generated.\n"
    )


def test_the_keys_of_a_store_for_backups_are_set_like_any_other(terminal: Terminal) -> None:
    """BAK-02: nobody generates them, and no stack file lists them."""
    file = terminal.folder / "stackyard.yaml"
    file.write_text(file.read_text() + "\nbackups: {to: 's3://bucket/shop'}\n")
    for name in ("backups.access-key", "backups.secret-key"):
        assert terminal.stackyard("secrets", "set", name, given=f"{VALUE}\n").code == 0
        assert (terminal.folder / f".stackyard/development/secrets/{name}").read_text() == VALUE
    assert terminal.stackyard("secrets", "set", "backups.repository", given=VALUE).code == 2


def test_production_takes_no_weak_secret_and_does_not_repeat_it(terminal: Terminal) -> None:
    """SEC-04: production refuses to start with a default, weak or missing secret."""
    done = terminal.stackyard("secrets", "set", "mail_key", "--env", "production", given="hunter2hunter2hunter2")
    assert done.code == 2
    assert "production refuses it" in done.error
    assert "hunter2" not in done.error


def test_db_of_a_system_without_a_database_says_so(terminal: Terminal) -> None:
    for action in ("stats", "shell"):
        done = terminal.stackyard("db", action)
        assert (done.code, "shop has no database" in done.error) == (2, True)


def test_db_asks_which_of_several_and_knows_which_never_ran(terminal: Terminal) -> None:
    terminal.write(FILE + "resources: {db: {postgres: 16}, audit: {postgres: 16}}\n")
    assert terminal.stackyard("db", "stats").error == "error: which database?\nnext: There are: db, audit.\n"
    unknown = terminal.stackyard("db", "stats", "--db", "adit")
    assert (unknown.code, "there is no database adit" in unknown.error) == (2, True)
    never = terminal.stackyard("db", "stats", "--db", "audit")
    assert never.code == 1
    assert never.error == "error: audit never ran here (development)\nnext: `stackyard up` starts it.\n"


def test_run_wants_a_command_and_a_service_that_there_is(terminal: Terminal) -> None:
    missing = terminal.stackyard("run", "api")
    assert (missing.code, "there is no command to run" in missing.error) == (2, True)
    unknown = terminal.stackyard("run", "apo", "--", "true")
    assert unknown.code == 2
    assert unknown.error == "error: there is no Python service apo\nnext: Did you mean api? There are: api.\n"


def test_commands_on_a_system_that_does_not_run_say_so(terminal: Terminal) -> None:
    status = terminal.stackyard("status")
    assert (status.code, status.out) == (1, "nothing runs here (development); `stackyard up` starts it\n")
    assert json.loads(terminal.stackyard("status", "--json").out)["is_up"] is False
    down = terminal.stackyard("down")
    assert (down.code, down.out) == (0, "nothing runs here (development)\n")
    restart = terminal.stackyard("restart", "api")
    assert (restart.code, restart.error) == (1, "error: nothing runs here\nnext: `stackyard up` starts it.\n")


def test_an_environment_that_nobody_knows_is_told_with_the_nearest(terminal: Terminal) -> None:
    done = terminal.stackyard("check", "--env", "prodution")
    assert done.code == 2
    assert 'did you mean "production"?' in done.error
    assert terminal.stackyard("check", STACKYARD_ENV="production").out.endswith("(production) is fine: api\n")


def test_check_as_json_is_json_for_right_and_for_wrong_files(terminal: Terminal) -> None:
    assert json.loads(terminal.stackyard("check", "--json").out) == {"ok": True, "findings": []}
    terminal.write(FILE + "egde: {}\n")
    wrong = terminal.stackyard("check", "--json")
    found = json.loads(wrong.out)
    assert (wrong.code, found["ok"], found["findings"][0]["line"]) == (1, False, 5)


def test_check_tells_what_a_target_does_not_keep_before_anything_runs_there(terminal: Terminal) -> None:
    """TGT-01: also on a machine that has no engine."""
    assert terminal.stackyard("check", "--target", "compose").out.endswith("is fine on compose: api\n")
    terminal.write(FILE + "monitoring: {alerts: ops@example.org}\n")
    assert terminal.stackyard("check").code == 0
    asked = terminal.stackyard("check", "--target", "compose", "--json", PATH="/nowhere")
    found = json.loads(asked.out)
    assert (asked.code, found["ok"]) == (1, False)
    assert [(one["line"], one["what"].partition(" by ")[0]) for one in found["findings"]] == [
        (5, "`monitoring.alerts` is not kept")
    ]
    assert "accept_loss: {compose: [monitoring.alerts]}" in terminal.stackyard("check", "--target", "compose").error
    terminal.write(FILE + "monitoring: {alerts: ops@example.org}\naccept_loss: {compose: [monitoring.alerts]}\n")
    accepted = terminal.stackyard("check", "--target", "compose")
    assert (accepted.code, "`monitoring.alerts` is not kept" in accepted.error) == (0, True)
    assert terminal.stackyard("check", "--target", "native").code == 0
