"""What has to be done every day so that the shop runs for years: months ahead, and sweeping up what is over."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select, text

from goldshop.files import Files
from goldshop.notices import LowStockNotices
from goldshop.shared import ONCE
from goldshop.tables import Image
from stackyard_kit.cron import Tick, Timetable
from stackyard_kit.database import Database
from stackyard_kit.jobs import Job, Retry

log = logging.getLogger(__name__)

DAILY = Job("goldshop.upkeep", Tick, retry=Retry(attempts=6, first=30.0), timeout=600.0)
EVERY_NIGHT = Timetable("20 3 * * *")

KEPT_FAILURES = timedelta(days=60)
"""How long a job that nobody could finish is kept for somebody to look at."""

LONE_UPLOAD = timedelta(days=1)
"""How old an upload is that belongs to no image and is removed."""

_BATCH = 10_000

_KEEP_PARTITIONS = text("select keep_partitions()")
_OLD_FAILURES = text(
    "delete from procrastinate_jobs where status = 'failed'"
    " and id in (select job_id from procrastinate_events group by job_id"
    " having max(at) < cast(:before as timestamptz))"
)
_OLD_TIMES = text(
    "delete from procrastinate_periodic_defers old using procrastinate_periodic_defers newer"
    " where newer.task_name = old.task_name and newer.periodic_id = old.periodic_id"
    " and newer.defer_timestamp > old.defer_timestamp"
    " and old.defer_timestamp < extract(epoch from cast(:before as timestamptz))"
)


class Upkeep:
    """The daily round. Each part of it does no harm when it is done twice, or by two workers at once."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    async def run(self, tick: Tick) -> None:
        """Do all of it."""
        made = await self.make_months()
        await LowStockNotices(self._database).look_at_all()
        swept = await self.sweep_rows(tick.due)
        removed = await self.sweep_uploads(tick.due) if self._files.is_configured else 0
        fields = {"months": made, "rows": swept, "uploads": removed}
        log.info("upkeep", extra={"fields": fields})

    async def make_months(self) -> list[str]:
        """Make the partitions of the months ahead; which were missing."""
        async with self._database.transaction() as session:
            return list(await session.scalar(_KEEP_PARTITIONS) or ())

    async def sweep_rows(self, moment: datetime) -> int:
        """Remove jobs that are over, and answers that have run out; how many of those it were."""
        swept = 0
        while True:
            async with self._database.transaction() as session:
                done = await ONCE.sweep(session, _BATCH)
            swept += done
            if done < _BATCH:
                break
        async with self._database.transaction() as session:
            for statement in (_OLD_FAILURES, _OLD_TIMES):
                await session.execute(statement, {"before": moment - KEPT_FAILURES})
        return swept

    async def sweep_uploads(self, moment: datetime) -> int:
        """Remove uploads that no image waits for: their request ended between the store and the database."""
        store = await self._files.store()
        old = [one.key async for one in store.list("uploads/") if one.changed and one.changed < moment - LONE_UPLOAD]
        waiting = select(Image.id).where(Image.status == "pending")
        async with self._database.transaction() as session:
            needed = {f"uploads/{identifier}" for identifier in await session.scalars(waiting)}
        for key in set(old) - needed:
            await store.delete(key)
        return len(set(old) - needed)
