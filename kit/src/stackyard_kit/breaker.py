"""A circuit breaker: a dependency that fails is left alone for a while, so that its absence costs a request nothing.

The circuit is a state machine without a clock of its own; `Breaker` is it with figures, for asyncio.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

from stackyard_kit.deadline import DeadlinePassedError
from stackyard_kit.metrics import Metrics

State = Literal["closed", "open", "trying"]

_NUMBERS: dict[State, int] = {"closed": 0, "trying": 1, "open": 2}


class DependencyAwayError(Exception):
    """A dependency does not answer, or is left alone because it did not. `wait` seconds from now it may again."""

    def __init__(self, name: str, wait: float) -> None:
        super().__init__(f"{name} does not answer")
        self.name = name
        self.wait = wait


@dataclass(frozen=True)
class Policy:
    """So many `failures` in `window` seconds open the circuit; after `rest` seconds one call tries again.

    A trial that fails doubles the rest, up to `longest` seconds.
    """

    failures: int = 5
    window: float = 30.0
    rest: float = 5.0
    longest: float = 60.0


@dataclass
class Circuit:
    """What was seen of a dependency. Every method is told the time, in seconds."""

    policy: Policy
    _failed_at: deque[float] = field(default_factory=deque)
    _rest: float = 0.0
    _open_until: float = 0.0
    _trial_until: float = 0.0

    def state(self, now: float) -> State:
        """closed: calls pass; open: none does; trying: the rest is over and one may."""
        if not self._rest:
            return "closed"
        return "open" if now < self._open_until else "trying"

    def wait(self, now: float) -> float:
        """Seconds until a call may pass; 0 when one may now."""
        if not self._rest:
            return 0.0
        return max(self._open_until, self._trial_until, now) - now

    def admit(self, now: float) -> bool:
        """Whether a call may pass. The first after a rest is the trial; should nobody hear of it, another follows."""
        if self.wait(now):
            return False
        if self._rest:
            self._trial_until = now + self.policy.rest
        return True

    def succeeded(self) -> None:
        """A call was answered: the circuit is closed, as if nothing had been."""
        self._failed_at.clear()
        self._rest = self._open_until = self._trial_until = 0.0

    def failed(self, now: float) -> None:
        """A call was not answered."""
        if self._rest:
            if self.state(now) == "trying":
                self._open(now, min(self._rest * 2, self.policy.longest))
            return
        self._failed_at.append(now)
        while self._failed_at[0] <= now - self.policy.window:
            self._failed_at.popleft()
        if len(self._failed_at) >= self.policy.failures:
            self._open(now, self.policy.rest)

    def _open(self, now: float, rest: float) -> None:
        self._failed_at.clear()
        self._rest, self._open_until, self._trial_until = rest, now + rest, 0.0


class Breaker:
    """`async with breaker:` around each call of one dependency. Raises DependencyAwayError while the circuit is open.

    A block that raises one of `failures` did not get an answer, and one that raises something else did. A cancellation
    or a deadline says nothing about the dependency.
    """

    def __init__(
        self,
        name: str,
        metrics: Metrics,
        *,
        policy: Policy | None = None,
        failures: tuple[type[BaseException], ...] = (OSError, TimeoutError),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._circuit = Circuit(policy or Policy())
        self._failures = failures
        self._now = now
        self._calls = metrics.breaker_calls
        metrics.breaker_state.labels(name).set_function(lambda: _NUMBERS[self.state])

    @property
    def state(self) -> State:
        return self._circuit.state(self._now())

    async def ask(self) -> None:
        """For a health check that is not vital: raises DependencyAwayError unless the circuit is closed."""
        if self.state != "closed":
            raise DependencyAwayError(self.name, self._circuit.wait(self._now()))

    async def __aenter__(self) -> None:
        if not self._circuit.admit(self._now()):
            self._calls.labels(self.name, "refused").inc()
            raise DependencyAwayError(self.name, self._circuit.wait(self._now()))

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, self._failures):
            self._circuit.failed(self._now())
            self._calls.labels(self.name, "failed").inc()
        elif kind is None or (issubclass(kind, Exception) and not issubclass(kind, DeadlinePassedError)):
            self._circuit.succeeded()
            self._calls.labels(self.name, "answered").inc()
