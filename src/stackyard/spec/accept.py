"""A quick yes for stack files whose structure is right, by the JSON Schema generated from the pydantic models.

Importing pydantic takes longer than everything else that the loader does. So a file is first held against the generated
schema; only when that says no, pydantic is imported and explains. A yes must mean that pydantic would say yes; a no
decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).with_name("stackyard.schema.json")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
Schema = dict[str, Any]


def accepts(value: Any) -> bool:
    """True when the plain `value` of a stack file has a right structure for certain."""
    return _accepts(_schema(), value)


def accepts_overlay(value: Any) -> bool:
    """True when the plain `value` of an environment holds only keys that a stack file can have, for certain."""
    return _accepts(_schema()["$defs"]["Environment"], value)


@cache
def _schema() -> Schema:
    import json

    schema: Schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


@cache
def _matcher(pattern: str) -> Callable[[str], object]:
    # The whole text: Python's "$" would also match before a last line break.
    return re.compile(pattern).fullmatch


def _accepts(schema: Schema, value: Any) -> bool:
    return all(_RULES[word](schema, schema[word], value) for word in schema if word not in _NOTES)


def _has_type(_schema: Schema, name: str, value: Any) -> bool:
    # The very type: in Python True is an integer too, in a stack file it is not.
    return type(value) in _TYPES[name]


def _follows(_here: Schema, reference: str, value: Any) -> bool:
    return _accepts(_schema()["$defs"][reference.removeprefix("#/$defs/")], value)


def _has_known_keys(schema: Schema, _allowed: Any, value: Any) -> bool:
    if not isinstance(value, dict):
        return True
    patterns = schema.get("patternProperties")
    if patterns:
        return all(any(_matcher(pattern)(key) for pattern in patterns) for key in value)
    if schema["additionalProperties"] is False:
        return all(key in schema.get("properties", {}) for key in value)
    # A mapping with free keys has no others: its values all have one type.
    others = schema["additionalProperties"]
    return others is True or all(_accepts(others, item) for item in value.values())


def _has_properties(_schema: Schema, properties: dict[str, Schema], value: Any) -> bool:
    return not isinstance(value, dict) or all(
        _accepts(properties[key], item) for key, item in value.items() if key in properties
    )


def _has_pattern_properties(_schema: Schema, patterns: dict[str, Schema], value: Any) -> bool:
    return not isinstance(value, dict) or all(
        _accepts(schema, item)
        for key, item in value.items()
        for pattern, schema in patterns.items()
        if _matcher(pattern)(key)
    )


_NOTES = frozenset({"description", "examples", "default", "title", "$schema", "$defs"})
_RULES: dict[str, Callable[[Schema, Any, Any], bool]] = {
    "type": _has_type,
    "$ref": _follows,
    "anyOf": lambda _, choices, value: any(_accepts(choice, value) for choice in choices),
    "oneOf": lambda _, choices, value: sum(_accepts(choice, value) for choice in choices) == 1,
    "const": lambda _, const, value: type(value) is type(const) and value == const,
    "enum": lambda _, words, value: isinstance(value, str) and value in words,
    "pattern": lambda _, pattern, value: not isinstance(value, str) or bool(_matcher(pattern)(value)),
    "minLength": lambda _, least, value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda _, most, value: not isinstance(value, str) or len(value) <= most,
    "minimum": lambda _, least, value: not isinstance(value, int | float) or value >= least,
    "maximum": lambda _, most, value: not isinstance(value, int | float) or value <= most,
    "exclusiveMinimum": lambda _, floor, value: not isinstance(value, int | float) or value > floor,
    "items": lambda _, schema, value: not isinstance(value, list) or all(_accepts(schema, item) for item in value),
    "minItems": lambda _, least, value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda _, most, value: not isinstance(value, list) or len(value) <= most,
    "required": lambda _, keys, value: not isinstance(value, dict) or all(key in value for key in keys),
    "minProperties": lambda _, least, value: not isinstance(value, dict) or len(value) >= least,
    "propertyNames": lambda _, schema, value: (
        not isinstance(value, dict) or all(_accepts(schema, key) for key in value)
    ),
    "properties": _has_properties,
    "patternProperties": _has_pattern_properties,
    "additionalProperties": _has_known_keys,
}
