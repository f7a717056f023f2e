"""What a server runs with, compared with its file: units, words and quotes mean the same in many spellings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackyard.resources.postgres.running import Deviation, Setting, deviations, is_same, parse

FILE = "/etc/db/postgresql.conf"
WORK_MEM = Setting("4096", "integer", "kB", "user", FILE)
ROOM = Setting("100", "integer", "", "postmaster", FILE)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("4MB", WORK_MEM),
        ("128MB", Setting("16384", "integer", "8kB")),
        ("15min", Setting("900", "integer", "s")),
        ("500ms", Setting("500", "integer", "ms")),
        ("0700", Setting("448", "integer")),
        ("1.1", Setting("1.1", "real")),
        ("on", Setting("on", "bool")),
        ("1", Setting("on", "bool")),
        ("'UTC'", Setting("UTC", "string")),
        ("'it''s'", Setting("it's", "string")),
        ("'TLSv1.2'", Setting("TLSv1.2", "enum")),
        ("on", Setting("pglz", "enum")),
    ],
)
def test_the_same_value_in_the_words_of_both(wanted: str, found: Setting) -> None:
    assert is_same(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("4MB", Setting("1024", "integer", "kB")),
        ("15min", Setting("300", "integer", "s")),
        ("off", Setting("on", "bool")),
        ("on", Setting("off", "enum")),
        ("1.1", Setting("4", "real")),
        ("'UTC'", Setting("Europe/Lisbon", "string")),
        ("3 apples", Setting("3", "integer")),
    ],
)
def test_another_value_is_another_value(wanted: str, found: Setting) -> None:
    assert not is_same(wanted, found)


def test_a_rendered_file_is_read_as_the_server_reads_it() -> None:
    assert parse("Work_Mem = 4MB\n\n# a comment = 3\nlog_line_prefix = '%m = '\n") == {
        "work_mem": "4MB",
        "log_line_prefix": "'%m = '",
    }


def test_what_runs_as_the_file_says_is_no_deviation() -> None:
    """DB-04: the derived settings are those of the living server."""
    assert list(deviations({"work_mem": "4MB"}, {"work_mem": WORK_MEM}, FILE, {})) == []


def test_a_setting_beside_the_file_is_one_and_a_restart_is_asked_for_only_where_it_is_needed() -> None:
    auto = "/data/postgresql.auto.conf"
    running = {"work_mem": replace(WORK_MEM, value="1024", file=auto), "max_connections": ROOM}
    assert list(deviations({}, running, FILE, {"work_mem": "1MB", "max_connections": "300"})) == [
        Deviation("max_connections", "max_connections was set to 300 beside the file"),
        Deviation("work_mem", "work_mem was set to 1MB beside the file"),
    ]
    taken_in = {"max_connections": replace(ROOM, value="300", file=auto)}
    assert next(deviations({}, taken_in, FILE, {"max_connections": "300"})).needs_restart
    assert list(deviations({"max_connections": "100"}, {"max_connections": replace(ROOM, value="300")}, FILE, {})) == [
        Deviation("max_connections", "max_connections is 300 and should be 100", needs_restart=True)
    ]
    waiting = {"max_connections": replace(ROOM, waits_for_restart=True)}
    assert list(deviations({"max_connections": "100"}, waiting, FILE, {})) == [
        Deviation("max_connections", "max_connections waits for a restart", needs_restart=True)
    ]
