"""The settings of a PostgreSQL, derived from the memory, the disk and the cores it is given, for many short queries."""

from __future__ import annotations

from dataclasses import dataclass

from stackyard.errors import PartError
from stackyard.model.system import Postgres
from stackyard.resources.postgres import replication

MB = 1024**2
GB = 1024**3

OWNED = frozenset(
    {
        "data_directory", "config_file", "hba_file", "ident_file", "external_pid_file", "listen_addresses", "port",
        "unix_socket_directories", "unix_socket_permissions", "ssl", "ssl_cert_file", "ssl_key_file", "ssl_ca_file",
        "password_encryption", "logging_collector", "log_destination",
    }
)  # fmt: skip
"""What the target decides, and a stack file cannot: where the server lives, listens and logs, and how it is trusted."""

PRELOADED = frozenset({"pg_stat_statements", "timescaledb", "pg_cron", "pgaudit"})
"""Extensions that do nothing unless the server loads their library when it starts."""

_RESERVE = 20
"""Connections kept beside those of services: three for the superuser, the rest for monitoring, backups and people."""

_ENTRY = 48 * 1024
"""Bytes of shared memory for a connection that nobody has opened, mostly for the locks that it might hold."""


@dataclass(frozen=True)
class ServerFacts:
    """What settings depend on besides the resource.

    `connections` is what all services together may open, `growth` what they would beyond that with more replicas.
    `extensions` are those that this server has. `wal_segment` is the size of a WAL segment in bytes, fixed when the
    cluster is made.
    """

    cores: int = 2
    connections: int = 0
    growth: int = 0
    extensions: frozenset[str] = frozenset({"pg_stat_statements"})
    wal_segment: int = 16 * MB


def settings(resource: Postgres, facts: ServerFacts) -> dict[str, str]:
    """Every setting that differs from the server's own default, as postgresql.conf writes it; the user's come last.

    Raises PartError for a setting that is not the user's to make.
    """
    taken = sorted(OWNED & {name.lower() for name in resource.settings})
    if taken:
        raise PartError(
            resource.name,
            f"{resource.position}: `{taken[0]}` of {resource.name} cannot be set: Stackyard decides it",
            hint="Take it out of `settings`. Ports and TLS have keys of their own: `port`, `tls`.",
        )
    derived = {
        "max_connections": str(max_connections(resource, facts)),
        **_memory(resource, _needed(resource, facts)),
        **_disk(resource),
        **_parallelism(facts),
        **_wal(resource, facts),
        **replication.primary_settings(resource),
        **_autovacuum(resource),
        **_logging(resource),
        **_statistics(facts),
        **_habits(),
    }
    derived |= {name.lower(): value for name, value in resource.settings.items()}
    libraries = _libraries(resource, facts, derived.get("shared_preload_libraries", ""))
    return derived | {"shared_preload_libraries": libraries} if libraries else derived


def max_connections(resource: Postgres, facts: ServerFacts) -> int:
    """Room for every service at its limit and a reserve, and for services to grow where memory allows.

    Changing it takes a restart, so it is not what changes with every replica; how many connections a service may open
    is for the limit of its role to say. What nobody uses costs its entry in shared memory, of all of which together
    this takes a sixteenth of the memory at most.
    """
    affordable = resource.memory // 16 // _ENTRY
    return max(_needed(resource, facts), min(facts.connections + facts.growth + _RESERVE, affordable))


def _needed(resource: Postgres, facts: ServerFacts) -> int:
    """Connections that may be open at once; at least 100, or 40 where memory is short.

    An open one costs 2 to 10 MB, which 256 MB cannot give a hundred times.
    """
    floor = 100 if resource.memory >= 512 * MB else 40
    return max(floor, facts.connections + _RESERVE)


