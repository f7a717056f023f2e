"""What goes through pipes arrives, is counted and hashed; and children are as nice as who starts them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stackyard.backup import niceness, pipes, programs
from stackyard.backup.problem import BackupError

MANY = 5_000_001
"""Bytes: more than any pipe holds, and no multiple of anything."""


def taken_in(by: str = "sha256sum") -> subprocess.Popen[bytes]:
    """Reads everything, and says the sum of it; or what another program makes of it."""
    return programs.start((by,), {}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_everything_arrives_counted_and_hashed() -> None:
    counts: list[int] = []
    with pipes.source(("head", "-c", str(MANY), "/dev/zero"), count=counts.append) as made:
        consumer = taken_in()
        flow = pipes.pour(made, consumer)
        assert consumer.stdout is not None
        output = consumer.stdout.read()
        programs.end(consumer)
    expected = hashlib.sha256(bytes(MANY)).hexdigest()
    assert (flow.size, flow.sha256, output.split()[0].decode()) == (MANY, expected, expected)
    assert counts == sorted(counts)
    assert counts[-1] == MANY


def test_a_producer_that_fails_at_its_end_is_no_whole() -> None:
    with pipes.source(("sh", "-c", "head -c 100000 /dev/zero; echo broken >&2; exit 3")) as made:
        consumer = taken_in()
        with pytest.raises(BackupError, match="sh failed after 100000 bytes with exit code 3") as error:
            pipes.pour(made, consumer)
        assert consumer.returncode != 0
        programs.end(consumer)
    assert error.value.details == ("broken",)


def test_a_consumer_that_goes_away_is_for_the_caller_to_explain() -> None:
    with pipes.source(("head", "-c", str(MANY), "/dev/zero")) as made:
        consumer = programs.start(("true",), {}, stdin=subprocess.PIPE)
        assert pipes.pour(made, consumer).sha256 == ""
        programs.end(consumer)


def test_what_is_read_beside_the_pouring_stays_open_when_the_producer_fails() -> None:
    with pipes.source(("sh", "-c", "echo begun; exit 3")) as made:
        consumer = taken_in("cat")
        feeding = pipes.Feeding(made, consumer)
        with pytest.raises(BackupError, match="sh failed after 6 bytes with exit code 3"):
            feeding.flow()
        assert b"".join(pipes.Source(consumer, "cat")) in (b"", b"begun\n")
        feeding.end()


def test_pouring_ends_however_much_there_would_be_to_pour() -> None:
    with pipes.source(("cat", "/dev/zero")) as made:
        consumer = taken_in("cat")
        feeding = pipes.Feeding(made, consumer)
        feeding.end()
        assert consumer.returncode is not None
        assert feeding.flow().sha256 == ""


def test_the_head_is_changed_as_a_whole_however_slowly_it_comes() -> None:
    slowly = "import sys,time\nfor c in 'SET a;':\n sys.stdout.write(c); sys.stdout.flush(); time.sleep(0.01)"
    process = programs.start((sys.executable, "-c", slowly), {}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    made = pipes.Source(process, "python", head=lambda first: first.replace(b"SET a;", b"SET b;"))
    assert b"".join(made) == b"SET b;"
    assert made.flow().size == 6
    programs.end(process)


GENTLE = """
import subprocess, sys
from stackyard.backup import niceness, programs
if sys.argv[1] == "itself":
    niceness.step_back()
    niceness.step_back()
else:
    sys.stdin.readline()
process = programs.start((sys.executable, "-c", "import os; print(os.nice(0)); input()"), {},
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(process.stdout.readline().decode().strip())
try:
    print(open(f"/proc/{process.pid}/autogroup").read().split()[-1])
except FileNotFoundError:
    print(10)
programs.end(process)
"""


@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) > 10, reason="these tests run with less than a tenth already")
def test_who_steps_back_takes_what_it_starts_along(tmp_path: Path) -> None:
    """Twice is not further; and where sessions share the processor, the child's session counts for as little."""
    words = (sys.executable, "-c", GENTLE, "itself")
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["10", "10"]


@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) > 10, reason="these tests run with less than a tenth already")
def test_who_is_set_back_counts_for_as_little_with_all_that_it_starts(tmp_path: Path) -> None:
    """In a session of its own: its own work would count in full beside that of others, whatever its niceness."""
    words, pipe = (sys.executable, "-c", GENTLE, "by its parent"), subprocess.PIPE
    with subprocess.Popen(words, cwd=tmp_path, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        niceness.set_back(process)
        group = Path(f"/proc/{process.pid}/autogroup")
        assert not group.exists() or group.read_text().split()[-1] == "10"
        assert process.communicate("go on\n")[0].split() == ["10", "10"]


@pytest.mark.skipif(sys.platform != "linux", reason="a policy of Linux")
def test_who_is_set_behind_works_when_nobody_else_would_and_so_does_what_it_starts(tmp_path: Path) -> None:
    ask = (
        "import os, sys; sys.stdin.readline(); print(os.sched_getscheduler(0) == os.SCHED_IDLE, os.nice(0), flush=True)"
    )
    both = f"{ask}; import subprocess; subprocess.run([sys.executable, '-c', {ask!r}])"
    words, pipe = (sys.executable, "-c", both), subprocess.PIPE
    with subprocess.Popen(words, cwd=tmp_path, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        niceness.set_behind(process)
        assert process.communicate("go on\ngo on\n")[0].split() == ["True", "19"] * 2
