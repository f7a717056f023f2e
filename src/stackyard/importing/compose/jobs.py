"""Migrations: taken out of commands, or from a container that does nothing else, and given to who needs them."""

from __future__ import annotations

from stackyard.importing.compose.context import Context
from stackyard.importing.compose.forms import names
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.ledger import leaves
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.reading import text_of


def find_migrations(context: Context) -> None:
    """Fill `migrations` and `absorbed`: each migration once, at the first service of its project that has a port."""
    for part in context.services:
        if part.program.words or not part.program.migrate:
            continue
        taker = _taker(part, context)
        if taker is not None:
            context.migrations.setdefault(taker.name, part.program.migrate)
            context.absorbed[part.container] = taker.name
            _say_absorbed(part, taker, context)
    for part in context.services:
        if part.program.migrate and part.program.words:
            context.migrations.setdefault(part.name, part.program.migrate)


def _taker(job: Part, context: Context) -> Part | None:
    """The service whose code migrates: one of the same source, that waits for the job if there is one."""
    if not job.is_python:
        return None
    same = [part for part in context.services if part is not job and part.is_python and _is_same(part, job)]
    waiting = [part for part in same if job.container in dependencies(part)]
    order = sorted(waiting or same, key=lambda part: part.port is None)
    return order[0] if order else None


def _is_same(one: Part, other: Part) -> bool:
    return one.source is not None and other.source is not None and one.source.path == other.source.path


def dependencies(part: Part) -> dict[str, str]:
    """The containers that a part waits for, each with its condition."""
    found: dict[str, str] = {}
    for name, _, more in names(part.get("depends_on")):
        condition = more.entries.get("condition") if more else None
        found[name] = text_of(condition.node) if condition else "service_started"
    for name, _, _ in names(part.get("links")):
        found.setdefault(name.partition(":")[0], "service_started")
    return found


def _say_absorbed(job: Part, taker: Part, context: Context) -> None:
    for word, entry in job.node.entries.items():
        if all(context.ledger.is_covered(leaf) for leaf in leaves(entry.node)):
            continue
        what = f"it is `migrate` of {taker.name}, which runs before new code takes traffic"
        context.ledger.carried(entry, f"{job.key}.{word}", what)


def access(part: Part, database: Part, context: Context) -> str:
    """What a service may do in a database: `own` where nobody migrates it, for then it does so itself."""
    migrated = any(_is_same(part, other) for other in context.services if other.name in context.migrations)
    return "write" if migrated or database.role is not Role.POSTGRES else "own"
