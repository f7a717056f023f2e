"""The live view of long work on data: a bar on a terminal, a line a step elsewhere, with what earlier runs took."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stackyard.cli.output import has_colour, paint, say, warn

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from stackyard.backup.events import Event

Tell = Callable[["Event"], None]


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[Tell]:
    """What takes the events of the work while the body runs. With `quiet` only what failed is said, as a warning."""
    if quiet:
        yield _warn
    elif has_colour(sys.stdout):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
        with Progress(*columns, console=Console(), transient=True) as bars:
            yield _Bars(bars).tell
    else:
        yield _line


def size(count: float) -> str:
    """Bytes as people read them: "3.4 MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def span(seconds: float) -> str:
    """Seconds as people read them."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class _Bars:
    """A bar for each step that is under way; what is done stays as a line."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def tell(self, event: Event) -> None:
        if event.state == "begun":
            self._tasks[event.step] = self._bars.add_task(event.step, total=event.total or None, note=_estimate(event))
            return
        task = self._tasks.get(event.step)
        if event.state == "progress":
            if task is not None:
                note = f"{size(event.done)}  {span(event.seconds)}{_estimate(event)}"
                self._bars.update(task, completed=event.done, total=event.total or None, note=note)
            return
        if task is not None:
            self._bars.remove_task(self._tasks.pop(event.step))
        _line(event)


def _line(event: Event) -> None:
    if event.state == "done":
        much = f", {size(event.done)}" if event.done else ""
        say(f"{paint('✓', 'green')} {event.step} {paint(f'{span(event.seconds)}{much}', 'dim')}")
    elif event.state == "failed":
        say(f"{paint('✗', 'red')} {event.step}{f': {event.detail}' if event.detail else ''}")


def _warn(event: Event) -> None:
    if event.state == "failed":
        warn(f"{event.step}: {event.detail}")


def _estimate(event: Event) -> str:
    return f" of about {span(event.expected)}" if event.expected else ""
