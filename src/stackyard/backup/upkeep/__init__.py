"""What a database needs beyond autovacuum: looked at and done on a schedule, with what was found and done.

    report = upkeep.keep_up(way, record, budget=3600, dry=False, tell=silent)     # one database
    reports = upkeep.run(job, tell)                                               # all that a job names

It works as the owner of the database, who may vacuum everything in it and rebuild what is his: no superuser is needed,
on no version. What belongs to somebody else (a superuser's extension) is left alone.
"""

from stackyard.backup.upkeep.connecting import Way
from stackyard.backup.upkeep.keeping import age, due_parts, figures
from stackyard.backup.upkeep.record import FILE, from_text, last, recorded
from stackyard.backup.upkeep.report import Action, Found, Kind, Report
from stackyard.backup.upkeep.running import BUDGET, keep_up, run
from stackyard.backup.upkeep.timing import PERIODS, due

__all__ = [
    "BUDGET",
    "FILE",
    "PERIODS",
    "Action",
    "Found",
    "Kind",
    "Report",
    "Way",
    "age",
    "due",
    "due_parts",
    "figures",
    "from_text",
    "keep_up",
    "last",
    "recorded",
    "run",
]
