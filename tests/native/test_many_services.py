"""A plan of a thousand services: what it costs grows with their number. Counted, not timed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from stackyard.model.system import Service, System
from stackyard.plan.diff import diff
from stackyard.targets.native.blueprint import draw

from .literals import machine, postgres, service, system

T = TypeVar("T")


def many(count: int) -> System:
    """Services in a row, each needing the one before it, all with a migration of one database."""
    row: list[Service] = []
    for number in range(count):
        needs = ("db", f"s{number - 1}") if number else ("db",)
        row.append(service(f"s{number}", *needs, migrate=("migrate",)))
    return system(*row, resources=[postgres(pool=1)], root=Path("/srv/many"))


class Counted(tuple[T, ...]):
    """The needs of an element, or the services of a system, which count how often they are looked through."""

    looks = 0

    def __iter__(self) -> Iterator[T]:
        Counted.looks += 1
        return super().__iter__()


def test_a_plan_of_a_thousand_services_grows_with_their_number_and_not_with_its_square() -> None:
    """Counted, not timed: elements, what they wait for, steps, and how often the needs of an element are looked at."""
    sizes: list[tuple[int, ...]] = []
    for count in (250, 500, 1000):
        one = many(count)
        elements = [replace(element, after=Counted(element.after)) for element in draw(one, machine(one)).elements]
        Counted.looks = 0
        plan = diff("many", "testing", "native", elements, {})
        waits = sum(len(step.after) for step in plan.steps)
        sizes.append(
            (len(elements), sum(len(element.after) for element in elements), len(plan.steps), waits, Counted.looks)
        )
        assert len(plan.steps) == len(elements) > 3 * count
    growth = [[double - single for single, double in zip(*pair, strict=True)] for pair in pairwise(sizes)]
    assert [2 * each for each in growth[0]] == growth[1], sizes


def test_no_service_makes_the_blueprint_look_through_all_the_others() -> None:
    """Each is found by its name; searching them all for each of them made half of the time of a large plan."""
    looks: list[int] = []
    for count in (50, 100):
        one = many(count)
        counted = replace(one, services=Counted(one.services))
        Counted.looks = 0
        draw(counted, machine(one))
        looks.append(Counted.looks)
    assert looks[0] == looks[1]
