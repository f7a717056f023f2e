"""Commands on Docker Compose that are killed: `up` at each of its steps, `down` and `clean` at any of their moments."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from queue import Empty, Queue

from faults.engine import AFTER, END_LIMIT, GROUP, OnCompose, recover, written
from faults.load import Account, load, total
from faults.result import Result
from faults.tally import Tally

_UP = ("up", "--detach", "--target", "compose")
_STEP = "✓"
"""How a line begins that `up` says at the end of a step."""


def killed(checkout: OnCompose, verb: str, points: int) -> Iterator[Result]:
    """SIGKILL of the command at each of its steps, and Ctrl-C at half of them."""
    for number, name in ((signal.SIGKILL, "SIGKILL"), (signal.SIGINT, "Ctrl-C")):
        where = "at each step of" if verb == "up" else "during"
        tally = Tally(GROUP, f"{name} {where} `{verb}`", AFTER)
        accounts: list[Account] = []
        count = points if number is signal.SIGKILL else max(1, points // 2)
        span = _measured(checkout, verb)
        for point in range(count):
            with load(checkout) as writing:
                written(writing)
                _prepare(checkout, verb)
                _try(checkout, verb, number, _moment(point, count, span), tally)
                accounts.append(writing.account())
        yield tally.result(total(accounts))


def _prepare(checkout: OnCompose, verb: str) -> None:
    """The system as the command wants it: up before `down`, else down."""
    if verb != "down":
        checkout.stackyard("down", timeout=END_LIMIT)


def _measured(checkout: OnCompose, verb: str) -> int | float:
    """What the command comes to when nobody ends it: how many steps `up` has, how many seconds others take."""
    _prepare(checkout, verb)
    begun = time.monotonic()
    done = checkout.stackyard(*_words(verb), timeout=END_LIMIT)
    taken = time.monotonic() - begun
    if verb == "up":
        return sum(line.startswith(_STEP) for line in done.out.splitlines())
    recover(checkout)
    return taken


def _words(verb: str) -> tuple[str, ...]:
    return {"up": _UP, "down": ("down",), "clean": ("clean", "--yes")}[verb]


def _moment(point: int, points: int, span: int | float) -> int | float:
    """After how many of its steps, or after how many seconds."""
    return 1 + point * span // points if isinstance(span, int) else span * (point + 0.5) / points


def _try(checkout: OnCompose, verb: str, number: int, moment: int | float, tally: Tally) -> None:
    where = f"after line {moment}" if isinstance(moment, int) else f"at {moment:.2f} s"
    reasons = []
    with subprocess.Popen(
        checkout.command(*_words(verb)),
        cwd=checkout.folder,
        # Its lines are what the moments are counted by, so they must come at once.
        env={**checkout.process()["env"], "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        lines = _said(process)
        _await(process, lines, moment)
        is_hit = process.poll() is None
        process.send_signal(number)
        begun = time.monotonic()
        try:
            process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            reasons.append(f"`{verb}` did not end within {END_LIMIT:.0f} s")
        error = process.stderr.read() if process.stderr else ""
    if "Traceback" in error or "defect" in error:
        reasons.append(f"`{verb}` said: {' / '.join(error.splitlines())[-400:]}")
    if verb == "down":
        reasons += _down_again(checkout)
    reasons += recover(checkout)
    if is_hit or reasons:
        tally.count([f"{where}: {reason}" for reason in reasons], time.monotonic() - begun)


def _said(process: subprocess.Popen[str]) -> Queue[str]:
    """The lines of the ends of steps, as they come."""
    lines: Queue[str] = Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(_STEP):
                lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _await(process: subprocess.Popen[str], lines: Queue[str], moment: int | float) -> None:
    if isinstance(moment, float):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        return
    for _ in range(moment):
        while process.poll() is None:
            with contextlib.suppress(Empty):
                lines.get(timeout=0.1)
                break


def _down_again(checkout: OnCompose) -> list[str]:
    done = checkout.stackyard("down", timeout=END_LIMIT)
    reasons = [] if done.code == 0 else [f"the next `down` ended with {done.code}: {done.error.strip()[:300]}"]
    left = checkout.left()
    return [*reasons, *([f"left by the next `down`: {', '.join(left)}"] if left else [])]


def erased(checkout: OnCompose, points: int) -> Result:
    """`clean --data` killed: the next one takes away all that is left, and `up` begins anew."""
    tally = Tally(
        GROUP,
        "SIGKILL during `clean --data --yes`",
        "the next `clean --data --yes` leaves no volume, image or network of the system; the next `up` begins anew",
    )
    words = ("clean", "--data", "--yes")
    checkout.stackyard("down", timeout=END_LIMIT)
    begun = time.monotonic()
    checkout.stackyard(*words, timeout=END_LIMIT)
    span = time.monotonic() - begun
    for point in range(points):
        reasons = _began_anew(checkout)
        checkout.stackyard("down", timeout=END_LIMIT)
        with subprocess.Popen(checkout.command(*words), cwd=checkout.folder, stdout=subprocess.DEVNULL) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(span * (point + 0.5) / points)
            process.kill()
        done = checkout.stackyard(*words, "--target", "compose", timeout=END_LIMIT)
        reasons += [] if done.code == 0 else [f"the next `clean` ended with {done.code}: {done.error.strip()[:300]}"]
        left = [*checkout.left(), *checkout.data(), *checkout.images()]
        reasons += [f"left: {', '.join(left)}"] if left else []
        tally.count(reasons)
    _began_anew(checkout)
    return tally.result()


def _began_anew(checkout: OnCompose) -> list[str]:
    # Its secrets went with its data.
    checkout.__dict__.pop("variables", None)
    return recover(checkout)
