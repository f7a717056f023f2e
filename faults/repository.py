"""What a repository can suffer: it is away, may not be written, is full, is damaged, or its key is not there."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from faults.backed_up import BackedUp, Said, backed_up, engine, full, remount, unarchived
from faults.ledger import Ledger, ledger
from faults.result import Result
from faults.tally import Tally
from stackyard.backup import fetch, store
from stackyard.backup.job import Job
from stackyard.backup.moments import seconds
from stackyard.backup.problem import BackupError
from stackyard.backup.sets import BackupSet, State

GROUP = "repository"
_TIMES = 3
"""Tries of each kind."""
_KINDS = ("data", "index", "snapshots", "keys", "config")
_OUTSIDE = "but not where the set"
_TOLD = "`create` and `verify` end with 1 and a sentence that names it; no set is lost or called broken"


def run(ground: Path, quick: bool) -> Iterator[Result]:
    """Each kind three times, or once when it should be quick, over two sets at the least."""
    times = 1 if quick else _TIMES
    with backed_up(ground) as system, ledger(system.checkout) as kept:
        yield from _unusable(system, kept, times)
        system.create()
        yield from _flipped(system, times)
        yield from _keys(system, times)


def _unusable(system: BackedUp, kept: Ledger, times: int) -> Iterator[Result]:
    """Its disk unplugged, mounted read-only, and full."""
    if not os.path.ismount(system.repository):
        return
    yield _while(system, kept, times, "the repository's disk is unplugged", _unplugged, ("is gone", "there is no repo"))
    yield _while(
        system, kept, times, "the repository's disk is read-only", _read_only, ("may not be written", "read-only")
    )
    yield _while(system, kept, times, "the disk is full during a backup", _full, ("no space", "No space"))


def _while(
    system: BackedUp,
    kept: Ledger,
    times: int,
    fault: str,
    trouble: Callable[[Path], AbstractContextManager[None]],
    words: tuple[str, ...],
) -> Result:
    tally = Tally(GROUP, fault, f"{_TOLD}; once it is well again, the next `backup create` works")
    for _ in range(times):
        before = {one.id: one.state for one in store.sets(system.job)}
        kept.goes_on()
        with trouble(system.repository):
            done = system.command("backup", "create")
            reasons = _refused("backup create", done.code, done.error, words)
            done = system.command("backup", "verify")
            if "unplugged" in fault:
                reasons += _refused("backup verify", done.code, done.error, words)
        after = {one.id: one.state for one in system.sets()}
        if before != after:
            reasons.append(f"the sets were {before} and are {after}")
        done = system.command("backup", "create")
        if done.code:
            reasons.append(f"the next `backup create` ended with {done.code}: {done.error[:300]}")
        tally.count(reasons)
    return tally.result()


def _refused(what: str, code: int, said: str, words: tuple[str, ...]) -> list[str]:
    if code == 0:
        return [f"`{what}` ended with 0"]
    if "Traceback" in said or "TRACEBACK" in said:
        return [f"`{what}` ended with a traceback: {said[-300:]}"]
    return [] if any(word in said for word in words) else [f"`{what}` did not name it: {said[:300]}"]


@contextmanager
def _unplugged(place: Path) -> Iterator[None]:
    away = place.with_name("unplugged")
    away.mkdir()
    subprocess.run(["mount", "--make-private", str(place)], check=False)
    subprocess.run(["mount", "--move", str(place), str(away)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "--move", str(away), str(place)], check=True)
        away.rmdir()


@contextmanager
def _read_only(place: Path) -> Iterator[None]:
    remount(place, "ro")
    try:
        yield
    finally:
        remount(place, "rw")


def _full(place: Path) -> AbstractContextManager[None]:
    return full(place, 300_000)


def _flipped(system: BackedUp, times: int) -> Iterator[Result]:
    """One bit turned in each kind of file, in a copy of the repository that holds two sets."""
    older, newer = system.sets()[1], system.sets()[0]
    for kind in _KINDS:
        tally = Tally(
            GROUP,
            f"one bit flipped in a repository's {kind.removesuffix('s')} file",
            "`verify --deep` ends with 1 and names it; the newest set is no longer offered, an older whole one is"
            if kind == "data"
            else "`verify --deep` ends with 1 and names it; no set is called whole by it",
        )
        outside = 0
        for _ in range(times):
            job = unarchived(system.spoiled())
            file = _flip(Path(job.repository.url), kind, newer)
            said = engine(job, "verify", newer.id, "--deep")
            reasons = _refused("backup verify", said.code, said.error, ("damaged", "broken", "repository", "password"))
            if kind == "data":
                reasons += _offered(job, said, older, newer)
            outside += _OUTSIDE in said.error
            tally.count([f"{one} (in {file})" for one in reasons])
            shutil.rmtree(Path(job.folder).parent)
        yield tally.result(None, *([f"{outside} of {times} bits lay outside of the set"] if outside else []))


def _flip(repository: Path, kind: str, newer: BackupSet) -> str:
    """Turn a bit where it matters: in any byte, but in a key in what opens the rest: its other words are a comment."""
    place = repository / kind
    files = [place] if place.is_file() else sorted(one for one in place.rglob("*") if one.is_file())
    if kind == "data":
        # What the newest set alone uses: packs that were written since it was begun.
        begun = seconds(newer.begun)
        recent = [one for one in files if one.stat().st_mtime >= begun]
        file = max(recent, key=lambda one: one.stat().st_size)
    else:
        file = random.choice(files)
    content = bytearray(file.read_bytes())
    first, size = 0, len(content)
    if kind == "keys":
        first = content.index(b'"data":"') + 8
        size = content.index(b'"', first) - first - 4
    at = first + random.randrange(size)
    content[at] ^= 1 if kind == "keys" else 1 << random.randrange(8)
    file.chmod(0o600)
    file.write_bytes(content)
    return f"{file.relative_to(repository)} at {at} for {newer.id}"


def _offered(job: Job, said: Said, older: BackupSet, newer: BackupSet) -> list[str]:
    """Either the set is broken and an older one is offered, or the damage is told and lies outside of it."""
    states = {one.id: one.state for one in store.sets(job)}
    if states[newer.id] != State.BROKEN:
        return [] if _OUTSIDE in said.error else [f"the set is {states[newer.id]}: {said.error[:200]}"]
    offered = engine(job, "show")
    if offered.code:
        whole = any(one.is_good for one in store.sets(job))
        return [f"no older set is offered: {offered.error[:200]}"] if whole else []
    reasons = [] if offered.result["id"] == older.id else [f"{offered.result['id']} is offered, not {older.id}"]
    is_told = older.id in said.error
    return reasons if is_told else [*reasons, f"the error does not offer {older.id}: {said.error[:300]}"]


def _keys(system: BackedUp, times: int) -> Iterator[Result]:
    """The repository's password and the age identity: missing, and wrong."""
    cases: dict[str, Callable[[Job, Path], Job]] = {
        "the repository's password is missing": lambda job, place: _with_password(job, place / "none"),
        "the repository's password is wrong": lambda job, place: _with_password(job, _written(place / "wrong")),
        "the age identity is missing": lambda job, place: replace(job, identity=str(place / "none")),
        "the age identity is another one": lambda job, place: replace(job, identity=_other_identity(job, place)),
    }
    for fault, spoil in cases.items():
        is_password = "password" in fault
        tally = Tally(
            GROUP,
            fault,
            "`create` and `verify` end with 1 and name it; every set stays what it was; with the right one all works"
            if is_password
            else "the secrets stay closed, a sentence names it, nothing is written; with the right one it works",
        )
        for _ in range(times):
            job = unarchived(system.spoiled())
            place = Path(job.folder).parent
            spoiled = spoil(job, place)
            tally.count(_password(job, spoiled) if is_password else _identity(job, spoiled, place))
            shutil.rmtree(place)
        yield tally.result()


