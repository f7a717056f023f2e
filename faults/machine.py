"""What a machine or an application can do to a system: the end-to-end tests that break these, run and counted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from faults.result import Result
from faults.tally import Tally

GROUP = "machine"
_REPOSITORY = Path(__file__).parents[1]
_LIMIT = 300.0
"""Seconds that one run of a test may take."""


@dataclass(frozen=True)
class Case:
    """A test in tests/e2e: the file, its name, and what it shows."""

    file: str
    test: str
    fault: str
    must: str


_TOLD = "exit code 1 and a sentence that names"
CASES = (
    Case(
        "test_machine_faults.py",
        "test_a_full_disk_is_named_and_leaves_nothing_running",
        "the disk is full during `up`",
        f"{_TOLD} the disk; nothing is left running; with room, `up` works",
    ),
    Case(
        "test_machine_faults.py",
        "test_a_disk_that_fills_up_while_it_runs_costs_no_acknowledged_write",
        "the disk fills up under write load",
        "writes are refused, none that was acknowledged is lost; with room, all is ready again by itself",
    ),
    Case(
        "test_machine_faults.py",
        "test_down_works_on_a_full_disk",
        "the disk is full during `down`",
        "`down` ends well and nothing is left running",
    ),
    Case(
        "test_guestbook.py",
        "test_a_remembered_port_that_somebody_took_is_an_error_that_names_them",
        "a port is taken",
        f"{_TOLD} the port, the process and its pid; nothing is left running; with the port free, `up` works",
    ),
    Case(
        "test_machine_faults.py",
        "test_a_program_that_is_not_there_is_named_and_everything_else_stays",
        "a binary is missing",
        f"{_TOLD} it; the database and the edge go on untouched; with the command right, `up` works",
    ),
    Case(
        "test_machine_faults.py",
        "test_a_version_that_cannot_be_had_is_an_error_with_its_line",
        "a version of PostgreSQL cannot be had",
        f"{_TOLD} the line of the file; nothing is written",
    ),
    Case(
        "test_machine_faults.py",
        "test_data_that_belongs_to_somebody_else_is_left_alone_and_told_with_the_words_of_the_database",
        "the data belongs to another user",
        f"{_TOLD} the part, with its last words; the data stays; given back, `up` works and the data is there",
    ),
    Case(
        "test_guestbook.py",
        "test_a_secret_that_others_can_read_is_refused",
        "a secret can be read by others",
        f"{_TOLD} the file and the `chmod` that mends it; nothing is left running",
    ),
    Case(
        "test_machine_faults.py",
        "test_data_of_another_version_is_refused_and_untouched",
        "the data is of another version of PostgreSQL",
        f"{_TOLD} the version; the data stays as it was",
    ),
    Case(
        "test_machine_faults.py",
        "test_a_state_file_that_is_broken_says_what_to_do",
        "the state file is torn",
        f"{_TOLD} what to do; done so, `up` works",
    ),
    Case(
        "test_guestbook.py",
        "test_a_broken_migration_stops_up_before_new_code_takes_traffic",
        "a migration fails",
        f"{_TOLD} the migration, with its last words; the old code goes on; mended, `up` works",
    ),
    Case(
        "test_guestbook.py",
        "test_an_app_that_does_not_start_is_told_with_its_last_words",
        "the application crashes at its start",
        f"{_TOLD} it, with its last words; nothing is left running; mended, `up` works",
    ),
    Case(
        "test_guestbook.py",
        "test_an_app_that_never_becomes_healthy_is_given_up",
        "the application never becomes healthy",
        f"{_TOLD} what its health check answered; nothing is left running; mended, `up` works",
    ),
    Case(
        "test_guestbook.py",
        "test_up_is_no_success_while_something_crashes",
        "new code crashes in a system that ran",
        "`up` fails each time until it is mended, and then works",
    ),
    Case(
        "test_guestbook.py",
        "test_a_failed_up_leaves_what_ran_before_as_it_was",
        "a package cannot be installed",
        f"{_TOLD} the package; every process that ran is the same as before",
    ),
    Case(
        "test_guestbook.py",
        "test_an_app_that_ignores_sigterm_is_ended_all_the_same",
        "the application ignores SIGTERM",
        "`down` ends well after the grace period and nothing is left running",
    ),
)


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Each case three times; one of them once when it should be quick, for all of them are run as tests anyway."""
    for case in CASES[:1] if quick else CASES:
        tally = Tally(GROUP, case.fault, case.must)
        for _ in range(1 if quick else 3):
            tally.count(_try(case, ground / "report.xml"))
        yield tally.result()


def _try(case: Case, report: Path) -> list[str]:
    """Run the test; why it did not hold, [] when it did. A test that was skipped has shown nothing."""
    test = f"tests/e2e/{case.file}::{case.test}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", test]
    done = subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True, timeout=_LIMIT, check=False)
    if done.returncode != 0:
        return [f"{case.test}: {' / '.join(done.stdout.splitlines()[-4:])}"]
    ran = [one for one in ElementTree.parse(report).iter("testcase") if one.find("skipped") is None]
    return [] if ran else [f"{case.test} was skipped on this machine"]
