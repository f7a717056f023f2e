"""SIGKILL at any moment of `up`, `down` and `restart`: of the supervisor, of its guardian, of the command itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from faults.breakable import Breakable, breakable, recover, seconds_until, words_of
from faults.load import load
from faults.result import Result
from faults.tally import Tally

GROUP = "commands"
ORPHAN_LIMIT = 5.0
"""Seconds after a kill within which nothing may be left that belongs to nobody."""
_END_LIMIT = 60.0
"""Seconds within which a command must end, whatever is killed meanwhile."""

Verb = Literal["up", "down", "restart"]
Mode = Literal["detached", "foreground"]
Victim = Literal["the supervisor", "the guardian", "the command"]


@dataclass(frozen=True)
class Case:
    """Kill `victim` while `verb` is at work on a system that runs, or is to run, in this mode."""

    verb: Verb
    mode: Mode
    victim: Victim
    points: int

    @property
    def leaves_nothing(self) -> bool:
        """Whether the kill must end everything: a foreground system ends with its supervisor and with its command."""
        if self.mode == "detached" or self.victim == "the guardian":
            return False
        return self.victim == "the supervisor" or self.verb == "up"

    @property
    def must(self) -> str:
        """What must hold, for people."""
        if self.leaves_nothing:
            left = "no process is left"
        elif self.verb == "down":
            left = "what runs belongs to a supervisor, and the next `down` leaves nothing"
        else:
            left = "what runs belongs to a supervisor"
        return f"after {ORPHAN_LIMIT:.0f} s {left}; no traceback; the next `up` makes all ready; nothing lost"


def cases(points: int) -> Iterator[Case]:
    """All cases; the supervisor is killed at so many moments each, the guardian and the command at fewer."""
    fewer = max(2, points * 2 // 5)
    for verb in ("up", "down", "restart"):
        yield Case(verb, "detached", "the supervisor", points)
        yield Case(verb, "foreground", "the supervisor", points)
        yield Case(verb, "detached", "the command", fewer)
        yield Case(verb, "detached", "the guardian", fewer)
    yield Case("up", "foreground", "the command", fewer)
    yield Case("up", "foreground", "the guardian", fewer)


_QUICK = (Case("restart", "detached", "the supervisor", 2), Case("up", "foreground", "the supervisor", 2))


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Each case at moments spread from the begin of the command to its end; when it should be quick, two cases."""
    with breakable(ground) as checkout:
        checkout.up("--quiet")
        for case in _QUICK if quick else cases(25):
            yield _run(checkout, case)


def _run(checkout: Breakable, case: Case) -> Result:
    tally = Tally(GROUP, f"SIGKILL of {case.victim} during `{case.verb}`, {case.mode}", case.must)
    with load(checkout) as writing:
        span = _span(checkout, case)
        for point in range(case.points):
            with _prepared(checkout, case):
                _try(checkout, case, span * point / case.points, tally)
        # What every try left well must still be: an end that came late would show here.
        tally.reasons += recover(checkout)
        account = writing.account()
    return tally.result(account, f"moments from 0 to {span:.1f} s after the begin of the command")


def _span(checkout: Breakable, case: Case) -> float:
    """How long the command takes when nothing is killed, in seconds; of `up` in the foreground, until all is ready."""
    with _prepared(checkout, case), _started(checkout, case) as process:
        begun = time.monotonic()
        if case.verb == "up" and case.mode == "foreground":
            assert seconds_until(checkout.is_answering, _END_LIMIT) is not None
            span = time.monotonic() - begun
            checkout.stackyard("down")
        else:
            process.wait(_END_LIMIT)
            span = time.monotonic() - begun
    recover(checkout)
    return span


