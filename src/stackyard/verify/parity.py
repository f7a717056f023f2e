"""The page that lays the targets side by side: which promises of a system each of them keeps, and by which checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stackyard.verify.check import Check, Verdict
from stackyard.verify.promises import PROMISES

_HEAD = """# The same promises on every target

<!-- Written by `scripts/parity` from reports of `stackyard verify --json`; a test holds it fresh. -->

One stack file, brought up on each target, and looked at with the same checks. A promise is kept when a check has seen
it and none has seen otherwise; it is not applicable when no check of it concerns the system on that target.
"""
_MARKS = {Verdict.KEPT: "kept", Verdict.BROKEN: "**broken**", Verdict.UNKNOWN: "unknown", Verdict.NOT_APPLICABLE: "–"}
_WORDS = {mark: verdict for verdict, mark in _MARKS.items()}
_GRAVEST = (Verdict.BROKEN, Verdict.UNKNOWN, Verdict.KEPT, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True)
class Side:
    """What one target came to with one system: the verdict of each check by its id, and why where it says so."""

    target: str
    verdicts: Mapping[str, Verdict]
    reasons: Mapping[str, str] = field(default_factory=dict)


def side(report: Mapping[str, object]) -> Side:
    """A side out of the report of `stackyard verify --json`."""
    found = _rows(report["checks"])
    return Side(
        str(report["target"]),
        {one["id"]: Verdict(one["verdict"]) for one in found},
        {one["id"]: one["sentence"] for one in found if one["sentence"]},
    )


def _rows(checks: object) -> Sequence[Mapping[str, str]]:
    assert isinstance(checks, list)
    return checks


def page(systems: Mapping[str, Sequence[Side]], checks: Sequence[Check]) -> str:
    """The whole page, for systems by their names."""
    parts = [_HEAD]
    for name, sides in systems.items():
        parts += [f"\n## {name}\n", *_promises(sides, checks), *_checks(sides, checks)]
    return "".join(parts)


def _promises(sides: Sequence[Side], checks: Sequence[Check]) -> list[str]:
    made = [f"\n| promise | in short | {' | '.join(one.target for one in sides)} |\n|---|---|{'---|' * len(sides)}\n"]
    for name, sentence in PROMISES.items():
        own = [check.id for check in checks if name in check.promises]
        if not own:
            continue
        cells = [_MARKS[_together([one.verdicts[id] for id in own if id in one.verdicts])] for one in sides]
        made.append(f"| {name} | {sentence} | {' | '.join(cells)} |\n")
    return made


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    return next((one for one in _GRAVEST if one in verdicts), Verdict.NOT_APPLICABLE)


def _checks(sides: Sequence[Side], checks: Sequence[Check]) -> list[str]:
    counts = (f"{sum(v is Verdict.KEPT for v in one.verdicts.values())} kept on {one.target}" for one in sides)
    made = [f"\n{len(checks)} checks: {', '.join(counts)}.\n"]
    made.append(f"\n| check | {' | '.join(one.target for one in sides)} | why not |\n|---|{'---|' * len(sides)}---|\n")
    for check in checks:
        cells = [_MARKS[one.verdicts.get(check.id, Verdict.UNKNOWN)] for one in sides]
        why = "; ".join(
            f"{one.target}: {reason}" for one in sides if (reason := one.reasons.get(check.id, "").replace("|", "/"))
        )
        made.append(f"| `{check.id}` | {' | '.join(cells)} | {why} |\n")
    return made


def read(text: str) -> Mapping[str, Sequence[Side]]:
    """What a page says, by system: what it was written from, as far as it shows that."""
    made = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, rest = section.partition("\n")
        _, _, table = rest.partition("\n| check | ")
        head, *rows = table.splitlines()
        targets = head.split(" | ")[:-1]
        cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:] if row.startswith("| `")]
        made[name] = [
            Side(
                target,
                {row[0].strip("`"): _WORDS[row[1 + number]] for row in cells},
                {row[0].strip("`"): reason for row in cells if (reason := _reason(row[-1], target, targets))},
            )
            for number, target in enumerate(targets)
        ]
    return made


def _reason(text: str, target: str, targets: Sequence[str]) -> str:
    """What the column of reasons says of one target."""
    ends = "|".join(f"; {other}: " for other in targets)
    found = re.search(rf"(?:^|; ){target}: (.*?)(?={ends}|$)", text)
    return found[1] if found else ""
