"""The table: on the terminal, in faults/results.json for machines, and in docs/faults.md for people.

Each group keeps the date and the machine of its own last run, so one group can be run again without the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import sentence

from faults.result import Result, from_json

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[1] / "docs" / "faults.md"
BEGIN = "<!-- The table from here on is written by `make faults`. -->"
END = "<!-- The table ends here. -->"
_HEAD = ("fault", "what must hold", "tried", "held", "lost writes", "slowest recovery", "")


@dataclass(frozen=True)
class Run:
    """A run of one group: the facts of the machine (`bench.report.machine`, with `load_at_end`) and its results."""

    facts: Mapping[str, Any]
    results: tuple[Result, ...]


def line(result: Result) -> str:
    """A result on the terminal, with its notes below."""
    fault, _, tried, held, lost, slowest, verdict = _row(result)
    rest = ", ".join(filter(None, (f"{lost} lost writes" if lost else "", f"slowest {slowest}" if slowest else "")))
    lines = [f"{verdict:4} {result.group}: {fault}: {held} of {tried}{f', {rest}' if rest else ''}"]
    return "\n".join([*lines, *(f"       {note}" for note in result.notes)])


def read(path: Path = RESULTS) -> dict[str, Run]:
    """The last run of each group; {} when there was none."""
    if not path.exists():
        return {}
    data = json.loads(path.read_text(encoding="utf-8"))
    return {name: Run(run["machine"], tuple(map(from_json, run["results"]))) for name, run in data.items()}


def write(runs: Mapping[str, Run], order: Sequence[str], results: Path = RESULTS, page: Path = PAGE) -> None:
    """Replace what is written of these groups, keep the others, and renew the table in the page.

    `order` is that of the groups in the table. Raises ValueError when the page has lost its markers.
    """
    known = read(results) | dict(runs)
    known = {name: known[name] for name in (*order, *known) if name in known}
    data = {
        name: {"machine": dict(run.facts), "results": [one.to_json() for one in run.results]}
        for name, run in known.items()
    }
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has lost the markers of its table")
    results.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write_text(f"{before}{begin}\n\n{table(known)}\n{end}{after}", encoding="utf-8")


def table(runs: Mapping[str, Run]) -> str:
    """All runs in Markdown, a table each, with the sums above them."""
    everything = [result for run in runs.values() for result in run.results]
    lines = [_sums(everything), ""]
    for name, run in runs.items():
        lines += [f"### {name}", "", f"| {' | '.join(_HEAD)} |", f"|{'---|' * len(_HEAD)}"]
        lines += [f"| {' | '.join(map(_cell, _row(result)))} |" for result in run.results]
        noted = [result for result in run.results if result.notes]
        lines += ["", *(f"- {_cell(result.fault)}: {'; '.join(result.notes)}" for result in noted)]
        lines += ["", sentence(dict(run.facts)), ""]
    return "\n".join(lines)


def _sums(results: Iterable[Result]) -> str:
    rows = list(results)
    kept = sum(row.is_kept for row in rows)
    lost = sum(row.lost or 0 for row in rows)
    tried, held = sum(row.tried for row in rows), sum(row.held for row in rows)
    return f"**{kept} of {len(rows)} faults kept; {held:,} of {tried:,} tries held; {lost} acknowledged writes lost.**"


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.fault,
        result.must,
        f"{result.tried:,}",
        f"{result.held:,}",
        "" if result.lost is None else str(result.lost),
        "" if result.slowest is None else f"{result.slowest:.2f} s",
        "held" if result.is_kept else "NO",
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
