"""Harm to a living system, and the demand that goes with it: exactly its checks break, and `up` puts it right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Protocol

from stackyard.observe.view import View
from stackyard.resources.certificates import Pair
from stackyard.targets.names import COMPOSE, NATIVE
from tests.e2e.conftest import Checkout

PLANNED = "topology.as-described"
FIRST, LAST = -1, 1

_AT_ONCE = 8
"""Sabotages in a round, if they fit together."""
_LOOKS = 3
"""How often what could not be seen is looked at again."""


class Ground(Protocol):
    """A running system, and the ways into it that sabotage takes, whatever target runs it.

    Parts are named as `stackyard status` names them: "api-1", "db".
    """

    checkout: Checkout
    target: str

    @property
    def home(self) -> Path:
        """The folder of what runs."""
        ...

    @property
    def view(self) -> View:
        """A look into the system, as checks take it."""
        ...

    def verify(self, *words: str) -> dict[str, Any]:
        """The report of `stackyard verify --json`."""
        ...

    def bring_up(self) -> None:
        """`stackyard up`, which must succeed; and a set that was drilled, where the system has backups."""
        ...

    def put_right(self) -> None:
        """`stackyard up` after harm."""
        ...

    def take_down(self) -> None:
        """Stop it."""
        ...

    def path(self, name: str) -> Path:
        """A rendered file ("edge/nginx.conf")."""
        ...

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a rendered file, and fail when there is nothing to change."""
        ...

    def reload_edge(self, *, old: str = "", new: str = "", file: str = "nginx.conf") -> None:
        """Edit a file of the edge, have nginx take it in, and wait until its new workers serve."""
        ...

    def certify(self, part: str, pair: Pair) -> None:
        """Put another certificate, with its key, in the place of the one that a part serves."""
        ...

    def leave_out(self, name: str) -> None:
        """Have the edge ask one replica of a service no more."""
        ...

    def sql(self, text: str, resource: str = "db") -> None:
        """Run SQL as the superuser."""
        ...

    def tell(self, name: str, variable: str, value: str | None) -> None:
        """Have a part run with another value of a variable, or without it; returns when it runs again."""
        ...

    def tell_secret(self, name: str, secret: str) -> None:
        """Have a part run with one secret more in its environment."""
        ...

    def spoil(self, what: str) -> None:
        """Run the spoiled API of inventr in the place of the real one."""
        ...

    def serve(self, name: str, text: str) -> None:
        """Have the edge serve another file of the front end `site`."""
        ...

    def log(self, name: str, text: str) -> None:
        """Write a line into the log of a part."""
        ...

    def silence(self, name: str) -> None:
        """Write no such line any more, and take those that were written out of the log."""
        ...

    def slip_in(self, name: str, *, count: int = 1, confined: bool = True) -> None:
        """Start processes as the user of a part, out of sight of whoever watches over it."""
        ...

    def beside(self, *words: str) -> None:
        """Start a process that is none of the system's; `end_others` ends it."""
        ...

    def end_others(self) -> None:
        """End what `beside` has started."""
        ...

    def restart(self, *parts: str) -> None:
        """`stackyard restart PARTS`, which must succeed."""
        ...

    def stackyard(self, *words: str) -> None:
        """Another command, which must succeed."""
        ...

    def inside(self, script: str) -> str:
        """Run Python where the backups are, with the file of their job as its argument; what it says."""
        ...

    def stop_part(self, name: str) -> None:
        """Stop a part, by other means than ours."""
        ...


@dataclass(frozen=True)
class Sabotage:
    """Harm done to a running system. `breaks` are the ids of exactly the checks that must say so.

    `up` must put it right. Where it cannot by its nature, `undo` does what the check tells a person to do. `targets`
    are those where such harm can be done; `on_compose` is what it breaks there, where that is not the same.

    `turn` is when it is done in a round: FIRST what makes a container or a process anew, for that undoes what was done
    to the old one, LAST what other harm would undo. `alone` is said of harm that keeps other harm from showing, and
    `place` is what no two of a round may harm, and `native_place` what they may not natively.
    """

    name: str
    breaks: frozenset[str]
    harm: Callable[[Any], None]
    """Takes a Ground, or that of the only target where such harm can be done."""
    system: str = "inventr"
    undo: Callable[[Any], None] | None = None
    targets: tuple[str, ...] = (NATIVE, COMPOSE)
    on_compose: frozenset[str] | None = None
    turn: int = 0
    alone: bool = False
    place: str = ""
    native_place: str = ""

    def __str__(self) -> str:
        return self.name

    def breaks_on(self, target: str) -> frozenset[str]:
        """What it breaks on a target, nothing where it cannot be done."""
        if target not in self.targets:
            return frozenset()
        return self.on_compose if target == COMPOSE and self.on_compose is not None else self.breaks

    def place_on(self, target: str) -> str:
        """What no other of a round may harm on a target."""
        return self.native_place if target == NATIVE and self.native_place else self.place


