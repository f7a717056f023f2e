"""Containers that become resources: version, settings and scripts are carried, credentials are generated anew."""

from __future__ import annotations

import re
from posixpath import dirname
from typing import Any

from stackyard.importing.compose.draft import Draft
from stackyard.importing.compose.forms import items, mount, port_mapping, size, split
from stackyard.importing.compose.images import Image, Role
from stackyard.importing.compose.parts import Part, say_kept
from stackyard.importing.compose.reading import Reading, text_of
from stackyard.importing.compose.sources import relative
from stackyard.spec.tree import Mapping

_INIT = "/docker-entrypoint-initdb.d"
_USUAL_PORT = {Role.POSTGRES: 5432, Role.REDIS: 6379, Role.OBJECTS: 9000, Role.QUEUE: 5672}
_EVICTION = re.compile(r"(noeviction|(allkeys|volatile)-(lru|lfu|random)|volatile-ttl)")
_CREDENTIAL = re.compile(r"PASS|USER|_DB$|DATABASE|AUTH_METHOD|INITDB|ACCESS_KEY|SECRET|COOKIE|VHOST|PGDATA|BUCKET")


def carry_resource(part: Part, draft: Draft, reading: Reading) -> None:
    """Add the resource that this container becomes, and say what became of each of its words."""
    made = _kind(part, reading)
    own = {Role.POSTGRES: _postgres, Role.REDIS: _redis, Role.OBJECTS: _objects}.get(part.role)
    if own:
        own(part, made, reading)
    _ports(part, made, reading)
    _variables(part, reading)
    _volumes(part, made, reading)
    _words(part, made, reading)
    draft.resources[part.name] = made


def _kind(part: Part, reading: Reading) -> dict[str, Any]:
    image = part.image
    word = "objects" if part.role is Role.OBJECTS else part.role.value
    value = {Role.OBJECTS: True, Role.QUEUE: "rabbitmq"}.get(part.role) or _version(part.role, image)
    made: dict[str, Any] = {word: value}
    if image is None:
        reading.ledger.replaced(
            part.node.entries["build"],
            f"{part.key}.build",
            "a resource is not built; it becomes `postgres`",
            "What the Dockerfile adds to the image has to be said by `extensions`, `init` and `settings`.",
        )
        return made
    known = image.known
    if known and known.extensions:
        made["extensions"] = list(known.extensions)
    if part.role is Role.QUEUE and image.numbers:
        made["version"] = _number(image.numbers[:1])
    advice = known.advice if known else ""
    if part.role in (Role.POSTGRES, Role.REDIS) and not image.numbers:
        advice = (
            "The image names no version: write the one that the data was made with."
            if part.role is Role.POSTGRES
            else advice
        )
    if part.role is Role.QUEUE:
        advice = "The native target does not run RabbitMQ yet: give it `profiles`, or use a Redis for jobs."
    reading.ledger.carried(
        part.node.entries["image"],
        f"{part.key}.image",
        f"the resource {part.name}: `{word}: {_written(value)}`",
        advice,
    )
    return made


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _version(role: Role, image: Image | None) -> Any:
    numbers = image.numbers if image else ()
    if role is Role.POSTGRES:
        return _number(numbers[:1]) if numbers else ">=16"
    # What speaks to an older Redis speaks to a newer one; Valkey counts on from Redis 7.2.
    if numbers and "valkey" not in (image.name if image else "") and int(numbers[0]) <= 8:
        return f">={numbers[0]}"
    return ">=7"


def _number(numbers: tuple[str, ...]) -> Any:
    return int(numbers[0]) if len(numbers) == 1 else ".".join(numbers)


def _postgres(part: Part, made: dict[str, Any], reading: Reading) -> None:
    """Settings from `-c name=value`, and memory from the limit."""
    given = list(part.program.words) if "command" in part.node.entries else []
    settings: dict[str, str] = {}
    others: list[str] = []
    while given:
        word = given.pop(0)
        pair = given.pop(0) if word == "-c" and given else word.removeprefix("-c") if word.startswith("-c") else ""
        name, sign, value = pair.removeprefix("--").partition("=")
        if (
            sign
            and re.fullmatch(r"[a-z_][a-z0-9_.]*", name)
            and name not in ("shared_preload_libraries", "listen_addresses", "port", "config_file", "hba_file")
        ):
            settings[name] = value
        elif word not in ("postgres", "docker-entrypoint.sh"):
            others.append(pair or word)
    if settings:
        made["settings"] = settings
    if "command" in part.node.entries:
        entry = part.node.entries["command"]
        if others:
            reading.ledger.lost(
                entry,
                f"{part.key}.command",
                f"{len(others)} of its words are no settings of a resource",
                "stackyard explain resources.db.settings",
            )
        else:
            reading.ledger.carried(entry, f"{part.key}.command", "`settings`")


