"""The arithmetic of the benchmarks: a figure that is reckoned wrongly would flatter or slander in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.checkout import FIRST_PORT
from bench.ejected import own_copy
from bench.generated import slope
from bench.measure import Measurement, Series, interleaved
from bench.report import replace, sentence, table, write

from stackyard.spec.load import load

FACTS = {
    "date": "2026-01-05 09:00 UTC",
    "cpu": "a processor",
    "cores": 2,
    "memory_gb": 8.0,
    "system": "Linux",
    "python": "3.11.2",
    "load": 0.1,
    "load_at_end": 1.4,
}


@pytest.mark.parametrize("power", [0.5, 1.0, 1.2, 2.0])
def test_the_exponent_is_that_of_the_power_law_behind_the_times(power: float) -> None:
    sizes = (1_000, 2_000, 5_000)
    assert slope(sizes, [0.003 * size**power for size in sizes]) == pytest.approx(power)


def test_a_constant_start_makes_growth_look_smaller_and_never_larger() -> None:
    sizes = (1_000, 2_000, 5_000)
    assert slope(sizes, [0.1 + 0.001 * size for size in sizes]) < 1.0


def test_a_ratio_is_taken_pair_by_pair() -> None:
    """The second round met a busy machine, which made both ten times slower."""
    ours, peer = Series("the edge", (90.0, 9.0, 88.0)), Series("bare", (100.0, 10.0, 80.0))
    one = Measurement("edge", "GET", "/s", ours, peer, 0.9, "higher")
    assert one.value == pytest.approx(0.9)
    assert one.is_within


def test_samples_of_a_pair_that_were_not_taken_in_turn_are_refused() -> None:
    one = Measurement("edge", "GET", "/s", Series("the edge", (1.0, 2.0)), Series("bare", (1.0,)))
    with pytest.raises(ValueError, match="shorter"):
        _ = one.value


@pytest.mark.parametrize(
    ("value", "better", "holds"),
    [(0.9, "higher", True), (0.89, "higher", False), (0.9, "lower", True), (0.91, "lower", False)],
)
def test_a_bound_holds_up_to_the_bound_itself(value: float, better: str, holds: bool) -> None:
    one = Measurement(
        "g", "w", "s", Series("s", (value,)), bound=0.9, better="lower" if better == "lower" else "higher"
    )
    assert one.is_within is holds


def test_samples_are_taken_in_turn() -> None:
    order: list[str] = []

    def sampler(name: str) -> float:
        order.append(name)
        return float(len(order))

    taken = interleaved(2, lambda: sampler("ours"), lambda: sampler("peer"))
    assert order == ["ours", "peer", "ours", "peer"]
    assert taken == ((1.0, 3.0), (2.0, 4.0))


def test_the_table_says_of_each_line_whether_it_holds() -> None:
    told = table(
        [
            Measurement("plan", "1,000 services", "s", Series("plan", (0.4, 0.5, 0.6)), bound=5.0),
            Measurement(
                "edge", "GET", "/s", Series("edge", (80.0,)), Series("bare", (100.0,)), 0.9, "higher", "plainly"
            ),
            Measurement("edge", "a file", "/s", Series("edge", (80.0,))),
        ]
    )
    assert [" ".join(line.split()) for line in told.splitlines()] == [
        "measure value bound holds ours: median (min to max), n peer: median (min to max), n",
        "",
        "plan",
        "1,000 services 0.5 s ≤ 5 s yes plan: 0.5 s (0.4 to 0.6), 3",
        "",
        "edge",
        "GET 0.8 × ≥ 0.9 × NO edge: 80 /s bare: 100 /s",
        "plainly",
        "a file 80 /s edge: 80 /s",
    ]


def test_a_run_on_a_busy_machine_says_that_it_is_worth_nothing() -> None:
    assert "believe no figure" not in sentence(FACTS)
    assert "believe no figure" in sentence(FACTS | {"load": 1.5})


def test_one_group_measured_again_replaces_its_own_lines_and_says_when(tmp_path: Path) -> None:
    edge = Measurement("edge", "GET", "/s", Series("edge", (80.0,)), Series("bare", (100.0,)), 0.9, "higher", "x")
    old, new = (Measurement("backups", "a base", "s", Series("base", (time,))) for time in (7.0, 5.0))
    write(tmp_path, FACTS, [old, edge])
    replace(tmp_path, FACTS | {"date": "2026-02-02 09:00 UTC"}, [new])
    told = (tmp_path / "RESULTS.md").read_text()
    assert "base: 5 s" in told
    assert "base: 7 s" not in told
    assert told.index("2026-01-05") < told.index("edge: 80 /s") < told.index("own: 2026-02-02") < told.index("base: 5")
    before = (tmp_path / "results.json").read_text()
    replace(tmp_path, FACTS | {"date": "2026-02-02 09:00 UTC"}, [new])
    assert (tmp_path / "results.json").read_text() == before


def test_the_copy_on_an_engine_has_a_name_and_ports_of_its_own(tmp_path: Path) -> None:
    system = load(own_copy(tmp_path, "bench-inventr").folder)
    assert system.name == "bench-inventr"
    assert system.edge is not None
    ports = [*(part.port for part in (*system.services, *system.resources)), system.edge.http, system.edge.https]
    assert len(set(ports)) == 6
    assert all(port and port >= FIRST_PORT for port in ports)
