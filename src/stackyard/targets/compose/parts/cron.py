"""The loop of a service that runs at its times: the schedule as plain sets, so that the image needs a shell only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from importlib import resources

from stackyard.model.system import Service


def script(service: Service) -> str:
    """The script that runs its arguments at the times of the service's schedule."""
    from cronsim import CronSim  # late: only a service with a schedule needs it

    times = CronSim(service.schedule, datetime(2000, 1, 1))
    weekdays = {day % 7 for day in times.weekdays if isinstance(day, int)}
    values = {
        "minutes": _padded(times.minutes),
        "hours": _padded(times.hours),
        "days": _padded(day for day in times.days if isinstance(day, int)),
        "months": _padded(times.months),
        "weekdays": " ".join(str(day) for day in sorted(weekdays)),
        # As cron has always done it: where both are given, either will do.
        "days_and_weekdays": "yes" if times.day_and else "no",
        "signal": service.stop_signal.removeprefix("SIG"),
    }
    head = f"# {service.schedule}\n" + "".join(f"{name}='{value}'\n" for name, value in values.items())
    return head + (resources.files("stackyard.targets.compose") / "scripts/cron.sh").read_text(encoding="utf-8")


def _padded(numbers: Iterable[int]) -> str:
    return " ".join(f"{number:02}" for number in sorted(numbers))
