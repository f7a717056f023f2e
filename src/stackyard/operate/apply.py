"""Execute a plan as it stands: each step as soon as the steps it waits for are done, several at once."""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Literal

from stackyard.errors import PartError, StackyardError, cause_of
from stackyard.plan.step import Plan, Step

Perform = Callable[[Step], None]
WORKERS = 32
"""Steps that run at once; most of them wait for another process."""


@dataclass(frozen=True)
class Progress:
    """What became of a step: it began, it is done, or it failed. `seconds` is how long it took."""

    step: Step
    state: Literal["begun", "done", "failed"]
    seconds: float = 0.0
    error: StackyardError | None = None


Tell = Callable[[Progress], None]


def apply(plan: Plan, perform: Perform, tell: Tell, interrupted: threading.Event) -> None:
    """Do every step.

    The first failure lets running steps end and starts no more; then it is raised. `interrupted` does the same and
    raises KeyboardInterrupt. `tell` is called from several threads, one call at a time.
    """
    _Application(plan, perform, tell, interrupted).run()


_HINTS = {
    errno.ENOSPC: "The disk is full. Free some space and run it again; what ran before is as it was.",
    errno.EDQUOT: "The quota is used up. Free some space and run it again; what ran before is as it was.",
    errno.EROFS: "The file system is read-only: the project must lie where it can be written.",
    errno.EACCES: "Who owns it? `stackyard doctor` looks at what can be wrong with permissions.",
}


def _hint(error: OSError) -> str:
    return _HINTS.get(error.errno or 0, "")


class _Application:
    def __init__(self, plan: Plan, perform: Perform, tell: Tell, interrupted: threading.Event) -> None:
        self._perform = perform
        self._tell = tell
        self._interrupted = interrupted
        self._lock = threading.Lock()
        self._steps = {step.element: step for step in plan.steps}
        self._order = TopologicalSorter({name: self._steps.keys() & step.after for name, step in self._steps.items()})
        self._order.prepare()
        self._ready: deque[str] = deque()
        self._running: dict[Future[None], Step] = {}
        self._failure: BaseException | None = None

    def run(self) -> None:
        with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="step") as pool:
            self._start_ready(pool)
            while self._running:
                finished, _ = wait(self._running, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._finish(future)
                self._start_ready(pool)
        if self._interrupted.is_set():
            raise KeyboardInterrupt
        if self._failure is not None:
            raise self._failure

    def _start_ready(self, pool: ThreadPoolExecutor) -> None:
        self._ready.extend(self._order.get_ready())
        # No more than there are workers: a step that waited in the pool could not be called back.
        while self._ready and len(self._running) < WORKERS:
            if self._failure is not None or self._interrupted.is_set():
                return
            step = self._steps[self._ready.popleft()]
            self._running[pool.submit(self._work, step)] = step

    def _finish(self, future: Future[None]) -> None:
        step = self._running.pop(future)
        error = future.exception()
        if error is None:
            self._order.done(step.element)
        else:
            self._failure = self._failure or error

    def _work(self, step: Step) -> None:
        begun = time.monotonic()
        self._say(Progress(step, "begun"))
        try:
            self._perform(step)
        except StackyardError as error:
            self._fail(step, begun, error)
            raise
        except OSError as problem:
            told = PartError(step.part, f"{step.verb} {step.subject}: {cause_of(problem)}", hint=_hint(problem))
            self._fail(step, begun, told)
            raise told from problem
        self._say(Progress(step, "done", time.monotonic() - begun))

    def _fail(self, step: Step, begun: float, error: StackyardError) -> None:
        # Before it is told: whoever has heard of a failure will see no other step begin.
        self._failure = self._failure or error
        self._say(Progress(step, "failed", time.monotonic() - begun, error))

    def _say(self, progress: Progress) -> None:
        with self._lock:
            self._tell(progress)
