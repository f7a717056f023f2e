"""Structures that hypothesis grows: from nothing in particular, and from the published JSON Schema.

What grows from the schema has the right structure, so that it gets past the first check and meets the others.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st

from faults.stackfiles.schema import DEFINITIONS, SCHEMA

_NAMES = st.sampled_from(("api", "web", "db", "cache", "photos", "queue", "app", "worker", "report", "x"))
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30) | st.binary().map(str)
)
_ANYTHING = st.recursive(
    _LEAVES | _NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12) | _NAMES, inner, max_size=4),
    max_leaves=12,
)
_PATHS = st.sampled_from(("./api", "./web", "./app", ".", "..", "./database", "./none", "/", "./both", "./worker"))
_KINDS = {"postgres": "Postgres", "redis": "Redis", "objects": "Objects", "queue": "Queue"}


@st.composite
def stack_files(draw: st.DrawFn, texts: tuple[str, ...]) -> tuple[int, bytes]:
    """The number of one of `texts`, and that file with one to three keys grown anew."""
    number = draw(st.integers(0, len(texts) - 1))
    data = copy.deepcopy(_parsed(texts[number]))
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.integers(0, 3)) == 0:
            _graft_anything(draw, data)
        else:
            _graft_by_schema(draw, data)
    flow = draw(st.sampled_from((None, False, True)))
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=flow, width=1000)
    return number, str(text).encode("utf-8", "surrogatepass")


@cache
def _parsed(text: str) -> Any:
    return yaml.safe_load(text)


def _graft_anything(draw: st.DrawFn, data: Any) -> None:
    """Something or other in place of a section, a part, or a key of a part."""
    holder = data
    while True:
        keys = list(holder)
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if not isinstance(holder[key], dict) or draw(st.booleans()):
            holder[key] = draw(_ANYTHING)
            return
        holder = holder[key]


def _graft_by_schema(draw: st.DrawFn, data: Any) -> None:
    """A key with a value that the schema allows, in one of the sections of the file."""
    section, properties = draw(st.sampled_from(_sections(data)))
    name = draw(st.sampled_from(sorted(properties)))
    if name not in ("system", "environments"):
        # A copy: an example of the schema, once in the file, is grafted upon like everything else.
        section[name] = copy.deepcopy(draw(_allowed(properties, name)))


def _sections(data: Any) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every section of the file that is a mapping, with what the schema says of its keys."""
    found = [(data, SCHEMA["properties"])]
    for name, definition in (("edge", "Edge"), ("backups", "Backups"), ("monitoring", "Monitoring"), ("logs", "Logs")):
        if isinstance(data.get(name), dict):
            found.append((data[name], DEFINITIONS[definition]["properties"]))
    services, resources = data.get("services"), data.get("resources")
    for service in services.values() if isinstance(services, dict) else ():
        if isinstance(service, dict):
            found += [(service, DEFINITIONS["Service"]["properties"])] * 2
    for resource in resources.values() if isinstance(resources, dict) else ():
        kind = next((kind for kind in _KINDS if isinstance(resource, dict) and kind in resource), None)
        if kind:
            found.append((resource, DEFINITIONS[_KINDS[kind]]["properties"]))
    return found


def _allowed(properties: dict[str, Any], name: str) -> st.SearchStrategy[Any]:
    examples = properties[name].get("examples", ())
    grown = grow(name, _key_of(properties, name))
    return st.sampled_from(examples) | grown if examples else grown


def _key_of(properties: dict[str, Any], name: str) -> str:
    import json

    return json.dumps(properties[name], sort_keys=True)


@cache
def grow(name: str, schema_text: str) -> st.SearchStrategy[Any]:
    """Values of the key `name` that the schema (as JSON) allows."""
    import json

    return _grow(name, json.loads(schema_text), 0)


def _grow(name: str, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if depth > 8:
        return st.nothing()
    if "$ref" in schema:
        return _grow(name, DEFINITIONS[schema["$ref"].removeprefix("#/$defs/")], depth + 1)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in schema and "properties" not in schema:
            return st.one_of([_grow(name, {"type": schema.get("type"), **one}, depth + 1) for one in schema[choice]])
    return _grow_type(name, schema, depth)


def _grow_type(name: str, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    kind = schema.get("type")
    if kind == "object":
        return _grow_object(schema, depth)
    if kind == "array":
        items = _grow(name, schema.get("items", {"type": "string"}), depth + 1)
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=4)
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum", 10**6)
        whole = st.integers(int(low), int(high))
        return whole if kind == "integer" else whole | st.floats(low, high, allow_nan=False)
    return _grow_text(name, schema)


def _grow_text(name: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if name in ("path", "build", "static", "init", "watch", "maintenance"):
        return _PATHS
    if name in ("needs", "service", "routes"):
        return _NAMES
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.text(min_size=schema.get("minLength", 0), max_size=40)


def _grow_object(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    patterns = schema.get("patternProperties", {})
    if patterns:
        pattern, value = next(iter(patterns.items()))
        keys = _NAMES if pattern.startswith("^[a-z][a-z0-9-]") else st.from_regex(pattern, fullmatch=True)
        return st.dictionaries(keys, _grow("", value, depth + 1), min_size=schema.get("minProperties", 0), max_size=3)
    properties = schema.get("properties", {})
    required = {key: _grow(key, properties[key], depth + 1) for key in schema.get("required", ())}
    optional = {key: _grow(key, value, depth + 1) for key, value in properties.items() if key not in required}
    if not properties:
        return st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2)
    # A section in which everything is grown at once is never right: a few keys are.
    few = st.sets(st.sampled_from(sorted(optional)), max_size=3) if optional else st.just(set())
    return few.flatmap(lambda keys: st.fixed_dictionaries({**required, **{key: optional[key] for key in keys}}))
