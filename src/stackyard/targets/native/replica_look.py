"""What there is of a replica on this machine: its copy, how it runs, whether it follows. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stackyard.errors import PartError, StateError
from stackyard.model.system import Postgres
from stackyard.plan.element import Seen
from stackyard.resources.postgres.replication import Replica
from stackyard.targets.local import replication
from stackyard.targets.local.postgres_catalog import Server
from stackyard.targets.native import access, postgres, postgres_settings, replicas
from stackyard.targets.native.machine import Machine
from stackyard.targets.native.toolchain import Tool


@dataclass(frozen=True)
class ReplicaLook:
    """`is_well` says of a part that its process runs as it should; `primary` where a primary is reached."""

    machine: Machine
    is_well: Callable[[str], bool]
    primary: Callable[[Postgres], Server]

    def copy(self, replica: Replica) -> Seen | None:
        """The copy of its primary; one that can no longer be brought up to date counts as none. Raises StateError."""
        layout = self.machine.layout
        folder, tool = layout.data(replica.name), self.machine.tools[replica.primary.name]
        if not folder.is_dir() or not any(folder.iterdir()):
            return None
        if isinstance(tool, Tool):
            postgres.has_data(replica.name, folder, tool)
        replicas.guard(layout, replica)
        found = {"access": access.of_data(folder, self.machine.identity.owner)}
        strange = replicas.why_strange(layout, replica)
        if strange or not (self.is_well(replica.primary.name) and self.is_well(replica.name)):
            return Seen(found, strange)
        try:
            primary = self.primary(replica.primary)
            return Seen(found, replication.why_never_following(primary, self._follower(replica), replica))
        except (PartError, StateError):
            # One of them does not answer: that is for others to say.
            return Seen(found)

    def running(self, replica: Replica, config: str) -> str:
        """How a running replica is not as it should be; `config` is the text of its file. Raises PartError."""
        follower = self._follower(replica)
        found = postgres_settings.differences(replica.server, self.machine.layout, follower, config)
        with replication.asking(follower) as connection:
            kept = replication.own_slots(connection)
        told = [*(one.sentence for one in found), *(f"it keeps its log for nobody (slot {name})" for name in kept)]
        if told or not self.is_well(replica.primary.name):
            return "; ".join(told)
        return replication.why_not_following(self.primary(replica.primary), follower, replica)

    def _follower(self, replica: Replica) -> Server:
        return replicas.server(self.machine.layout, replica, self.machine.ports[replica.name])