def _memory(resource: Postgres, connections: int) -> dict[str, str]:
    memory = resource.memory
    # One sort in every connection at once may take three quarters of what shared_buffers leaves, never more.
    work = min(256 * MB, memory * 100 // connections // 128)
    maintenance = _between(16 * MB, memory // 16, 2 * GB)
    return {
        "shared_buffers": _size(memory // 4),
        "effective_cache_size": _size(memory * 3 // 4),
        "work_mem": _size(max(MB, work)),
        "maintenance_work_mem": _size(maintenance),
        # Up to three workers run at once.
        "autovacuum_work_mem": _size(max(16 * MB, maintenance // 2)),
        # Huge pages come from a pool of the whole machine: a server that gets them only sometimes is fast only
        # sometimes. Who has reserved them says so in `settings`.
        "huge_pages": "off",
    }


def _disk(resource: Postgres) -> dict[str, str]:
    if resource.disk == "hdd":
        return {"random_page_cost": "4", "effective_io_concurrency": "2"}
    return {"random_page_cost": "1.1", "effective_io_concurrency": "200"}


def _parallelism(facts: ServerFacts) -> dict[str, str]:
    cores = max(1, facts.cores)
    return {
        "max_worker_processes": str(max(8, cores)),
        "max_parallel_workers": str(cores),
        # A query that takes every core makes a hundred short ones wait.
        "max_parallel_workers_per_gather": str(min(2, cores // 2)),
        "max_parallel_maintenance_workers": str(_between(1, cores // 2, 4)),
    }


def _wal(resource: Postgres, facts: ServerFacts) -> dict[str, str]:
    small = facts.wal_segment < 16 * MB
    largest = 256 * MB if small else _between(GB, resource.memory, 16 * GB)
    return {
        "wal_level": "replica",
        "wal_compression": "on",
        "wal_buffers": _size(_between(MB, resource.memory // 4 // 32, facts.wal_segment)),
        "min_wal_size": _size(16 * facts.wal_segment),
        "max_wal_size": _size(largest),
        # What nobody fetches is kept for a while, and never until the disk is full.
        "max_slot_wal_keep_size": _size(max(2 * GB, 8 * largest)),
        # Otherwise a copy that follows may sleep for 5 s when it is to take over.
        "wal_retrieve_retry_interval": "500ms",
        # Fewer, spread checkpoints: each one makes the next change of every page write that page whole.
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
    }


def _autovacuum(resource: Postgres) -> dict[str, str]:
    return {
        # The defaults let a fifth of a large table die before anything happens.
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_naptime": "30s",
        "autovacuum_vacuum_cost_limit": "200" if resource.disk == "hdd" else "1000",
        "log_autovacuum_min_duration": "10s",
    }


def _logging(resource: Postgres) -> dict[str, str]:
    return {
        "log_min_duration_statement": f"{round(resource.slow_query * 1000)}ms",
        "log_line_prefix": "'%m [%p] %q%u@%d %a '",
        "log_lock_waits": "on",
        "log_temp_files": "10MB",
        "log_checkpoints": "off",
        # What people typed into a form stands in the parameters of a query, and has no place in a log.
        "log_parameter_max_length": "0",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
    }


def _statistics(facts: ServerFacts) -> dict[str, str]:
    common = {"track_io_timing": "on", "track_activity_query_size": "4kB"}
    if "pg_stat_statements" not in facts.extensions:
        return common
    return common | {
        "pg_stat_statements.max": "5000",
        "pg_stat_statements.track": "top",
        # Utility statements keep their constants: ALTER ROLE ... PASSWORD would stay readable there.
        "pg_stat_statements.track_utility": "off",
    }


def _habits() -> dict[str, str]:
    return {
        "timezone": "'UTC'",
        "tcp_keepalives_idle": "60s",
        # Compiling a query takes longer than most queries here take to run, and its cost estimate is often wrong.
        "jit": "off",
    }


def _libraries(resource: Postgres, facts: ServerFacts, own: str) -> str:
    """The libraries to preload: the user's, and what our extensions need, each once."""
    wanted = [name.strip() for name in own.strip("' ").split(",") if name.strip()]
    ours = ("pg_stat_statements", *resource.extensions)
    wanted += [name for name in ours if name in PRELOADED & facts.extensions]
    return "'" + ",".join(dict.fromkeys(wanted)) + "'" if wanted else ""


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def _size(count: int) -> str:
    """Bytes as the server writes them, rounded down to whole megabytes."""
    return f"{count // MB}MB"
