"""What every target of this machine keeps alike, as checks look at it: secrets, and who vouches for certificates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from stackyard.model.system import Objects, System, Tls
from stackyard.observe import known_secrets
from stackyard.observe.seen import EdgeView
from stackyard.observe.status import places
from stackyard.resources.certificates import find_authority
from stackyard.resources.secrets import objects_access_key, objects_secret_key
from stackyard.targets.local import secrets
from stackyard.targets.local.certificate import hosts
from stackyard.targets.local.layout import Layout, user_data
from stackyard.targets.names import EDGE, LOOPBACK


class Home(ABC):
    """See `View` for what each member means."""

    @property
    @abstractmethod
    def system(self) -> System: ...

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """Where the system keeps things here."""

    @abstractmethod
    def place(self, slot: str) -> tuple[str, int]: ...

    def edge_view(
        self, ports: Mapping[str, int], config: Path, nginx: Path, *, keeps_sources: bool = True
    ) -> EdgeView | None:
        """The way in of a system whose edge is reached over these ports of loopback, None for one without."""
        own = self.system.edge
        if own is None:
            return None
        has_tls = own.tls is not Tls.OFF
        return EdgeView(
            host=own.host,
            address=LOOPBACK,
            http=ports["edge.http"],
            https=ports.get("edge.https"),
            authority=self.authority(EDGE) if own.tls in (Tls.SELF_SIGNED, Tls.ACME) else None,
            certificate=own.certificate or (self.layout.certificate(EDGE) if has_tls else None),
            key=own.key or (self.layout.key(EDGE) if has_tls else None),
            config=config,
            nginx=nginx,
            keeps_sources=keeps_sources,
        )

    def addresses(self) -> Mapping[str, str]:
        return places(self.layout)

    def authority(self, part: str) -> Path | None:
        return find_authority(user_data(), hosts(self.system, part)).certificate

    def secret(self, name: str) -> str:
        return secrets.read(self.layout.secrets, name)

    @cached_property
    def _secrets(self) -> Mapping[str, str]:
        return known_secrets.known(self.system, self.layout.secrets)

    def secrets(self) -> Mapping[str, str]:
        return self._secrets

    def without_secrets(self, text: str) -> str:
        return known_secrets.without(text, self._secrets)

    def store(self, resource: Objects) -> tuple[str, str, str]:
        host, port = self.place(resource.name)
        access, secret = objects_access_key(resource), objects_secret_key(resource)
        return f"http://{host}:{port}", self.secret(access), self.secret(secret)
