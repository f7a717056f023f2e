"""What a cache lets services do, how much it holds, and what it writes to the disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stackyard.model.system import Redis
from stackyard.observe.view import View
from stackyard.resources import redis as resource_of
from stackyard.verify.cache.asking import admin, caches, has_none
from stackyard.verify.check import Check, Look, Seen, saw

if TYPE_CHECKING:
    import redis

_ASKED: tuple[tuple[str, ...], ...] = (("CONFIG", "GET", "maxmemory"), ("ACL", "LIST"), ("KEYS", "stackyard-verify"))
"""Forbidden things that would change nothing if they were allowed after all."""


def _least(view: View) -> Iterator[Seen]:
    import redis

    user = resource_of.SERVICE_USER
    for resource in caches(view.system):
        with view.cache(resource, user) as own:
            for words in _ASKED:
                ask: Any = own.execute_command
                try:
                    ask(*words)
                    answer = "done"
                except redis.ResponseError as error:
                    answer = str(error)
                fault = f"services may {words[0]} {resource.name}"
                yield saw(f"as {user}: {' '.join(words)}", answer, fault=fault, unless=answer != "done")
        with admin(view, resource) as connection:
            yield from _dry_runs(connection, resource, user)


def _dry_runs(connection: redis.Redis, resource: Redis, user: str) -> Iterator[Seen]:
    import redis

    ask: Any = connection.execute_command
    for commands, expected in ((resource_of.FORBIDDEN, False), (resource_of.NEEDED, True)):
        for words in commands:
            try:
                answer = str(ask("ACL", "DRYRUN", user, *words))
            except redis.ResponseError as error:
                # Before 7.0 there was no such question; what could be tried has been.
                yield saw(f"ACL DRYRUN in {resource.name}", error)
                return
            fault = f"services {'may' if answer == 'OK' else 'may not'} {' '.join(words)} in {resource.name}"
            yield saw(f"ACL DRYRUN {user} {' '.join(words)}", answer, fault=fault, unless=(answer == "OK") is expected)


def _memory(view: View) -> Iterator[Seen]:
    for resource in caches(view.system):
        with admin(view, resource) as connection:
            found: Any = connection.config_get("maxmemory*")
            memory: Any = connection.info("memory")
            figures: Any = connection.info("stats")
        limit, policy = int(found["maxmemory"]), found["maxmemory-policy"]
        # What waits to be written to the log or sent to a replica is not held against the limit.
        used = memory["used_memory"] - memory["mem_not_counted_for_evict"]
        yield saw(
            f"maxmemory of {resource.name}, of which {used:,} bytes are used",
            f"{limit:,} bytes",
            fault=f"{resource.name} may hold {limit:,} bytes, and the file says {resource.memory:,}",
            unless=limit == resource.memory,
        )
        fault = f"{resource.name} evicts by {policy}, and the file says {resource.eviction}"
        yield saw(f"maxmemory-policy of {resource.name}", policy, fault=fault, unless=policy == resource.eviction)
        hits, misses = figures["keyspace_hits"], figures["keyspace_misses"]
        rate = f", {hits / (hits + misses):.0%}" if hits + misses else ""
        yield saw(f"hits and misses of {resource.name} so far", f"{hits}, {misses}{rate}")


def _persistence(view: View) -> Iterator[Seen]:
    for resource in caches(view.system):
        with admin(view, resource) as connection:
            found: Any = connection.config_get("*")
            state: Any = connection.info("persistence")
        yield from _snapshots(resource, found["save"], state, view.has_file(resource, resource_of.SNAPSHOT))
        has_log = view.has_file(resource, f"{resource_of.LOG_FOLDER}/{resource_of.MANIFEST}")
        yield from _log(resource, found, state, has_log=has_log)


def _snapshots(resource: Redis, save: str, state: dict[str, Any], has_file: bool) -> Iterator[Seen]:
    wanted = "rdb" in resource.persistence
    fault = f"{resource.name} makes {'no snapshots' if wanted else 'snapshots that the file does not ask for'}"
    yield saw(f"save points of {resource.name}", save or "none", fault=fault, unless=bool(save) == wanted)
    if not wanted:
        return
    status = state["rdb_last_bgsave_status"]
    kept = "dump.rdb is there" if has_file else "none made yet"
    fault = f"the last snapshot of {resource.name} failed"
    yield saw(f"last snapshot of {resource.name}", f"{status}, {kept}", fault=fault, unless=status == "ok")


def _log(resource: Redis, found: dict[str, str], state: dict[str, Any], *, has_log: bool) -> Iterator[Seen]:
    wanted = "aof" in resource.persistence
    is_on = found["appendonly"] == "yes" and state["aof_enabled"] == 1
    fault = f"{resource.name} writes {'no log' if wanted else 'a log that the file does not ask for'}"
    yield saw(f"append-only log of {resource.name}", "on" if is_on else "off", fault=fault, unless=is_on == wanted)
    if not wanted or not is_on:
        return
    rewriting = state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]
    yield saw(
        f"last write and last rewrite of the log, and appendfsync of {resource.name}",
        f"{state['aof_last_write_status']}, {state['aof_last_bgrewrite_status']}, {found['appendfsync']}",
        fault=f"the log of {resource.name} does not reach the disk",
        unless=state["aof_last_write_status"] == state["aof_last_bgrewrite_status"] == "ok"
        and found["appendfsync"] in ("everysec", "always"),
    )
    shown = "there" if has_log else "being written" if rewriting else "not there"
    fault = f"the log of {resource.name} is not on the disk"
    yield saw(f"files of the log of {resource.name}", shown, fault=fault, unless=has_log or bool(rewriting))


CHECKS = (
    Check(
        "cache.least-privilege",
        ("CACHE-02",),
        "services work with data, and cannot empty, stop, copy or reconfigure the server",
        Look.INSIDE,
        _least,
        has_none,
    ),
    Check(
        "cache.memory",
        ("CACHE-02", "CACHE-03"),
        "the cache is limited to its memory, evicts as the file says, and counts its hits",
        Look.INSIDE,
        _memory,
        has_none,
    ),
    Check(
        "cache.persistence",
        ("CACHE-02", "TOP-02"),
        "what the cache holds is written to the disk as the file says",
        Look.INSIDE,
        _persistence,
        has_none,
    ),
)
