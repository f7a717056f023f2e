"""What a proxy's configuration says, whoever's it is: routes, hosts, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Routing:
    """`routes` maps a public name ("" for any) and a path to a host and its port (0 for the usual one).

    `hosts` are all public names, `lost` clauses on what is not carried, in the order in which they were met.
    """

    routes: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    body: str = ""
    email: str = ""
    acme: bool = False
    csp: str = ""

    def add(self, path: str, target: str, names: Sequence[str] = ()) -> None:
        """Add a route to `host:port`, for each of the public `names`; the first for a path counts."""
        host, _, port = target.partition(":")
        plain = path.rstrip("*").rstrip("/") or "/"
        plain = plain if plain.startswith("/") else f"/{plain}"
        for name in names or ("",):
            self.routes.setdefault((name, plain), (host, int(port) if port.isdecimal() else 0))

    def say(self, clause: str) -> None:
        """Note what is not carried, once."""
        if clause not in self.lost:
            self.lost.append(clause)

    def join(self, other: Routing) -> None:
        """Take in another one; what is there already counts."""
        for path, target in other.routes.items():
            self.routes.setdefault(path, target)
        self.hosts += [host for host in other.hosts if host not in self.hosts]
        for clause in other.lost:
            self.say(clause)
        self.body = self.body or other.body
        self.email = self.email or other.email
        self.acme = self.acme or other.acme
        self.csp = self.csp or other.csp
