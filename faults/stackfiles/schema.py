"""The published JSON Schema, held against a file by the jsonschema library: strictly, as YAML 1.2 means it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from jsonschema import validators

from faults.stackfiles.seeds import REPOSITORY

PUBLISHED = REPOSITORY / "docs" / "reference" / "stackyard.schema.json"


def _strict(schema: Any) -> Any:
    """The same schema with patterns that end where the text ends: Python's "$" also stands before a last line break."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _strict(value) for key, value in schema.items()}
    if isinstance(made.get("pattern"), str):
        made["pattern"] = _ended(made["pattern"])
    if isinstance(made.get("patternProperties"), dict):
        made["patternProperties"] = {_ended(key): value for key, value in made["patternProperties"].items()}
    return made


def _ended(pattern: str) -> str:
    return pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern


SCHEMA: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
DEFINITIONS: dict[str, Any] = SCHEMA["$defs"]
# 8000.0 is a whole number for JSON Schema, and none for whoever reads a port.
_TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
_STRICT: Any = validators.extend(jsonschema.Draft202012Validator, type_checker=_TYPES)  # type: ignore[no-untyped-call]
_VALIDATOR = _STRICT(_strict(SCHEMA))


def fault(data: Any) -> str:
    """The first thing that the schema says against `data`; an empty text when it says nothing."""
    error = next(iter(_VALIDATOR.iter_errors(data)), None)
    if error is None:
        return ""
    return f"schema: {'.'.join(str(step) for step in error.absolute_path)}: {error.validator} says no"
