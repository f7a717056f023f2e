"""The live view of `up`: what is done, what is under way, and what each part waits for."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stackyard.cli.output import has_colour, paint, say, table
from stackyard.operate.apply import Progress
from stackyard.plan.step import Downtime, Plan, Step

if TYPE_CHECKING:
    from rich.table import Table

# Only what takes longer is shown while it runs: a warm start should not flicker.
_PATIENCE = 0.25


def describe(plan: Plan) -> list[str]:
    """The plan as lines: verb, subject, cause, and what users of the system will notice."""
    if plan.is_empty:
        return [f"{plan.system} is as {plan.environment} wants it: nothing to do"]
    rows = [
        (step.verb.value, step.subject, step.cause, "" if step.downtime is Downtime.NONE else "away for a moment")
        for step in plan.steps
    ]
    return table(rows, indent="  ")


class View:
    """Takes the progress of steps and shows it: a live table on a terminal, a line a step elsewhere."""

    def __init__(self, plan: Plan, *, quiet: bool = False) -> None:
        self._plan = plan
        self._quiet = quiet
        self._begun: dict[str, float] = {}
        self._done: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, progress: Progress) -> None:
        """Take note of one progress; called from one thread at a time."""
        element = progress.step.element
        with self._lock:
            if progress.state == "begun":
                self._begun[element] = time.monotonic()
                return
            self._done.add(element)
        if progress.state == "failed":
            say(f"{paint('✗', 'red')} {progress.step.verb} {progress.step.subject} {_after(progress.seconds)}")
        elif not self._quiet:
            say(f"{paint('✓', 'green')} {progress.step.verb} {progress.step.subject} {_after(progress.seconds)}")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show what is under way while the body runs."""
        if self._quiet or not has_colour(sys.stdout):
            yield
            return
        over = threading.Event()
        drawing = threading.Thread(target=self._draw, args=(over,), daemon=True)
        drawing.start()
        try:
            yield
        finally:
            over.set()
            drawing.join()

    def _draw(self, over: threading.Event) -> None:
        if over.wait(_PATIENCE):
            return
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(), refresh_per_second=8, transient=True, get_renderable=self._render):
            over.wait()

    def _render(self) -> Table:
        from rich.table import Table

        now = time.monotonic()
        grid = Table.grid(padding=(0, 2))
        with self._lock:
            done, begun = set(self._done), dict(self._begun)
        for step in self._plan.steps:
            if step.element in done:
                continue
            if step.element in begun:
                grid.add_row("[cyan]…[/]", f"{step.verb} {step.subject}", f"{now - begun[step.element]:.1f} s")
            else:
                grid.add_row("[dim]·[/]", f"[dim]{step.verb} {step.subject}[/]", f"[dim]{self._waits(step, done)}[/]")
        return grid

    def _waits(self, step: Step, done: set[str]) -> str:
        names = [other.subject for other in self._plan.steps if other.element in set(step.after) - done]
        return f"waits for {', '.join(names)}" if names else ""


def _after(seconds: float) -> str:
    text = f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    return paint(text, "dim")
