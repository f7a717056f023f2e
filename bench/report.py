"""The report: a table on the terminal, results.json for machines, RESULTS.md for people."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.measure import Measurement, Series

_VERDICTS = {True: "yes", False: "NO", None: ""}
_HEAD = ("measure", "value", "bound", "holds", "ours: median (min to max), n", "peer: median (min to max), n")
_BUSY = 0.5
"""Processes that wanted a processor, for each core, from which on a machine is too busy to be believed."""


def machine() -> dict[str, Any]:
    """What the figures were taken on. `load` and `load_at_end` are one-minute averages; a high one means noise."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": load(),
    }


def load() -> float:
    """How many processes wanted a processor in the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def sentence(facts: dict[str, Any]) -> str:
    """The machine in one line, and a warning when others used it too."""
    text = (
        f"{facts['date']} · {facts['cpu']} · {facts['cores']} cores · {facts['memory_gb']} GB · {facts['system']} · "
        f"Python {facts['python']} · load {facts['load']} when it began, {facts['load_at_end']} at the end"
    )
    if facts["load"] <= _BUSY * facts["cores"]:
        return text
    return f"{text}. The machine was busy when it began: believe no figure of this run."


def table(measurements: Sequence[Measurement]) -> str:
    """All lines in columns, a heading for each group."""
    rows = {index: _row(one) for index, one in enumerate(measurements)}
    widths = [max(len(row[column]) for row in (_HEAD, *rows.values())) for column in range(len(_HEAD))]
    lines = [_line(_HEAD, widths)]
    group = ""
    for index, row in rows.items():
        if measurements[index].group != group:
            group = measurements[index].group
            lines += ["", group]
        lines.append(_line(row, widths))
        if measurements[index].note:
            lines.append(f"      {measurements[index].note}")
    return "\n".join(lines)


def write(folder: Path, facts: dict[str, Any], measurements: Sequence[Measurement]) -> None:
    """Write both files into the folder, over those of the last run."""
    _write(folder, {"machine": facts}, measurements)


def replace(folder: Path, facts: dict[str, Any], measurements: Sequence[Measurement]) -> None:
    """Put the lines of some groups in the place of those that both files have of them, and leave all others."""
    data = json.loads((folder / "results.json").read_text())
    groups = dict.fromkeys(one.group for one in measurements)
    kept = [Measurement.from_json(one) for one in data["measurements"] if one["group"] not in groups]
    # Taken in a run of its own, perhaps on another day: the figures must not pass for those of the rest.
    apart = {group: told for group, told in data.get("apart", {}).items() if group not in groups}
    apart |= dict.fromkeys(groups, facts)
    _write(folder, {"machine": data["machine"], "apart": apart}, [*kept, *measurements])


def _write(folder: Path, run: dict[str, Any], measurements: Sequence[Measurement]) -> None:
    data = {**run, "measurements": [one.to_json() for one in measurements]}
    (folder / "results.json").write_text(json.dumps(data, indent=1) + "\n")
    (folder / "RESULTS.md").write_text(_markdown(run, measurements))


def _markdown(run: dict[str, Any], measurements: Sequence[Measurement]) -> str:
    lines = [
        "# How fast Stackyard is",
        "",
        "Written by `make bench`. Ratios were taken in one run, side by side; absolute figures are of one machine.",
        "",
        sentence(run["machine"]),
    ]
    group, apart = "", run.get("apart", {})
    for one in measurements:
        if one.group != group:
            group = one.group
            lines += ["", f"## {group}", ""]
            lines += [f"In a run of its own: {sentence(apart[group])}", ""] if group in apart else []
            lines += [f"| {' | '.join(_HEAD)} |", f"|{'---|' * len(_HEAD)}"]
        row = _row(one)
        lines.append(f"| {row[0].strip()}{f' ({one.note})' if one.note else ''} | {' | '.join(row[1:])} |")
    return "\n".join(lines) + "\n"


def _row(one: Measurement) -> tuple[str, ...]:
    unit = "×" if one.peer else one.unit
    sign = "≤" if one.better == "lower" else "≥"
    return (
        f"  {one.what}",
        _figure(one.value, unit),
        f"{sign} {_figure(one.bound, unit)}" if one.bound is not None else "",
        _VERDICTS[one.is_within],
        _series(one.ours, one.unit),
        _series(one.peer, one.unit) if one.peer else "",
    )


def _series(series: Series, unit: str) -> str:
    low, high = series.spread
    spread = f" ({_number(low)} to {_number(high)}), {len(series.samples)}" if len(series.samples) > 1 else ""
    return f"{series.name}: {_figure(series.median, unit)}{spread}"


def _figure(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cpu() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), platform.machine())
