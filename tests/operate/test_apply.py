"""A plan is executed as it stands: in its order, as much at once as can be, and not a step further after a failure."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable

import pytest

from stackyard.errors import MachineError, PartError
from stackyard.operate.apply import WORKERS, Progress, apply
from stackyard.plan.element import Kind
from stackyard.plan.step import Downtime, Plan, Step, Verb

PATIENCE = 10.0
"""Seconds that a test waits for another thread before it fails."""


def meet(barrier: threading.Barrier) -> Callable[[], None]:
    """Wait at the barrier for the others, but not for ever."""

    def waiting() -> None:
        barrier.wait(PATIENCE)

    return waiting


def step(name: str, *after: str) -> Step:
    return Step(Verb.START, name, "it does not run", Downtime.NONE, f"process:{name}", Kind.PROCESS, name, after)


def plan(*steps: Step) -> Plan:
    return Plan("shop", "testing", "native", steps)


class Work:
    """Does nothing but to remember what was done; some steps do more."""

    def __init__(self, **special: Callable[[], None]) -> None:
        self.done: list[str] = []
        self.told: list[Progress] = []
        self.interrupted = threading.Event()
        self._special = special

    def perform(self, step: Step) -> None:
        self._special.get(step.subject, lambda: None)()
        self.done.append(step.subject)

    def apply(self, *steps: Step) -> None:
        apply(plan(*steps), self.perform, self.told.append, self.interrupted)

    def states(self, subject: str) -> list[str]:
        return [progress.state for progress in self.told if progress.step.subject == subject]


def fail(error: Exception) -> Callable[[], None]:
    def raising() -> None:
        raise error

    return raising


def test_an_empty_plan_is_done_at_once() -> None:
    work = Work()
    work.apply()
    assert work.told == []


def test_each_step_follows_the_steps_that_it_waits_for() -> None:
    """TOP-01: dependency order."""
    work = Work()
    work.apply(
        step("api", "process:db", "process:cache"), step("db", "data:db"), step("web", "process:api"), step("cache")
    )
    assert sorted(work.done) == ["api", "cache", "db", "web"]
    assert work.done.index("db") < work.done.index("api") < work.done.index("web")
    assert work.done.index("cache") < work.done.index("api")
    assert all(work.states(name) == ["begun", "done"] for name in work.done)


def test_a_step_that_waits_for_what_no_step_makes_is_not_held_up() -> None:
    work = Work()
    work.apply(step("api", "process:db"))
    assert work.done == ["api"]


def test_steps_that_do_not_wait_for_each_other_run_at_once() -> None:
    together = threading.Barrier(3)
    work = Work(**dict.fromkeys(("a", "b", "c"), meet(together)))
    work.apply(step("a"), step("b"), step("c"), step("d", "process:a"))
    assert sorted(work.done) == ["a", "b", "c", "d"]


def test_a_step_begins_while_one_that_it_does_not_wait_for_still_runs() -> None:
    late = threading.Event()

    def wait() -> None:
        assert late.wait(PATIENCE)

    work = Work(slow=wait, after_quick=late.set)
    work.apply(step("slow"), step("quick"), step("after_quick", "process:quick"))
    assert work.done == ["quick", "after_quick", "slow"]


def test_the_first_failure_lets_running_steps_end_and_starts_no_more() -> None:
    """Nothing half-done is left behind: what runs is not torn apart."""
    both, failed = threading.Barrier(2), threading.Event()

    def break_down() -> None:
        both.wait(PATIENCE)
        failed.set()
        raise PartError("db", "db did not become ready")

    def take_long() -> None:
        both.wait(PATIENCE)
        assert failed.wait(PATIENCE)

    work = Work(db=break_down, install=take_long)
    with pytest.raises(PartError, match="db did not become ready"):
        work.apply(step("db"), step("install"), step("api", "process:install"), step("worker", "process:db"))
    assert work.done == ["install"]
    assert (work.states("db"), work.states("install")) == (["begun", "failed"], ["begun", "done"])
    assert work.states("api") == work.states("worker") == []


def test_with_more_steps_than_workers_a_failure_still_starts_no_more() -> None:
    full = threading.Barrier(WORKERS)

    def break_down() -> None:
        full.wait(PATIENCE)
        raise PartError("s0", "s0 failed")

    still = threading.Event()

    def go_on() -> None:
        full.wait(PATIENCE)
        assert still.wait(PATIENCE)

    def tell(progress: Progress) -> None:
        work.told.append(progress)
        if progress.state == "failed":
            still.set()

    work = Work(s0=break_down, **{f"s{number}": go_on for number in range(1, WORKERS)})
    steps = [step(f"s{number}") for number in range(WORKERS * 3)]
    with pytest.raises(PartError, match="s0 failed"):
        apply(plan(*steps), work.perform, tell, work.interrupted)
    begun = [progress.step.subject for progress in work.told if progress.state == "begun"]
    assert sorted(begun) == sorted(f"s{number}" for number in range(WORKERS))


def test_what_fails_first_is_what_is_told() -> None:
    first, second = MachineError("the disk is gone"), PartError("api", "api fell over")
    work = Work(db=fail(first), api=fail(second))
    with pytest.raises((MachineError, PartError)) as caught:
        work.apply(step("db"), step("api"))
    assert caught.value in (first, second)
    assert work.done == []


@pytest.mark.parametrize(
    ("number", "says", "hint"),
    [
        (errno.ENOSPC, "No space left on device", "The disk is full. Free some space"),
        (errno.EDQUOT, "Disk quota exceeded", "The quota is used up"),
        (errno.EROFS, "Read-only file system", "The file system is read-only"),
        (errno.EACCES, "Permission denied", "stackyard doctor"),
    ],
)
def test_what_the_system_refuses_is_told_with_its_file_and_a_next_step(number: int, says: str, hint: str) -> None:
    work = Work(db=fail(OSError(number, says, "/srv/shop/data/db")))
    with pytest.raises(PartError) as caught:
        work.apply(step("db"))
    assert caught.value.what == f"start db: /srv/shop/data/db: {says}"
    assert hint in caught.value.hint
    assert caught.value.part == "db"
    assert work.told[-1].error is caught.value


def test_a_defect_of_ours_stops_the_plan_and_is_not_dressed_up() -> None:
    work = Work(db=fail(KeyError("process:db")))
    with pytest.raises(KeyError):
        work.apply(step("db"), step("api", "process:db"))
    assert work.done == []


def test_an_interrupt_lets_running_steps_end_and_starts_no_more() -> None:
    work = Work(install=lambda: work.interrupted.set())
    with pytest.raises(KeyboardInterrupt):
        work.apply(step("install"), step("api", "process:install"))
    assert work.done == ["install"]


def test_an_interrupt_before_the_first_step_does_nothing() -> None:
    work = Work()
    work.interrupted.set()
    with pytest.raises(KeyboardInterrupt):
        work.apply(step("db"))
    assert work.told == []


def test_an_interrupt_wins_over_the_failures_that_it_causes() -> None:
    def give_up() -> None:
        work.interrupted.set()
        raise PartError("install", "uv ended with code -15")

    work = Work(install=give_up)
    with pytest.raises(KeyboardInterrupt):
        work.apply(step("install"))


def test_progress_is_told_one_at_a_time() -> None:
    telling = threading.Lock()
    overlaps: list[str] = []
    told: list[str] = []

    def tell(progress: Progress) -> None:
        if not telling.acquire(blocking=False):
            overlaps.append(progress.step.subject)
            return
        # Let go of the interpreter while telling: whoever could come in would.
        threading.Event().wait(0.001)
        told.append(progress.state)
        telling.release()

    steps = [step(f"s{number}") for number in range(WORKERS)]
    apply(plan(*steps), lambda _: None, tell, threading.Event())
    assert overlaps == []
    assert (told.count("begun"), told.count("done")) == (WORKERS, WORKERS)


def test_a_long_chain_and_a_wide_fan_are_done_completely() -> None:
    chain = [step(f"c{number}", f"process:c{number - 1}") for number in range(300)]
    fan = [step(f"f{number}", "process:c299") for number in range(300)]
    work = Work()
    work.apply(*reversed(fan), *reversed(chain))
    assert work.done[:300] == [f"c{number}" for number in range(300)]
    assert sorted(work.done[300:]) == sorted(f"f{number}" for number in range(300))
