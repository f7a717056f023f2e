"""Stack files nobody meant to write: 100,000 mutations of the real ones, each read as every command reads it.

A file must end in a system or in findings, in time. Whether that was right is judged without any of the code on trial:
by another YAML reader, the published JSON Schema in another validator, and the rules of the reference written anew.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from faults.result import Result
from faults.stackfiles.mutations import MUTATIONS
from faults.stackfiles.seeds import Seed, seeds
from faults.stackfiles.trial import BOUND, Tally, try_file

GROUP = "fuzz"
GROWN = "structures grown by hypothesis"
_CHUNK = 500
_COMMANDS = {False: 300, True: 20}
_ENVIRONMENTS = ("development", "development", "testing", "production", "staging")
_MUST = "findings or a system that an independent judge agrees with; no traceback, no hang"


@dataclass(frozen=True)
class Portion:
    """One worker's share: so many mutations of one kind, from the seed `first` on."""

    kind: str
    first: int
    count: int


def run(place: Path, quick: bool) -> Iterator[Result]:
    """The group: every kind of mutation, then a sample through the real command line."""
    whole = 2_000 if quick else 100_000
    kinds = [*MUTATIONS, GROWN]
    tallies = {kind: Tally() for kind in kinds}
    portions = [
        Portion(kind, first, min(_CHUNK, whole // len(kinds) + 1 - first))
        for kind in kinds
        for first in range(0, whole // len(kinds) + 1, _CHUNK)
    ]
    with ProcessPoolExecutor(2, initializer=os.nice, initargs=(10,)) as pool:
        running = {pool.submit(try_portion, portion, place): portion for portion in portions}
        for done in as_completed(running):
            tallies[running[done].kind].add(done.result())
    for kind, tally in tallies.items():
        yield _result(kind, tally)
    yield _rendered(list(tallies.values()))
    yield _through_commands(place / "commands", _COMMANDS[quick])


def try_portion(portion: Portion, place: Path) -> Tally:
    """Try the mutations of one portion, in a folder of its own below `place`."""
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=place) as folder:
        found = seeds(Path(folder))
        if portion.kind == GROWN:
            _try_grown(found, portion, tally)
        else:
            for number in range(portion.first, portion.first + portion.count):
                seed, content, environment = mutation(found, portion.kind, number)
                try_file(seed, content, environment, tally)
    return tally


def mutation(found: list[Seed], kind: str, number: int) -> tuple[Seed, bytes, str]:
    """The mutation of that kind and number: the same each time for the same stack files."""
    chance = random.Random(f"{kind}/{number}")
    seed = chance.choice(found)
    return seed, MUTATIONS[kind](chance, seed.text), chance.choice(_ENVIRONMENTS)


def _try_grown(found: list[Seed], portion: Portion, tally: Tally) -> None:
    import hypothesis
    from hypothesis import HealthCheck, Phase, settings

    from faults.stackfiles.grown import stack_files

    chance = random.Random(f"{GROWN}/{portion.first}")

    @hypothesis.seed(portion.first)
    @settings(
        max_examples=portion.count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(stack_files(tuple(seed.text for seed in found)))
    def grow(grown: tuple[int, bytes]) -> None:
        number, content = grown
        try_file(found[number], content, chance.choice(_ENVIRONMENTS), tally)

    grow()


def _result(kind: str, tally: Tally) -> Result:
    notes = [
        f"{tally.refused:,} refused ({tally.confirmed:,} for a reason that the judge sees too), {tally.accepted:,} "
        f"accepted; slowest {tally.slowest * 1000:.0f} ms of at most {BOUND:.0f} s"
    ]
    if tally.dialect:
        notes.append(f"{tally.dialect:,} are YAML for the judge and not for libyaml")
    if tally.unexplained:
        few = ", ".join(f"{what} ({count})" for what, count in tally.unexplained.most_common(5))
        notes.append(f"{tally.unexplained.total():,} refused for reasons that only Stackyard sees: {few}")
    notes += _evidence(kind, tally.faults)
    return Result(GROUP, kind, _MUST, tally.tried, tally.tried - len(tally.faults), notes=tuple(notes))


def _rendered(tallies: list[Tally]) -> Result:
    count = sum(tally.rendered for tally in tallies)
    faults = [fault for tally in tallies for fault in tally.render_faults]
    what = "accepted mutations, planned and rendered"
    must = "a plan and files that nginx takes, or an error for people"
    return Result(GROUP, what, must, count, count - len(faults), notes=tuple(_evidence("rendered", faults)))


def _evidence(kind: str, faults: list[tuple[str, str, bytes]]) -> list[str]:
    """The first few faults, each with the file that made it."""
    return [
        f"{what} (in {environment}: {_keep(f'{kind}-{number}', content)})"
        for number, (what, environment, content) in enumerate(faults[:5])
    ]


def _keep(name: str, content: bytes) -> Path:
    """The file that went wrong, kept for whoever mends it."""
    folder = Path(tempfile.gettempdir()) / "stackyard-fuzz"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace(' ', '-').replace(',', '')}.yaml"
    path.write_bytes(content)
    return path


def _through_commands(place: Path, count: int) -> Result:
    """A sample of every kind through `stackyard check --json` and `stackyard plan`, as a person would."""
    place.mkdir()
    found = seeds(place)
    kinds = list(MUTATIONS)
    faults: list[str] = []
    for number in range(count):
        seed, content, environment = mutation(found, kinds[number % len(kinds)], 1_000_000 + number)
        seed.path.write_bytes(content)
        if fault := _command_fault(seed.path, environment):
            faults.append(f"{fault} ({_keep(f'command-{number}', content)})")
    what = f"a sample through `check` and `plan` ({count} files)"
    must = "exit code 0 with a system, 1 or 2 with a sentence; never a traceback"
    return Result(GROUP, what, must, count, count - len(faults), notes=tuple(faults[:5]))


def _command_fault(path: Path, environment: str) -> str:
    """What is wrong with how the two commands end; an empty text when nothing is."""
    words = ("--file", str(path), "--env", environment)
    check = _stackyard("check", "--json", *words)
    plan = _stackyard("plan", *words)
    for done in (check, plan):
        if done.returncode not in (0, 1, 2) or "Traceback" in done.stderr or "this is a defect" in done.stderr:
            return f"{done.args[3]} ended with {done.returncode}: {done.stderr.strip()[-200:]}"
    if check.returncode == 2:
        return "" if "there is no environment" in check.stderr else f"usage: {check.stderr.strip()[-200:]}"
    said = json.loads(check.stdout)
    if said["ok"] != (check.returncode == 0) or said["ok"] == bool(said["findings"]):
        return f"check ended with {check.returncode} and said {check.stdout[:200]}"
    if not said["ok"] and (plan.returncode == 0 or "stackyard.yaml:" not in plan.stderr):
        return f"plan took a file that check refused: {plan.stdout[:200]}"
    return ""


def _stackyard(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "stackyard.cli.main", *words]
    variables = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=variables)
