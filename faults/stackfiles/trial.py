"""One stack file on trial: loaded as every command does, then judged."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from faults.stackfiles import oracle
from faults.stackfiles.agreement import disagreements
from faults.stackfiles.seeds import Seed
from stackyard.errors import StackyardError
from stackyard.finding import Finding
from stackyard.model.system import System

BOUND = 2.0
"""Seconds of processor time that reading a file may take at most."""
_ALARM = 20
_BREAK = re.compile("\r\n|[\n\r]")
# Where the two readers of YAML differ: the judge reads 1.2, and libyaml, which the loader stands on, 1.1.
_DIALECT = "this is not YAML"
_QUOTED = re.compile(r'"[^"]*"|[0-9]+|\S*/\S+')


@dataclass
class Tally:
    """What many trials came to. `faults` holds the files that went wrong, each with what went wrong."""

    tried: int = 0
    accepted: int = 0
    confirmed: int = 0
    dialect: int = 0
    slowest: float = 0.0
    unexplained: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, str, bytes]] = field(default_factory=list)
    rendered: int = 0
    render_faults: list[tuple[str, str, bytes]] = field(default_factory=list)

    @property
    def refused(self) -> int:
        return self.tried - self.accepted

    def add(self, other: Tally) -> None:
        """Count the trials of another tally too."""
        self.tried += other.tried
        self.accepted += other.accepted
        self.confirmed += other.confirmed
        self.dialect += other.dialect
        self.slowest = max(self.slowest, other.slowest)
        self.unexplained += other.unexplained
        self.faults += other.faults
        self.rendered += other.rendered
        self.render_faults += other.render_faults


def try_file(seed: Seed, content: bytes, environment: str, tally: Tally) -> None:
    """Load the content as the stack file of the seed's project, judge what came of it and what follows, and count."""
    seed.path.write_bytes(content)
    tally.tried += 1
    begun = time.process_time()
    result = load(seed.path, environment)
    taken = time.process_time() - begun
    tally.slowest = max(tally.slowest, taken)
    fault = f"it took {taken:.1f} s" if taken > BOUND else _judged(seed, content, environment, result, tally)
    if fault:
        tally.faults.append((fault, environment, content))
    if isinstance(result, System) and not fault:
        _follow(result, environment, content, seed, tally)


def _follow(system: System, environment: str, content: bytes, seed: Seed, tally: Tally) -> None:
    from faults.stackfiles import downstream

    fault = downstream.fault(system, tally.accepted, seed.path.parents[1])
    tally.rendered += fault is not None
    if fault:
        tally.render_faults.append((fault, environment, content))


def load(path: Path, environment: str) -> System | StackyardError | str:
    """The system, the error that people see, or what escaped: a traceback or a hang, as text."""
    from stackyard.spec.load import load as read

    try:
        with _deadline():
            return read(path, environment)
    except StackyardError as error:
        return error
    except BaseException as error:  # whatever escapes is what is looked for
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__}: {error}"


@contextlib.contextmanager
def _deadline() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer within {_ALARM} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_ALARM)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _judged(seed: Seed, content: bytes, environment: str, result: System | StackyardError | str, tally: Tally) -> str:
    """What is wrong with the result; an empty text when it is right."""
    if isinstance(result, str):
        return f"escaped: {result}"
    data, reason = oracle.judge(content, environment, seed.path.parent)
    if isinstance(result, System):
        tally.accepted += 1
        if reason:
            return f"accepted: {reason}"
        return next((f"read otherwise: {what}" for what in disagreements(result, data, environment)), "")
    if fault := _refusal_fault(result, content):
        return fault
    _count_refusal(result, reason, tally)
    return ""


def _refusal_fault(error: StackyardError, content: bytes) -> str:
    findings: tuple[Finding, ...] = getattr(error, "findings", ())
    if not findings and not (error.exit_code == 2 and error.what and error.hint):
        return "refused: without a finding"
    # Undecodable bytes count as one character each: the columns of such a line are those of what could be read.
    lines = _BREAK.split(content.decode("utf-8-sig", "replace"))
    for finding in findings:
        if not 1 <= finding.line <= len(lines) or not 1 <= finding.column <= len(lines[finding.line - 1]) + 1:
            return f"refused: at {finding.line}:{finding.column}, which is not in the file: {finding.what}"
        if not finding.what.strip() or not (finding.what + finding.hint.replace("\n", "")).isprintable():
            return f"refused: without a printable message: {finding.what!r}"
    return ""


def _count_refusal(error: StackyardError, reason: str, tally: Tally) -> None:
    findings: tuple[Finding, ...] = getattr(error, "findings", ())
    whats = [finding.what for finding in findings] or [error.what]
    if reason:
        tally.confirmed += 1
    elif all(_DIALECT in what for what in whats):
        tally.dialect += 1
    else:
        tally.unexplained[_QUOTED.sub("…", whats[0])] += 1
