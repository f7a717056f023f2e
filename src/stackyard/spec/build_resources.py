"""Resources, from the tree to the model."""

from __future__ import annotations

import re

from stackyard.model.system import Objects, Postgres, Queue, Redis, Resource, Upkeep
from stackyard.spec import shapes
from stackyard.spec.report import Wrong
from stackyard.spec.sections import Block, Reader, duration, size, text, text_map, texts, value, version
from stackyard.spec.tree import Entry, Mapping, Node

_MB = 1024**2
_DAY = 86400
_OPTIONS = ("bucket", "versioning", "public", "expire", "encrypt")
_COMMON: dict[str, Reader] = {"port": value, "image": text, "profiles": texts}


def build_resources(top: Block, system: str) -> list[Resource]:
    """Every resource of the file, whatever its profiles."""
    resources: list[Resource] = []
    for name, entry, part in top.inners("resources"):
        if "postgres" in part:
            resources.append(_postgres(name, entry, part))
        elif "redis" in part:
            resources.append(_redis(name, entry, part))
        elif "objects" in part:
            resources.append(_objects(name, entry, part, system))
        elif "queue" in part:
            resources.append(_queue(name, entry, part))
    return resources


def _postgres(name: str, entry: Entry, part: Block) -> Postgres:
    values = part.read(
        **_COMMON,
        memory=size(64 * _MB),
        disk=text,
        extensions=texts,
        schemas=texts,
        init=part.path_of,
        pool=value,
        slow_query=duration(),
        tls=value,
        settings=text_map,
        replicas=value,
    )
    part.read_into(values, "version", "postgres", version)
    values.setdefault("version", shapes.read_version("16"))
    upkeep = part.inner("upkeep")
    if upkeep is not None:
        values["upkeep"] = Upkeep(**upkeep.read(every=text, at=text))
    return Postgres(name=name, position=part.report.position(entry), **values)


def _redis(name: str, entry: Entry, part: Block) -> Redis:
    values = part.read(**_COMMON, memory=size(_MB), eviction=text, persistence=_persistence, tls=value, replicas=value)
    part.read_into(values, "version", "redis", version)
    values.setdefault("version", shapes.read_version("7"))
    return Redis(name=name, position=part.report.position(entry), **values)


def _persistence(node: Node) -> frozenset[str]:
    return frozenset(text(node).split("+")) - {"none"}


def _objects(name: str, entry: Entry, part: Block, system: str) -> Objects:
    readers: dict[str, Reader] = {
        "bucket": _bucket, "versioning": value, "public": texts, "expire": _expiry, "encrypt": value,
    }  # fmt: skip
    values = part.read(**_COMMON, **readers)
    inner = part.inner("objects")
    if inner is not None:
        for option in _OPTIONS:
            if option in part and option in inner:
                line = inner.entry(option).line
                part.wrong(option, f'"{option}" is given twice', f"the other is in line {line}")
        values = {**inner.read(**readers), **values}
    if "bucket" not in values:
        values["bucket"] = _usual_bucket(name, entry, part, system)
    return Objects(name=name, position=part.report.position(entry), **values)


def _bucket(node: Node) -> str:
    if re.search(r"\.\.|-\.|\.-", text(node)) or re.fullmatch(r"[0-9.]+", text(node)):
        raise Wrong(f'"{text(node)}" cannot be the name of a bucket', f"expected {shapes.WORDS[shapes.BUCKET]}")
    return text(node)


def _usual_bucket(name: str, entry: Entry, part: Block, system: str) -> str:
    bucket = f"{system}-{name}".rstrip("-")
    if len(bucket) > 63:
        part.report.add(entry, part.key, f'the usual bucket "{bucket}" has more than 63 characters', "add a bucket")
    return bucket


def _expiry(node: Node) -> dict[str, int]:
    entries = node.entries if isinstance(node, Mapping) else {}
    days = {}
    for prefix, entry in entries.items():
        seconds = shapes.read_duration(text(entry.node))
        if seconds < _DAY or seconds % _DAY:
            raise Wrong(f"{text(entry.node)} is not a number of whole days", 'write such as "30d"')
        days[prefix] = int(seconds // _DAY)
    return days


def _queue(name: str, entry: Entry, part: Block) -> Queue:
    values = part.read(**_COMMON, version=version, retries=value, dead_letter=value)
    engine = text(part.entry("queue").node)
    if engine == "sqs" and "version" in part:
        part.wrong("version", "sqs is a service without versions", "remove it")
    return Queue(name=name, engine=engine, position=part.report.position(entry), **values)
