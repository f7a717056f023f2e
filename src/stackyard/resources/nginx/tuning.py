"""How many workers, connections and files nginx gets out of the machine it is given."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_CONNECTIONS = 16_384
_FEWEST_CONNECTIONS = 128
_RESERVED_FILES = 64
"""Listeners, logs, event and channel descriptors of a worker."""
_MEMORY_PER_CONNECTION = 64 * 1024
"""A TLS connection with its request and proxy buffers, measured generously."""


@dataclass(frozen=True)
class Workers:
    """Settings of nginx: counts, `connections` and `files` per worker."""

    processes: int
    connections: int
    files: int


def tune(cores: int, memory: int | None, open_files: int) -> Workers:
    """Workers for so many cores, bytes of memory (None: no limit) and open files (the hard limit of one process).

    A proxied request holds two descriptors, the client's and the upstream's, and a static one the file's: hence two
    files per connection. An unprivileged nginx cannot raise its limit above the hard one.
    """
    processes = max(1, cores)
    connections = min(_MOST_CONNECTIONS, (open_files - _RESERVED_FILES) // 2)
    if memory is not None:
        connections = min(connections, memory // _MEMORY_PER_CONNECTION // processes)
    connections = max(_FEWEST_CONNECTIONS, connections)
    return Workers(processes, connections, min(open_files, 2 * connections + _RESERVED_FILES))
