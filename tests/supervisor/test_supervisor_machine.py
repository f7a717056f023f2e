"""The machine decides by the book: literals in, states, actions and sentences out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackyard.targets.native.program import Program, ProgramProbe
from stackyard.targets.native.supervisor.events import (
    Action,
    Adopted,
    Due,
    Event,
    Exited,
    Kill,
    Lost,
    Phase,
    Probed,
    Restart,
    Signal,
    Spawn,
    Spawned,
    SpawnFailed,
    Start,
    State,
    Stop,
    Tick,
)
from stackyard.targets.native.supervisor.machine import GIVE_UP, delay_before, on_event

API = Program(
    id="api-1",
    part="api",
    argv=("api",),
    cwd="/srv",
    probe=ProgramProbe(kind="http", address="127.0.0.1:8000", path="/health", start_timeout=60, retries=3),
)


def play(*history: tuple[float, Event], program: Program = API) -> tuple[State, list[Action], list[str]]:
    """The state, the actions of the last event, and every sentence, after a history of (time, event)."""
    state, actions, sentences = State(program=program, seed=1), [], []
    for now, event in history:
        state, given, sentence = on_event(state, event, now)
        actions = list(given)
        sentences += [sentence] if sentence else []
    return state, actions, sentences


STARTED = ((0.0, Start(API)), (0.0, Spawned(12)))
READY = (*STARTED, (0.25, Probed(passed=True)))


def test_a_program_starts_and_becomes_ready() -> None:
    state, actions, sentences = play(*READY)
    assert (state.phase, state.pid, state.deadline, actions) == (Phase.READY, 12, None, [])
    assert sentences == ["starting api-1", "api-1 started (pid 12)", "api-1 is ready after 0.25 s"]


def test_a_crash_is_followed_by_a_start_after_a_moment() -> None:
    state, actions, sentences = play(*STARTED, (0.3, Exited(1)))
    assert (state.phase, state.failures, actions) == (Phase.BACKOFF, 1, [])
    assert sentences[-1] == "api-1 exited with code 1 after 0.3 s; starting it again in 0.1 s (failure 1 of 8)"
    assert state.deadline == 0.3 + delay_before(1, seed=1)
    state, given, _ = on_event(state, Tick(), 0.5)
    assert (state.phase, given, state.restarts) == (Phase.STARTING, (Spawn(API),), 1)


def test_the_wait_doubles_up_to_ten_seconds_with_a_jitter_of_a_fifth() -> None:
    plain = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    for failure, expected in enumerate(plain, start=1):
        waits = {delay_before(failure, seed) for seed in range(50)}
        assert len(waits) > 1
        assert all(expected * 0.8 <= wait <= expected * 1.2 for wait in waits)


def test_after_eight_failures_in_a_row_it_is_left_alone() -> None:
    history: list[tuple[float, Event]] = [(0.0, Start(API))]
    for turn in range(GIVE_UP):
        history += [(turn * 20.0, Tick()), (turn * 20.0, Spawned(turn)), (turn * 20.0 + 0.3, Exited(3))]
    state, actions, sentences = play(*history)
    assert (state.phase, state.deadline, actions) == (Phase.FAILED, None, [])
    assert sentences[-1] == "api-1 exited with code 3 after 0.3 s; giving up after 8 failures in a row"


def test_what_has_worked_is_never_given_up() -> None:
    """What it misses may come back after any time: a database that recovers, a disk that is full."""
    state, _, _ = play(*READY, (10.3, Exited(1)))
    for turn in range(3 * GIVE_UP):
        for event in (Tick(), Spawned(turn), Exited(1)):
            state, _, sentence = on_event(state, event, 30.0 + turn * 20.0)
    assert (state.phase, state.failures) == (Phase.BACKOFF, 1 + 3 * GIVE_UP)
    assert sentence.endswith("s (failure 25 in a row)")


def test_a_new_definition_must_show_anew_that_it_works() -> None:
    state, _, _ = play(*READY, (10.3, Exited(1)), (10.4, Start(replace(API, argv=("api", "--new")))))
    for turn in range(GIVE_UP):
        for event in (Tick(), Spawned(turn), Exited(1)):
            state, _, _ = on_event(state, event, 30.0 + turn * 20.0)
    assert state.phase is Phase.FAILED


def test_ten_ready_seconds_make_earlier_failures_forgotten() -> None:
    history = ((0.0, Exited(1)), (9.0, Tick()), (9.0, Spawned(13)), (9.1, Probed(passed=True)))
    early, _, _ = play(*STARTED, *history, (19.0, Exited(1)))
    late, _, _ = play(*STARTED, *history, (19.2, Exited(1)))
    assert (early.failures, late.failures) == (2, 1)


def test_a_program_that_never_answers_is_killed_and_the_last_answer_told() -> None:
    state, _actions, _sentences = play(*STARTED, (59.9, Probed(passed=False, detail="GET /health answered 503")))
    assert state.phase is Phase.STARTING
    state, given, sentence = on_event(state, Tick(), 60.0)
    why = "did not become healthy within 60 s: GET /health answered 503"
    assert (given, sentence) == ((Kill(),), f"api-1 {why}; killing it")
    state, _, sentence = on_event(state, Exited(-9), 60.1)
    assert sentence == f"api-1 {why}; starting it again in 0.1 s (failure 1 of 8)"
    assert (state.cause, state.last_exit) == (why, "was ended by SIGKILL")


def test_three_failing_probes_restart_a_program() -> None:
    bad = Probed(passed=False, detail="GET /health answered 500")
    state, actions, sentences = play(*READY, (10, bad), (20, bad), (30, bad))
    assert (state.phase, actions, state.deadline) == (Phase.UNHEALTHY, [Signal("SIGTERM")], 45.0)
    assert sentences[-1] == "api-1 failed 3 health checks in a row: GET /health answered 500; restarting it"
    state, _, _ = on_event(state, Exited(0), 31)
    assert (state.phase, state.failures) == (Phase.BACKOFF, 1)


def test_one_good_probe_forgives_the_bad_ones() -> None:
    bad = Probed(passed=False, detail="no")
    state, actions, _ = play(*READY, (10, bad), (20, bad), (30, Probed(passed=True)), (40, bad), (50, bad))
    assert (state.phase, actions) == (Phase.READY, [])


def test_an_unhealthy_program_that_restarts_on_failure_only_may_recover() -> None:
    program = replace(API, restart="on-failure")
    history = ((0.0, Start(program)), (0.0, Spawned(12)), (0.25, Probed(passed=True)))
    bad = Probed(passed=False, detail="no")
    state, actions, _ = play(*history, (10, bad), (20, bad), (30, bad), program=program)
    assert (state.phase, actions) == (Phase.UNHEALTHY, [])
    state, _, sentence = on_event(state, Probed(passed=True), 40)
    assert (state.phase, sentence) == (Phase.READY, "api-1 is healthy again")


def test_stop_signals_then_kills_and_only_then_is_it_stopped() -> None:
    state, actions, _ = play(*READY, (5, Stop()))
    assert (state.phase, actions, state.deadline) == (Phase.STOPPING, [Signal("SIGTERM")], 20.0)
    state, given, sentence = on_event(state, Tick(), 20.0)
    assert (given, sentence) == ((Kill(),), "api-1 did not end within 15 s of SIGTERM; killing it")
    state, given, sentence = on_event(state, Exited(-9), 20.1)
    assert (state.phase, given, sentence) == (Phase.STOPPED, (), "api-1 is stopped")


def test_a_stop_during_the_wait_ends_the_waiting() -> None:
    state, actions, _ = play(*STARTED, (0.3, Exited(1)), (0.35, Stop()), (9, Tick()))
    assert (state.phase, actions, state.deadline) == (Phase.STOPPED, [], None)


def test_a_start_while_stopping_comes_after_the_end() -> None:
    state, actions, _ = play(*READY, (5, Stop()), (6, Start(API)))
    assert actions == []
    state, given, _ = on_event(state, Exited(0), 7)
    assert (state.phase, given) == (Phase.STARTING, (Spawn(API),))


def test_a_changed_program_replaces_the_running_one_and_the_same_one_does_not() -> None:
    _, actions, sentences = play(*READY, (5, Start(API)))
    assert (actions, sentences[-1]) == ([], "api-1 is ready after 0.25 s")
    newer = replace(API, argv=("api", "--new"))
    state, actions, sentences = play(*READY, (5, Start(newer)))
    assert (actions, sentences[-1]) == ([Signal("SIGTERM")], "restarting api-1 (pid 12) with SIGTERM")
    state, given, _ = on_event(state, Exited(0), 6)
    assert (state.program, given) == (newer, (Spawn(newer),))


@pytest.mark.parametrize("event", [Restart(), Start(API)])
def test_one_that_gave_up_gets_a_new_chance(event: Event) -> None:
    state = State(program=API, phase=Phase.FAILED, failures=8)
    state, actions, _ = on_event(state, event, 100)
    assert (state.phase, state.failures, actions) == (Phase.STARTING, 0, (Spawn(API),))


def test_what_can_never_start_fails_at_once() -> None:
    cause = "port 8000 is held by python3 (pid 123, /home/ana)"
    state, _, sentences = play((0, Start(API)), (0, SpawnFailed(cause)))
    assert (state.phase, state.cause) == (Phase.FAILED, cause)
    assert sentences[-1] == f"api-1 cannot start: {cause}"


def test_what_was_ready_once_is_tried_again_when_it_cannot_start() -> None:
    state, _, sentences = play(*READY, (1, Exited(1)), (2, Tick()), (2, SpawnFailed("port 8000 is held by x")))
    assert (state.phase, state.failures) == (Phase.BACKOFF, 2)
    assert sentences[-1].startswith("api-1 cannot start: port 8000 is held by x; starting it again in ")


@pytest.mark.parametrize(
    ("restart", "code", "phase"),
    [("never", 0, Phase.DONE), ("never", 1, Phase.FAILED), ("on-failure", 0, Phase.DONE), ("always", 0, Phase.BACKOFF)],
)
def test_how_a_program_ends_follows_its_policy(restart: str, code: int, phase: Phase) -> None:
    program = replace(API, probe=ProgramProbe(), restart=restart)  # type: ignore[arg-type]
    state, _, _ = play((0, Start(program)), (0, Spawned(1)), (1, Exited(code)), program=program)
    assert state.phase is phase


def test_a_job_has_no_time_limit() -> None:
    job = replace(API, probe=ProgramProbe(), restart="never")
    state, _, _ = play((0, Start(job)), (0, Spawned(1)), program=job)
    assert (state.phase, state.deadline) == (Phase.STARTING, None)


def test_a_scheduled_program_waits_runs_and_waits_again() -> None:
    cron = replace(API, schedule="0 2 * * *", probe=ProgramProbe())
    state, actions, sentences = play((0, Start(cron)), program=cron)
    assert (state.phase, actions, sentences) == (Phase.WAITING, [], ["api-1 waits for its next time (0 2 * * *)"])
    state, given, _ = on_event(state, Due(), 10)
    assert given == (Spawn(cron),)
    state, _, _ = on_event(state, Spawned(5), 10)
    state, given, sentence = on_event(state, Due(), 11)
    assert (given, sentence) == ((), "api-1 still runs; this time of its schedule is skipped")
    state, _, sentence = on_event(state, Exited(0), 12)
    assert (state.phase, sentence) == (Phase.DONE, "api-1 is done after 2.0 s")
    assert on_event(state, Due(), 20)[1] == (Spawn(cron),)


def test_an_adopted_program_goes_on_where_it_was() -> None:
    state, actions, sentences = play((100, Adopted(77, "abc", Phase.READY, since=40.0)))
    assert (state.phase, state.pid, state.since, state.fingerprint) == (Phase.READY, 77, 40.0, "abc")
    assert (actions, sentences) == ([], ["api-1 was found running (pid 77) and is supervised again"])


def test_what_died_while_nobody_watched_is_started_again_unless_it_was_a_job() -> None:
    state, _, sentences = play((100, Lost()))
    assert state.phase is Phase.BACKOFF
    assert sentences == ["api-1 ended while nobody watched; starting it again in 0.1 s (failure 1 of 8)"]
    job = replace(API, restart="never")
    state, _, sentences = play((100, Lost()), program=job)
    assert (state.phase, sentences) == (Phase.FAILED, ["api-1 ended while nobody watched; its exit code is unknown"])
