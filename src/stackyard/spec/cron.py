"""The five fields of a cron schedule: minute, hour, day of the month, month, weekday."""

from __future__ import annotations

import re

from stackyard.spec.report import Wrong, quote

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _WEEKDAYS),
)
_ITEM = re.compile(r"(?:\*|([0-9a-z]{1,3})(?:-([0-9a-z]{1,3}))?)(?:/([0-9]{1,2}))?")
_EXAMPLE = 'for example "30 3 * * mon-fri": at 3:30 from Monday to Friday'


def read_schedule(text: str) -> str:
    """`text` with single spaces and small letters. Raises Wrong for what is no schedule, or never comes."""
    fields = text.lower().split()
    numbers = [_numbers(field, *limits) for field, limits in zip(fields, _FIELDS, strict=True)]
    days, months = numbers[2], numbers[3]
    if fields[4] == "*" and not any(min(days) <= _LONGEST_MONTHS[month - 1] for month in months):
        raise Wrong("this day never comes in these months", _EXAMPLE)
    return " ".join(fields)


def _numbers(field: str, name: str, first: int, last: int, words: tuple[str, ...]) -> set[int]:
    numbers: set[int] = set()
    for item in field.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise Wrong(f"{quote(item)} is no {name}", _EXAMPLE)
        low_text, high_text, step_text = match.groups()
        low = _number(low_text, name, first, words) if low_text else first
        open_end = last if step_text or not low_text else low
        high = _number(high_text, name, first, words) if high_text else open_end
        step = int(step_text or 1)
        if not first <= low <= high <= last or step < 1:
            raise Wrong(f"{quote(item)} is no {name}: it goes from {first} to {last}", _EXAMPLE)
        numbers.update(range(low, high + 1, step))
    return numbers


def _number(text: str, name: str, first: int, words: tuple[str, ...]) -> int:
    if text.isdecimal():
        return int(text)
    if text in words:
        return words.index(text) + (first if name == "month" else 0)
    raise Wrong(f"{quote(text)} is no {name}", _EXAMPLE)