@contextlib.contextmanager
def _prepared(checkout: Breakable, case: Case) -> Iterator[None]:
    """The system as the case wants it: down before `up`, else up in its mode."""
    if case.verb == "up":
        checkout.stackyard("down")
        yield
    elif case.mode == "detached":
        yield
    else:
        checkout.stackyard("down")
        with subprocess.Popen(checkout.command("up", "--quiet"), **_quiet(checkout)) as owner:
            if seconds_until(checkout.is_answering, _END_LIMIT) is None:
                owner.kill()
                raise RuntimeError(f"the system did not come up in the foreground: {owner.communicate()[1]}")
            yield
            checkout.stackyard("down")
            owner.wait(_END_LIMIT)


@contextlib.contextmanager
def _started(checkout: Breakable, case: Case) -> Iterator[subprocess.Popen[str]]:
    words = {"up": ("up", "--quiet"), "down": ("down",), "restart": ("restart",)}[case.verb]
    if case.verb == "up" and case.mode == "detached":
        words = (*words, "--detach")
    with subprocess.Popen(checkout.command(*words), **_quiet(checkout)) as process:
        yield process


def _quiet(checkout: Breakable) -> dict[str, Any]:
    given = {key: value for key, value in checkout.process().items() if key != "check"}
    return {**given, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}


def _try(checkout: Breakable, case: Case, delay: float, tally: Tally) -> None:
    with _started(checkout, case) as process:
        time.sleep(delay)
        killed = _kill(checkout, case, process)
        begun = time.monotonic()
        reasons = _left(checkout, case)
        reasons += _ended(checkout, case, process)
    if case.verb == "down" and case.mode == "detached":
        reasons += _down_again(checkout)
    reasons += recover(checkout)
    if killed:
        tally.count([f"at {delay:.2f} s: {reason}" for reason in reasons], time.monotonic() - begun)


def _kill(checkout: Breakable, case: Case, process: subprocess.Popen[str]) -> bool:
    """Kill the victim, once it is there; whether there was one before the command ended."""
    while True:
        pid = _pid(checkout, case, process)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return True
        if process.poll() is not None:
            return False


def _pid(checkout: Breakable, case: Case, process: subprocess.Popen[str]) -> int | None:
    if case.victim == "the command":
        return process.pid if process.poll() is None else None
    return checkout.supervisor_pid() if case.victim == "the supervisor" else checkout.guardian_pid()


def _left(checkout: Breakable, case: Case) -> list[str]:
    """What is left that should not be."""
    if case.leaves_nothing:
        if checkout.is_gone(ORPHAN_LIMIT):
            return []
        return [f"still there after {ORPHAN_LIMIT:.0f} s: {', '.join(map(words_of, checkout.processes()))}"]
    orphans = checkout.orphans(ORPHAN_LIMIT)
    return [f"nobody's after {ORPHAN_LIMIT:.0f} s: {', '.join(orphans)}"] if orphans else []


def _ended(checkout: Breakable, case: Case, process: subprocess.Popen[str]) -> list[str]:
    """How the command ended: by the kill, or by itself in a way that a person understands."""
    if case.verb == "up" and case.mode == "foreground" and case.victim == "the guardian":
        # Another guardian takes its place, and nobody notices; `down` ends it then as ever.
        seconds_until(checkout.is_answering, _END_LIMIT)
        checkout.stackyard("down")
    try:
        error = process.communicate(timeout=_END_LIMIT)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        return [f"`{case.verb}` did not end within {_END_LIMIT:.0f} s"]
    allowed = (-signal.SIGKILL,) if case.victim == "the command" else (0, 1)
    reasons = [] if process.returncode in allowed else [f"`{case.verb}` ended with {process.returncode}"]
    if "Traceback" in error or "defect" in error or (process.returncode == 1 and "error:" not in error):
        reasons.append(f"`{case.verb}` said: {' / '.join(error.splitlines())[-400:]}")
    return reasons


def _down_again(checkout: Breakable) -> list[str]:
    done = checkout.stackyard("down", timeout=_END_LIMIT)
    reasons = [] if done.code == 0 else [f"the next `down` ended with {done.code}: {done.error.strip()[:300]}"]
    if not checkout.is_gone(ORPHAN_LIMIT):
        reasons.append(f"left by the next `down`: {', '.join(map(words_of, checkout.processes()))}")
    return reasons
