"""Whatever happens in whatever order: never two processes, never a start while one is being stopped."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from stackyard.targets.native.program import Program, ProgramProbe
from stackyard.targets.native.supervisor.events import (
    Due,
    Event,
    Exited,
    Kill,
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
from stackyard.targets.native.supervisor.machine import on_event

PROGRAM = Program("a", "a", ("a",), "/", probe=ProgramProbe(kind="tcp", address="127.0.0.1:1", start_timeout=5))
OTHER = replace(PROGRAM, argv=("b",))

# What may happen at any time; exits and spawns follow from what the machine asked for.
WISHES: list[Event] = [
    Start(PROGRAM),
    Start(OTHER),
    Restart(),
    Stop(),
    Due(),
    Tick(),
    Probed(passed=True),
    Probed(passed=False, detail="no"),
]
STEPS = st.one_of(
    st.sampled_from(WISHES),
    st.sampled_from(["the process exits", "the process exits well"]),
    st.floats(0.01, 20),
)


class World:
    """One program as the shell would run it, counting its processes."""

    def __init__(self, program: Program, *, spawnable: bool) -> None:
        self.state = State(program=program)
        self.now = 0.0
        self.alive = 0
        self.signalled = False
        self.spawnable = spawnable

    def happen(self, event: Event) -> None:
        ending = self.state.ending
        self.state, actions, _ = on_event(self.state, event, self.now)
        for action in actions:
            match action:
                case Spawn():
                    assert self.alive == 0, "two processes"
                    assert not ending or isinstance(event, Exited), "a start while one is being ended"
                    assert self.state.phase is Phase.STARTING
                    self._spawn()
                case Signal() | Kill():
                    assert self.alive == 1, "a signal to nobody"
                    self.signalled = True

    def _spawn(self) -> None:
        if self.spawnable:
            self.alive, self.signalled = 1, False
            self.happen(Spawned(1))
        else:
            self.happen(SpawnFailed("it cannot"))

    def step(self, step: Event | str | float) -> None:
        if isinstance(step, float):
            self.now += step
            self.happen(Tick())
        elif isinstance(step, str):
            if self.alive:
                self.alive = 0
                self.happen(Exited(0 if step.endswith("well") else 1))
        else:
            self.happen(step)


@settings(max_examples=300, deadline=None)
@given(
    steps=st.lists(STEPS, max_size=40),
    restart=st.sampled_from(["always", "on-failure", "never"]),
    schedule=st.sampled_from(["", "* * * * *"]),
    spawnable=st.booleans(),
)
def test_the_world_and_the_state_never_disagree(
    steps: list[Event | str | float], restart: str, schedule: str, spawnable: bool
) -> None:
    program = replace(PROGRAM, restart=restart, schedule=schedule)  # type: ignore[arg-type]
    world = World(program, spawnable=spawnable)
    for step in steps:
        world.step(step)
        assert (world.state.pid is not None) == bool(world.alive)
        assert bool(world.state.ending) <= bool(world.alive)
        assert (world.state.phase in (Phase.STOPPED, Phase.FAILED, Phase.DONE, Phase.WAITING)) <= (not world.alive)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_after_a_stop_and_an_exit_nothing_ever_starts_by_itself(steps: list[Event | str | float]) -> None:
    world = World(PROGRAM, spawnable=True)
    for step in steps:
        world.step(step)
    world.step(Stop())
    world.step("the process exits")
    assert world.state.phase is Phase.STOPPED
    for span in (0.5, 5.0, 100.0):
        world.step(span)
    assert (world.state.phase, world.alive) == (Phase.STOPPED, 0)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_a_stop_is_done_once_the_grace_is_over(steps: list[Event | str | float]) -> None:
    world = World(PROGRAM, spawnable=True)
    for step in steps:
        world.step(step)
    if world.alive:
        world.step(Stop())
        assert world.signalled
        assert world.state.deadline is None or world.state.deadline <= world.now + PROGRAM.stop_grace
