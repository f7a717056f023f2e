"""The fuzzed stack files: a short run holds, and the judge sees what it must see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.__main__ import ground
from faults.fuzz import GROWN, Portion, mutation, try_portion
from faults.stackfiles import oracle, trial
from faults.stackfiles.mutations import MUTATIONS
from faults.stackfiles.seeds import Seed, seeds
from faults.stackfiles.trial import Tally, try_file

from stackyard.errors import SpecError
from stackyard.finding import Finding

SHOP = """\
system: shop
services:
  api: {image: x, port: 8000, needs: [db]}
  web: {static: ./web}
resources: {db: {postgres: 16}}
edge: {routes: {/api: api, /: web}}
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with ground() as folder:
        yield folder


@pytest.fixture
def shop(tmp_path: Path) -> Seed:
    """A project to put files into."""
    (tmp_path / "web").mkdir()
    (tmp_path / ".git").mkdir()
    return Seed("shop", SHOP, tmp_path / "stackyard.yaml")


@pytest.mark.parametrize("kind", [*MUTATIONS, GROWN])
def test_mutated_files_end_as_an_independent_judge_says(kind: str, place: Path) -> None:
    tally = try_portion(Portion(kind, 50_000_000, 60), place)
    assert (tally.tried, tally.faults, tally.render_faults) == (60, [], [])
    assert tally.confirmed > 0


def test_the_same_seed_makes_the_same_file(place: Path) -> None:
    (place / "twice").mkdir()
    found = seeds(place / "twice")
    for kind in MUTATIONS:
        assert mutation(found, kind, 7) == mutation(found, kind, 7)
        assert mutation(found, kind, 7) != mutation(found, kind, 8)


def test_every_file_that_is_mutated_is_right_for_the_judge(place: Path) -> None:
    (place / "right").mkdir()
    for seed in seeds(place / "right"):
        assert oracle.judge(seed.text.encode(), "development", seed.path.parent)[1] == ""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("port: 8000", "port: 80000", "schema"),
        ("port: 8000", "prot: 8000", "schema"),
        ("port: 8000", "port: 08000", "leading zero"),
        ("port: 8000", "port: 443", "a port given twice"),
        ("port: 8000, ", "", "a route to a service without a port"),
        ("needs: [db]", "needs: [dp]", "a need of itself or of nothing"),
        ("needs: [db]", "needs: [db, db]", "a need given twice"),
        ("needs: [db]", "needs: [db], needs: [db]", "a key given twice"),
        ("needs: [db]", "needs: &a [*a]", "an alias of itself"),
        ("needs: [db]", "needs: !!seq [db]", "a tag"),
        ("needs: [db]", "environment: {A: '${db.url}'}", "a reference to what is not needed"),
        ("needs: [db]", "schedule: 0 0 30 2 *", "a schedule beside what runs always"),
        ("./web", "./web/..\\0", "schema|no folder"),
        ("./web", "..", "static: no folder of the project"),
        ("/: web", "/: db", "a route to no service"),
        ("edge: {", "edge: {host: a..b, ", "not a host name"),
        ("edge: {", "edge: {tls: acme, ", "no authority"),
        ("system: shop", "system: shop\x85", "cannot be seen"),
        ("system: shop", "system: shop\n---\nsystem: shop", "not YAML"),
        ("system: shop", "system:", "schema|without a value"),
    ],
)
def test_the_judge_refuses(old: str, new: str, reason: str, shop: Seed) -> None:
    assert old in SHOP
    said = oracle.judge(SHOP.replace(old, new, 1).encode(), "development", shop.path.parent)[1]
    assert any(part in said for part in reason.split("|")), said


def test_a_file_that_is_taken_and_should_not_be_is_seen(shop: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    right = trial.load(_written(shop, SHOP), "development")
    monkeypatch.setattr(trial, "load", lambda *_: right)
    tally = Tally()
    try_file(shop, SHOP.replace("8000", "80000").encode(), "development", tally)
    try_file(shop, SHOP.replace("8000", "8001").encode(), "development", tally)
    assert [fault for fault, _, _ in tally.faults] == [
        "accepted: schema: services.api.port: maximum says no",
        "read otherwise: the port of a service",
    ]


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        ("IndexError: tuple index out of range", "escaped: IndexError"),
        (SpecError([Finding("f", 99, 1, "", "wrong")]), "refused: at 99:1, which is not in the file"),
        (SpecError([Finding("f", 1, 99, "", "wrong")]), "refused: at 1:99, which is not in the file"),
        (SpecError([Finding("f", 1, 1, "", "a \x1b[31m")]), "refused: without a printable message"),
        (SpecError([]), "refused: without a finding"),
    ],
)
def test_a_wrong_end_is_seen(outcome: object, fault: str, shop: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "load", lambda *_: outcome)
    tally = Tally()
    try_file(shop, b"nonsense", "development", tally)
    assert len(tally.faults) == 1
    assert tally.faults[0][0].startswith(fault)


def test_a_refusal_that_nobody_else_understands_is_counted_apart(shop: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "load", lambda *_: SpecError([Finding("f", 1, 1, "", 'no "api" today')]))
    tally = Tally()
    try_file(shop, SHOP.encode(), "development", tally)
    assert (tally.refused, tally.confirmed, dict(tally.unexplained)) == (1, 0, {"no … today": 1})


def _written(seed: Seed, text: str) -> Path:
    seed.path.write_text(text)
    return seed.path
