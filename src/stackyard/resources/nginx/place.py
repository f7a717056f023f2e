"""Where an edge stands: what only the target knows about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class StaticRoot:
    """A built front end on disk. `path` is absolute and may be a symlink that a release swaps: it is resolved at every
    request. With `spa`, a path that looks like a page (no dot in its last segment) answers with index.html.
    """

    path: str
    spa: bool = True


@dataclass(frozen=True)
class Direct:
    """A plain HTTP port on loopback, for development.

    For a static service it serves that service at `/` and every other route of the edge as the edge does. For any
    other service it stands in for the service's own port: nothing is hidden or limited there.
    """

    port: int
    service: str


@dataclass(frozen=True)
class EdgePlace:
    """Where the edge runs. Paths are absolute, sizes bytes.

    work:        a folder of nginx's user, for the pid file and temporary files
    addresses:   what to listen on: "127.0.0.1", "0.0.0.0", IPv6 in brackets
    http, https: the ports, as clients see them too
    upstreams:   per service the addresses of its replicas, "host:port" or "unix:/path"; none means that it is away
    static:      per static service what to serve
    health:      "address:port" of the loopback listener for probes
    cores, memory, open_files: what nginx may use: a count, bytes, and the hard limit of open files of one process
    maintenance: the system's own maintenance page, as nginx may read it; empty: the built-in one
    challenges:  the folder that holds .well-known/acme-challenge/; empty: none is served
    access_log:  a path that nginx opens for appending
    published:   what a port that nginx listens on is to clients, where that is another one (in a container)
    resolver:    a name server that is asked again and again for the addresses of upstreams, which are names then;
                 it takes nginx 1.27.3. Empty: addresses stay what they are
    direct_addresses: where direct ports listen, when not on loopback
    status:      "address:port" of the counters for an exporter; empty: none
    watchers:    the ranges of addresses from which the counters may be asked for
    """

    work: str
    nginx_version: tuple[int, ...]
    http: int
    https: int
    health: str
    addresses: tuple[str, ...] = ("127.0.0.1",)
    direct: tuple[Direct, ...] = ()
    upstreams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    static: Mapping[str, StaticRoot] = field(default_factory=dict)
    certificate: str = ""
    key: str = ""
    cores: int = 1
    memory: int | None = None
    open_files: int = 1024
    maintenance: str = ""
    challenges: str = ""
    access_log: str = "/dev/stdout"
    published: Mapping[int, int] = field(default_factory=dict)
    resolver: str = ""
    direct_addresses: tuple[str, ...] = ()
    status: str = ""
    watchers: tuple[str, ...] = ()

    def public(self, port: int) -> int:
        """The port as clients see it."""
        return self.published.get(port, port)

    def is_choice(self, addresses: tuple[str, ...]) -> bool:
        """True where there may be more than one replica: a name that is resolved may stand for any number."""
        return len(addresses) > 1 or bool(self.resolver)