def _password(job: Job, spoiled: Job) -> list[str]:
    before = {one.id: one.state for one in store.sets(job)}
    reasons = []
    for words in (("create",), ("verify",)):
        said = engine(spoiled, *words)
        reasons += _refused(words[0], said.code, said.error, ("password",))
    if {one.id: one.state for one in store.sets(job)} != before:
        reasons.append("the sets changed")
    if wrong := engine(job, "verify").error:
        reasons.append(f"with the right password: {wrong[:200]}")
    return reasons


def _identity(job: Job, spoiled: Job, place: Path) -> list[str]:
    backup, reasons = store.find(job, "latest"), []
    try:
        fetch.secrets(spoiled, backup, Path(spoiled.identity), place / "secrets")
        reasons.append("the secrets were opened with it")
    except BackupError as error:
        if "does not open" not in error.what:
            reasons.append(f"it said {error.what}")
    if (place / "secrets").exists():
        reasons.append("a folder of secrets was made all the same")
    fetch.secrets(job, backup, Path(job.identity), place / "secrets")
    return reasons if any((place / "secrets").rglob("*")) else [*reasons, "the right identity brought nothing"]


def _with_password(job: Job, file: Path) -> Job:
    return replace(job, repository=replace(job.repository, password_file=str(file)))


def _written(file: Path) -> Path:
    file.write_text("a password that never was right")
    return file


def _other_identity(job: Job, place: Path) -> str:
    file = place / "other.agekey"
    program = Path(job.age).resolve().with_name("age-keygen")
    subprocess.run([str(program), "-o", str(file)], check=True, capture_output=True)
    return str(file)