def _redis(part: Part, made: dict[str, Any], reading: Reading) -> None:
    if "command" not in part.node.entries and "entrypoint" not in part.node.entries:
        return
    given = [word for text in part.program.words for word in (split(text) if " " in text else (text,))]
    said = {given[i].removeprefix("--"): given[i + 1] for i in range(len(given) - 1) if given[i].startswith("--")}
    aof = said.get("appendonly") == "yes"
    if "appendonly" in said or "save" in said:
        rdb = said.get("save", "x") != "" and not said.get("save", "x").startswith("--")
        kept = {(True, True): "rdb+aof", (True, False): "rdb", (False, True): "aof", (False, False): "none"}[rdb, aof]
        if kept != "rdb+aof":
            made["persistence"] = kept
    if size(said.get("maxmemory", "")):
        made["memory"] = size(said["maxmemory"])
    if _EVICTION.fullmatch(said.get("maxmemory-policy", "")) and said["maxmemory-policy"] != "noeviction":
        made["eviction"] = said["maxmemory-policy"]
    known = {"appendonly", "save", "maxmemory", "maxmemory-policy", "requirepass", "loglevel", "port", "bind"}
    strange = sorted(name for name in said if name not in known)
    for word in ("command", "entrypoint"):
        if word in part.node.entries and strange:
            reading.ledger.lost(
                part.node.entries[word],
                f"{part.key}.{word}",
                f"a redis has no {', '.join(strange)}; the rest is carried",
                "stackyard explain resources.cache",
            )
        elif word in part.node.entries:
            reading.ledger.carried(
                part.node.entries[word],
                f"{part.key}.{word}",
                "`persistence`, `memory`, `eviction`; the password is generated",
            )


def _objects(part: Part, made: dict[str, Any], reading: Reading) -> None:
    bucket = part.variable("MINIO_DEFAULT_BUCKETS", "MINIO_BUCKET").split(",")[0]
    if bucket:
        made["bucket"] = bucket
    say_kept(reading.ledger, part, "command", "a store is started as it has to be")
    say_kept(reading.ledger, part, "entrypoint", "a store is started as it has to be")


def _ports(part: Part, made: dict[str, Any], reading: Reading) -> None:
    usual = _USUAL_PORT[part.role]
    entry = part.node.entries.get("ports")
    for item in items(entry.node) if entry else ():
        found = port_mapping(item)
        if found and found.target == usual:
            if found.published not in (None, usual):
                made["port"] = found.published
            reading.ledger.carried(
                item, f"{part.key}.ports", f"`port`: {found.published or usual}, on this machine only"
            )
        else:
            reading.ledger.replaced(item, f"{part.key}.ports", "a resource has one port; its console is not run")
    say_kept(reading.ledger, part, "expose", "a resource has its usual port")


def _variables(part: Part, reading: Reading) -> None:
    for pair in part.environment:
        key = f"{part.key}.environment.{pair.name}"
        if pair.from_file:
            continue
        if _CREDENTIAL.search(pair.name):
            reading.ledger.replaced(pair.spot, key, "credentials are generated, and services are given them")
        elif pair.name in ("TZ", "LANG", "LC_ALL", "PGTZ", "ALLOW_EMPTY_PASSWORD"):
            reading.ledger.replaced(pair.spot, key, "a resource runs in UTC and UTF-8, with a password")
        else:
            reading.ledger.lost(
                pair.spot, key, "a resource takes no variables", f"stackyard explain resources.{part.name}"
            )


def _volumes(part: Part, made: dict[str, Any], reading: Reading) -> None:
    entry = part.node.entries.get("volumes")
    key = f"{part.key}.volumes"
    for item in items(entry.node) if entry else ():
        found = mount(item)
        if found.is_bind and found.target.startswith(_INIT) and part.role is Role.POSTGRES:
            _init(item, found.source, found.target, made, key, reading)
        elif found.is_bind and re.search(r"\.(conf|acl|json|sh|yml|yaml|crt|key)$", found.target):
            reading.ledger.lost(
                item,
                key,
                "a resource has no configuration files of its own",
                f"stackyard explain resources.{part.name}",
            )
        else:
            what = "the data of a resource is Stackyard's to keep, below .stackyard"
            reading.ledger.replaced(item, key, what, "Bring the old data in by a dump." if found.source else "")


def _init(item: Any, source: str, target: str, made: dict[str, Any], key: str, reading: Reading) -> None:
    if target.rstrip("/") == _INIT:
        made["init"] = relative(source)
        reading.ledger.carried(item, key, f"`init: {made['init']}`")
        return
    folder = relative(dirname(source) or ".")
    scripts = [name for name in reading.folder.names(folder) if name.endswith((".sql", ".sh"))]
    own = source.rpartition("/")[2]
    if scripts == [own] and folder != "." and made.get("init", folder) == folder:
        made["init"] = folder
        reading.ledger.carried(item, key, f"`init: {folder}`, which holds this script alone")
    else:
        reading.ledger.lost(
            item,
            key,
            "`init` names a folder, and the folder of this script holds others",
            f"Put {own} into a folder of its own, and name that in `init`.",
        )


def _words(part: Part, made: dict[str, Any], reading: Reading) -> None:
    """Words that every resource takes, and those that Stackyard has its own way for."""
    ledger = reading.ledger
    for word in (
        "restart",
        "stop_grace_period",
        "stop_signal",
        "shm_size",
        "ulimits",
        "healthcheck",
        "entrypoint",
        "command",
        "depends_on",
        "privileged",
        "cap_add",
    ):
        if word in part.node.entries and not ledger.is_covered(part.node.entries[word].node):
            ledger.replaced(part.node.entries[word], f"{part.key}.{word}", "Stackyard runs its resources itself")
    if "profiles" in part.node.entries:
        made["profiles"] = [text_of(item) for item in items(part.get("profiles"))]
        ledger.carried(part.node.entries["profiles"], f"{part.key}.profiles", "`profiles`")
    limit = _memory(part)
    if limit and part.role is Role.POSTGRES and size(text_of(limit)):
        made["memory"] = size(text_of(limit))
        ledger.carried(limit, f"{part.key}.memory", "`memory`, from which its settings are derived")


def _memory(part: Part) -> Any:
    if "mem_limit" in part.node.entries:
        return part.get("mem_limit")
    node = part.get("deploy")
    for word in ("resources", "limits", "memory"):
        node = node.entries[word].node if isinstance(node, Mapping) and word in node.entries else None
    return node
