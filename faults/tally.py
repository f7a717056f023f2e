"""Counting: one fault, tried again and again, with the first few reasons why it did not hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from faults.load import Account
from faults.result import Result

_MOST_REASONS = 5


@dataclass
class Tally:
    """The tries of one fault so far. `must` is what must hold, as a clause."""

    group: str
    fault: str
    must: str
    tried: int = 0
    held: int = 0
    slowest: float | None = None
    reasons: list[str] = field(default_factory=list)

    def count(self, reasons: list[str], seconds: float | None = None) -> None:
        """One more try: it held when there is no reason why not; `seconds` is what the recovery took."""
        self.tried += 1
        self.held += not reasons
        self.reasons += reasons
        if seconds is not None:
            self.slowest = max(self.slowest or 0.0, seconds)

    def result(self, account: Account | None = None, *notes: str) -> Result:
        """The line of the table, with the account of the load that went on meanwhile."""
        told = list(self.reasons[:_MOST_REASONS])
        if len(self.reasons) > _MOST_REASONS:
            told.append(f"and {len(self.reasons) - _MOST_REASONS} more")
        if account is None:
            return Result(self.group, self.fault, self.must, self.tried, self.held, None, self.slowest, (*told, *notes))
        held = 0 if account.doubled else self.held
        told += account.sentences()
        return Result(self.group, self.fault, self.must, self.tried, held, account.lost, self.slowest, (*told, *notes))
