"""A planned switchover: stop, compare, fence, promote, change places, start."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stackyard.backup.segments import lsn_text
from stackyard.errors import PartError, StackyardError, StateError
from stackyard.operate.switching import finishing, journal, readiness
from stackyard.operate.switching.asking import PATIENCE, asking, promote
from stackyard.operate.switching.journal import Journal, Phase
from stackyard.operate.switching.outcome import Switched, Tell, Wanted
from stackyard.targets.local import replication

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from stackyard.operate.switching.effects import Servers
    from stackyard.operate.verbs import Work
    from stackyard.resources.postgres.replication import Replica
    from stackyard.targets.local.replication import Connection

_WRITE = "SELECT pg_logical_emit_message(true, 'stackyard', 'switchover')"
"""A transaction that writes, and no table that it writes to."""


def switch_over(servers: Servers, work: Work, wanted: Wanted, tell: Tell) -> Switched:
    """Have a replica and its primary change places. The caller holds the lock of operations.

    Raises UsageError, StateError or PartError; the primary leads as before then, or the sentence says otherwise.
    """
    database = readiness.database_of(work.system, wanted)
    candidates = readiness.candidates(database, wanted)
    if not servers.runs(database.name):
        raise StateError(
            f"{database.name} does not run",
            hint="`stackyard up` starts it; when its data is broken, `stackyard switchover --force` goes without it.",
        )
    readiness.refuse_pending(work.plan(), database)
    with asking(servers, database.name) as connection:
        standings = replication.standings(connection, [(one.name, one.slot) for one in candidates])
    chosen = readiness.best(standings).replica
    return _Switchover(servers, next(one for one in candidates if one.name == chosen), tell).run()


class _Switchover:
    def __init__(self, servers: Servers, replica: Replica, tell: Tell) -> None:
        self._servers = servers
        self._replica = replica
        self._tell = tell
        self._primary_name, self._replica_name = replica.primary.name, replica.name
        self._journal = Journal(self._primary_name, self._replica_name, Phase.STOPPING)

    def run(self) -> Switched:
        self._prepare()
        journal.write(self._servers, self._journal)
        begun = time.monotonic()
        try:
            self._hand_over()
        except StackyardError as error:
            raise self._taken_back(error) from error
        outage = self._lead(begun)
        journal.forget(self._servers)
        notes = (*self._follow(), *self._await_services())
        return Switched(self._primary_name, self._replica_name, outage, notes=notes)

    def _prepare(self) -> None:
        """Whatever can be done while people still write: little is left to write out, and the log is held."""
        if not self._servers.is_fenced(self._replica_name):
            raise StateError(f"the data of {self._replica_name} is no replica's", hint="Nothing was changed.")
        self._tell(f"writing out what {self._primary_name} and {self._replica_name} hold in memory")
        with self._asking(self._primary_name) as above, self._asking(self._replica_name) as below:
            above.execute("CHECKPOINT")
            below.execute("CHECKPOINT")
            replication.copy_slots(above, below)

    def _hand_over(self) -> None:
        """Everything until the promoted data has the name of the primary. Raises StackyardError."""
        primary, replica, servers = self._primary_name, self._replica_name, self._servers
        self._tell(f"stopping {primary}: it waits until its replicas have everything")
        servers.stop([primary])
        self._compare()
        journal.write(servers, self._journal.at(Phase.FENCING))
        self._tell(f"fencing the data of {primary}: from here on it only follows")
        servers.fence(primary)
        self._tell(f"promoting {replica}")
        promote(servers, replica)
        journal.write(servers, self._journal.at(Phase.PLACING))
        self._tell("changing places")
        servers.stop([replica])
        servers.change_places(primary, replica)

    def _compare(self) -> None:
        """See that the replica has all that its primary ended with. Raises PartError, StateError."""
        ended = self._servers.control(self._primary_name)
        if not ended.is_stopped:
            raise PartError(self._primary_name, f"{self._primary_name} was not stopped cleanly")
        deadline = time.monotonic() + PATIENCE
        while True:
            with self._asking(self._replica_name) as below:
                found = replication.position(below)
            # The last record of a clean stop is its checkpoint: who has replayed beyond its beginning has it.
            if found.replayed is not None and found.replayed > ended.checkpoint:
                return
            if time.monotonic() > deadline:
                what = f"{self._replica_name} has not got everything that {self._primary_name} ended with"
                where = f"{lsn_text(found.replayed or 0)} of {lsn_text(ended.checkpoint)}"
                raise PartError(self._replica_name, what, details=(where,))
            time.sleep(0.005)

    def _lead(self, begun: float) -> float:
        """Start the new primary, and write; the seconds since `begun`."""
        self._tell(f"starting {self._primary_name} with the data of {self._replica_name}")
        self._servers.start(self._primary_name)
        with self._asking(self._primary_name) as connection:
            connection.execute(_WRITE)
        return time.monotonic() - begun

    def _follow(self) -> tuple[str, ...]:
        """Start the former primary as the replica; a sentence when it does not follow yet."""
        servers = self._servers
        self._tell(f"starting {self._replica_name} with the former data of {self._primary_name}")
        try:
            servers.start(self._replica_name)
            with self._asking(self._replica_name) as connection:
                replication.drop_own_slots(connection)
            with servers.server(self._primary_name) as above, servers.server(self._replica_name) as below:
                reason = replication.why_not_following(above, below, self._replica, PATIENCE)
        except StackyardError as error:
            reason = error.what
        return (f"{self._replica_name}: {reason}; `stackyard up` puts it right",) if reason else ()

    def _await_services(self) -> tuple[str, ...]:
        """Wait until everything that lost its connection is ready again; a sentence when something is not."""
        try:
            self._servers.confirm()
        except StackyardError as error:
            return (error.what,)
        return ()

    def _taken_back(self, error: StackyardError) -> StackyardError:
        """Finish or take back what was begun, have everything run again, and say so with the cause."""
        self._servers.stop(self._journal.parts)
        outcome = finishing.settle(self._servers, journal.read(self._servers) or self._journal)
        for part in self._journal.parts:
            self._servers.start(part)
        return StateError(f"{error.what}; {outcome}", hint=error.hint, details=error.details)

    def _asking(self, part: str) -> AbstractContextManager[Connection]:
        return asking(self._servers, part)
