"""Replicas that `stackyard scale` was told: recorded beside what runs, kept by `up`, shown by `plan` and `status`.

The stack file stays the truth: what is recorded only stands in for its `replicas`, until it is the same number again
or is taken back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import StateError, UsageError
from stackyard.model.system import System
from stackyard.observe.status import scaled
from stackyard.plan.step import Plan, Verb
from stackyard.targets.local.folders import note_file, scale_file
from stackyard.targets.local.layout import Layout
from stackyard.targets.local.state import write_whole

if TYPE_CHECKING:
    from stackyard.operate.apply import Tell
    from stackyard.operate.verbs import Outcome, Verbs, Work

MOST = 1000
"""Replicas of one service, as in the stack file."""


@dataclass(frozen=True)
class Replicas:
    """How many of a service run: `told` by `stackyard scale`, None when that is left to the stack file (`filed`)."""

    service: str
    filed: int
    told: int | None

    @property
    def wanted(self) -> int:
        return self.filed if self.told is None else self.told


def load(path: Path, environment: str, profiles: Sequence[str] = ()) -> System:
    """The system as the stack file describes it, with the replicas that were told since. Raises as the loader does."""
    from stackyard.spec.load import load

    return applied(load(path, environment, profiles))


def applied(system: System) -> System:
    """The system with the replicas that are recorded for it."""
    return _with(system, scaled(_layout(system)))


def replicas(system: System) -> tuple[Replicas, ...]:
    """Every service that can be scaled; `system` as the file has it."""
    told = scaled(_layout(system))
    return tuple(Replicas(name, filed, told.get(name)) for name, filed in _scalable(system).items())


def notices(system: System) -> tuple[str, ...]:
    """A sentence for each service whose replicas are not those of the stack file."""
    told = scaled(_layout(system))
    return tuple(
        f"{name}: {told[name]} of it, as `stackyard scale` was told; "
        f"`stackyard scale --reset {name}` goes back to the stack file"
        for name in _scalable(system)
        if name in told
    )


def wanted_of(system: System, words: Sequence[str]) -> dict[str, int]:
    """The replicas by service out of words such as `api=3`. Raises UsageError for what cannot be scaled so."""
    known = _scalable(system)
    wanted: dict[str, int] = {}
    for word in words:
        name, _, count = word.partition("=")
        if not count.isascii() or not count.isdigit() or not 1 <= int(count[:9]) <= MOST:
            raise UsageError(f"{word!r} is no service with a number of replicas", hint=f"As in api=3; 1 to {MOST}.")
        wanted[_known(name, known)] = int(count)
    return wanted


def scale(verbs: Verbs, system: System, wanted: Mapping[str, int], show: Callable[[Plan], Tell]) -> Outcome | None:
    """Record the replicas, and bring what runs in line with them; None when nothing runs.

    `system` is as the file has it; a number that is the file's own is no longer recorded. `show` is given the plan and
    gives the ear for its progress. Nothing else is changed on the way: raises StateError while other changes wait.
    When it fails, what was recorded before is recorded again.
    """
    layout = _layout(system)
    before = scaled(layout)
    known = _scalable(system)
    told = {name: count for name, count in {**before, **wanted}.items() if known.get(name) != count}
    if not verbs.is_running():
        _record(layout, told)
        return None
    with verbs.begin(_with(system, told), "scale") as work:
        _refuse_others(verbs.begin(_with(system, before), "plan").plan())
        _record(layout, told)
        try:
            return _bring_up(work, show)
        except BaseException:
            _record(layout, before)
            raise


def reset(system: System, names: Sequence[str]) -> dict[str, int]:
    """The replicas of the file for these services, or for all that were scaled. Raises UsageError."""
    known = _scalable(system)
    chosen = [_known(name, known) for name in names] or [name for name in scaled(_layout(system)) if name in known]
    return {name: known[name] for name in chosen}


def _bring_up(work: Work, show: Callable[[Plan], Tell]) -> Outcome:
    return work.up(detached=True, tell=show(work.plan()))


def _refuse_others(plan: Plan) -> None:
    """What does not run may be started on the way; what was changed in the meantime is not deployed in passing."""
    others = [step for step in plan.steps if step.verb is not Verb.START]
    if others:
        raise StateError(
            "other changes wait, and `scale` changes the number of replicas and nothing else",
            hint="`stackyard up` makes them; then scale.",
            details=[str(step) for step in others[:10]],
        )


def _scalable(system: System) -> dict[str, int]:
    return {one.name: one.replicas for one in system.services if not one.is_static and not one.schedule}


def _known(name: str, known: Mapping[str, int]) -> str:
    if name in known:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    there = ", ".join(known) or "none"
    raise UsageError(f"there is no service {name} that can have replicas", hint=f"{hint}There are: {there}.")


def _with(system: System, told: Mapping[str, int]) -> System:
    if not told:
        return system
    known = _scalable(system)
    services = tuple(
        replace(one, replicas=told[one.name]) if one.name in told and one.name in known else one
        for one in system.services
    )
    return replace(system, services=services)


def _record(layout: Layout, told: Mapping[str, int]) -> None:
    # What may be started ahead was noted for another number.
    note_file(layout.folder).unlink(missing_ok=True)
    if told:
        write_whole(scale_file(layout.folder), json.dumps(dict(sorted(told.items())), indent=1) + "\n")
    else:
        scale_file(layout.folder).unlink(missing_ok=True)


def _layout(system: System) -> Layout:
    return Layout(system.root, system.environment)
