"""What every step of an import looks at: the parts, their addresses, and the stack file so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from stackyard.importing.compose.addresses import Addresses
from stackyard.importing.compose.draft import Draft
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.ledger import Ledger
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.reading import Reading
from stackyard.importing.compose.sensitive import sensitive_values


@dataclass
class Context:
    """One import on its way. `migrations` are the commands that prepare the database, by the part that takes them;
    `absorbed` the parts that became such a command, with the part that took it; `sensitive` the values that must not be
    seen, by the variable that has them.
    """

    parts: list[Part]
    draft: Draft
    reading: Reading
    addresses: Addresses = field(default_factory=lambda: Addresses({}))
    migrations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    absorbed: dict[str, str] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    sensitive: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sensitive = sensitive_values(self.parts, self.reading.values)
        self.draft.sensitive = frozenset(self.sensitive)
        self.addresses = Addresses({host: part for part in self.parts for host in sorted(part.hosts)})

    @property
    def ledger(self) -> Ledger:
        return self.reading.ledger

    @property
    def resources(self) -> list[Part]:
        return [part for part in self.parts if part.is_resource]

    @property
    def services(self) -> list[Part]:
        return [part for part in self.parts if part.role is Role.SERVICE and part.container not in self.absorbed]

    def named(self, container: str) -> Part | None:
        """The part of that name in the Compose file."""
        return next((part for part in self.parts if part.container == container), None)