def on(target: str, sabotages: Sequence[Sabotage]) -> list[Sabotage]:
    """Those that can be done on a target, sorted by system: only one of them runs into the limits of a machine."""
    return sorted((one for one in sabotages if target in one.targets), key=lambda one: one.system)


def rounds(target: str, sabotages: Sequence[Sabotage]) -> list[tuple[Sabotage, ...]]:
    """Sabotages that can be told apart when they are done together: no two of a round break the same check.

    What runs differs from the stack file after almost all harm; this is left out of account. Natively the harm after
    which it does not differ is kept apart, so that it shows.
    """
    made: list[list[Sabotage]] = []
    for system in sorted({one.system for one in sabotages}):
        own = [one for one in on(target, sabotages) if one.system == system]
        several = [one for one in own if not one.alone]
        made += _spread(target, [one for one in several if target != NATIVE or PLANNED in one.breaks])
        made += _spread(target, [one for one in several if target == NATIVE and PLANNED not in one.breaks])
        made += [[one] for one in own if one.alone]
    return [tuple(sorted(several, key=lambda one: one.turn)) for several in made]


def _spread(target: str, sabotages: Sequence[Sabotage]) -> list[list[Sabotage]]:
    """Each goes where the fewest are, for a round in which little happens says most clearly what is wrong."""
    made: list[list[Sabotage]] = [[] for _ in range(ceil(len(sabotages) / _AT_ONCE))]
    for one in sorted(sabotages, key=lambda one: one.turn):
        fitting = [others for others in made if all(_fit(one, other, target) for other in others)]
        if not fitting:
            fitting = [[]]
            made += fitting
        min(fitting, key=len).append(one)
    return made


def _fit(one: Sabotage, other: Sabotage, target: str) -> bool:
    shared = one.breaks_on(target) & other.breaks_on(target) - {PLANNED}
    place = one.place_on(target)
    return not shared and (not place or place != other.place_on(target))


def commit(ground: Ground, *sabotages: Sabotage) -> None:
    """Do harm, see that exactly its checks break, and put it right."""
    wanted = {name for one in sabotages for name in one.breaks_on(ground.target)}
    done: list[Sabotage] = []
    try:
        for one in sabotages:
            one.harm(ground)
            done.append(one)
        broken = verdicts(look(ground, wanted), "broken")
    finally:
        for one in done:
            if one.undo is not None:
                one.undo(ground)
        ground.put_right()
    more = {name: sentence for name, sentence in broken.items() if name not in wanted}
    missing = wanted - set(broken)
    assert (more, missing) == ({}, set()), f"broken besides: {more}; not broken: {sorted(missing)}"


def look(ground: Ground, wanted: Collection[str] | None = None) -> dict[str, Any]:
    """The report; what could not be seen on a busy machine is looked at again: of `wanted`, of all without it."""
    report = ground.verify()
    for _ in range(_LOOKS):
        unseen = [name for name in verdicts(report, "unknown") if wanted is None or name in wanted]
        if not unseen:
            break
        again = ground.verify(*(word for name in unseen for word in ("--only", name)))
        fresh = {check["id"]: check for check in again["checks"]}
        report = {**report, "checks": [fresh.get(check["id"], check) for check in report["checks"]]}
    return report


def is_kept(report: dict[str, Any]) -> None:
    """Nothing is broken, and nothing could not be seen."""
    assert verdicts(report, "broken") == {}
    assert verdicts(report, "unknown") == {}


def verdicts(report: dict[str, Any], verdict: str) -> dict[str, str]:
    """The checks of that verdict, with the sentence that says why."""
    return {check["id"]: check["sentence"] for check in report["checks"] if check["verdict"] == verdict}
