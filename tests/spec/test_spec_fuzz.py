"""Whatever a file holds, loading it gives a system or findings. And the quick check agrees with pydantic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackyard.errors import SpecError
from stackyard.model.system import System
from stackyard.spec import load as loading
from stackyard.spec.accept import accepts
from stackyard.spec.report import render_findings

from .conftest import make_project

GOOD = Path(__file__).with_name("whole.yaml").read_text()
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    10**17,
    1.5,
    "",
    "x",
    "${db.url}",
    "30d",
    "/",
    "\n",
    [],
    {},
    [None],
    {"a": {}},
]
ODD += ["connections", "é", "a" * 5000, [[["deep"]]], {"<text>": 1}, {"postgres": 16, "redis": 7}, "../../..", "\x85"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder that the examples share."""
    return make_project(tmp_path_factory.mktemp("fuzz") / "project")


def outcome(folder: Path, content: bytes) -> System | SpecError:
    """What loading gives; anything but a system or findings fails the test."""
    path = folder / "stackyard.yaml"
    path.write_bytes(content)
    try:
        return loading.load(path)
    except SpecError as error:
        refusal = error
    assert refusal.findings
    assert render_findings(refusal)
    return refusal


def test_the_file_that_is_mutated_is_right(folder: Path) -> None:
    assert isinstance(outcome(folder, GOOD.encode()), System)


@QUICK
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_end_in_a_system_or_findings(folder: Path, flips: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD.encode())
    for place, byte in flips:
        content[place] = byte
    outcome(folder, bytes(content))


@QUICK
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 200), st.integers(0, len(GOOD) - 1))
def test_moved_lines_and_lost_pieces_end_in_a_system_or_findings(folder: Path, start: int, size: int, to: int) -> None:
    piece, rest = GOOD[start : start + size], GOOD[:start] + GOOD[start + size :]
    outcome(folder, (rest[:to] + piece + rest[to:]).encode())


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys or places."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from places(item)


def mutated(seed: int, text: str = GOOD) -> Any:
    """The good file with a few values replaced, moved, renamed or removed."""
    chance = random.Random(seed)
    data = yaml.safe_load(text)
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(places(data)))
        deed = chance.choice(("replace", "replace", "steal", "remove", "rename"))
        if deed == "replace":
            holder[key] = chance.choice(ODD)
        elif deed == "steal":
            donor, from_key = chance.choice(list(places(data)))
            holder[key] = yaml.safe_load(yaml.safe_dump(donor[from_key]))
        elif deed == "remove":
            del holder[key]
        elif isinstance(holder, dict):
            holder[chance.choice(("x", "port", "a.b", "<mapping>", "[key]", "/"))] = holder.pop(key)
    return data


@QUICK
@given(st.integers(0, 2**32))
def test_mutated_structures_end_in_a_system_or_findings(folder: Path, seed: int) -> None:
    outcome(folder, yaml.safe_dump(mutated(seed), allow_unicode=True).encode())


@settings(QUICK, max_examples=200)
@given(st.integers(0, 2**32))
def test_the_quick_check_agrees_with_pydantic(seed: int) -> None:
    from pydantic import ValidationError

    from stackyard.spec.schema import Stack

    data = mutated(seed)
    data.pop("environments", None)
    has_null = any(holder[key] is None for holder, key in places(data))
    try:
        Stack.model_validate(data)
    except ValidationError:
        assert not accepts(data)
    else:
        # What only the JSON Schema asks ("exactly one of") and nulls, which are cut out before, make the rest.
        assert accepts(data) or has_null or only_misses_a_choice(data)


def only_misses_a_choice(data: Any) -> bool:
    """True when a service lacks its source, or a health check path and command."""
    services = [one for one in (data.get("services") or {}).values() if isinstance(one, dict)]
    checks = [one["health"] for one in services if isinstance(one.get("health"), dict)]
    return any(not {"build", "image", "static"} & one.keys() for one in services) or any(
        not {"path", "command"} & one.keys() for one in checks
    )
