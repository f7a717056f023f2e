"""The whole stack file as pydantic models, and the JSON Schema made from them.

The models are what validates a file: their errors become findings (`complaints`). The JSON Schema made here is
published for editors, and the same file is a quick way to see that a stack file is right without importing pydantic
(`accept`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema

from stackyard.spec import shapes
from stackyard.spec.schema_edge import Edge
from stackyard.spec.schema_operations import Backups, Logs, Monitoring, Secret
from stackyard.spec.schema_resources import KINDS, Resource
from stackyard.spec.schema_services import Service
from stackyard.spec.schema_types import Name, SecretName, Section, key

_FIXED = ("system", "environments")
_ENVIRONMENT = "Environment"


class Stack(Section):
    """One file that describes a web system: its services, what they depend on, and how it is operated.

    YAML 1.2: `yes`, `no`, `on` and `off` are plain text, true and false are `true` and `false`. Durations have a unit
    ("500ms", "15s", "5m", "4h", "30d", "2w", "1y"), sizes too ("512KB", "512MB", "2GB"; the multiples are binary).
    Paths are relative to the stack file. A number with a leading zero is refused: it could be octal, decimal or text.
    """

    system: Name = key("The name of the system.", "inventr", required=True)
    description: Annotated[str, Field(max_length=4000)] | None = key(
        "What the system is, in a sentence.", "Inventory and orders of a shop"
    )
    welcome: Annotated[str, Field(max_length=4000)] | None = key(
        "Shown after `stackyard up`: how to sign in, where to begin.", "Sign in as clerk@example.org."
    )
    services: dict[Name, Service] | None = key(
        "What we run, by name. Names are shared with resources; `edge` and `secret` are taken.",
        {"worker": {"build": "./api", "command": "python -m shop.worker", "needs": ["queue"]}},
    )
    resources: dict[Name, Resource] | None = key(
        "What the services depend on, by name. Each gives exactly one of `postgres`, `redis`, `objects` and `queue`.",
        {"db": {"postgres": 16, "extensions": ["pg_trgm"]}, "cache": {"redis": 7}, "queue": {"queue": "rabbitmq"}},
    )
    edge: Edge | None = key(
        "The one way in. A front end needs it; without it, services are reached directly on their ports.",
        {"host": "shop.localhost", "routes": {"/api": "api", "/": "web"}},
    )
    backups: Backups | None = key(
        "Backups. Left out, none are made.", {"at": "02:00", "keep": "30d", "wal": "continuous"}
    )
    monitoring: Monitoring | None = key(
        "Monitoring. Left out, there is none.", {"grafana": True, "alerts": "ops@example.org"}
    )
    logs: Logs | None = key("How long logs are kept, and how much is logged.", {"keep": "7d", "level": "warning"})
    secrets: dict[SecretName, Secret] | None = key(
        "Secrets by name: generated, or provided by you. A secret never stands in this file.",
        {"JWT_KEY": {}, "SMTP_PASSWORD": {"provided": True}},
    )
    network: Annotated[str, Field(pattern=shapes.CIDR)] | None = key(
        "The private network of the parts, where the target has one.", "172.28.0.0/16"
    )
    accept_loss: dict[Literal["native", "compose", "kubernetes", "aws"], list[str]] | None = key(
        "Keys that a target may leave unkept, each by its dotted path. "
        "Without this, what a target cannot keep is an error.",
        {"native": ["services.api.limits.cpu"]},
    )
    environments: dict[Name, dict[str, Any]] | None = key(
        "What differs in an environment. One rule: mappings merge key by key, anything else (texts, numbers, lists) "
        "replaces, and `null` removes the key, which must be one that can be there. `system` and `environments` cannot "
        "be changed. development, testing and production exist without being named here.",
        {"production": {"edge": {"host": "shop.example.org", "tls": "acme"}, "services": {"api": {"replicas": 3}}}},
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a stack file, with the descriptions and examples that editors show."""
    schema = Stack.model_json_schema(schema_generator=GenerateJsonSchema)
    schema = _tidy(schema)
    definitions = schema["$defs"]
    _demand_one(definitions["Service"], ("build", "image", "static"))
    _demand_one(definitions["Health"], ("path", "command"))
    _add_overlays(schema, definitions)
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": "Stackyard stack file", **schema}


def _tidy(schema: Any) -> Any:
    """`schema` without pydantic's own titles, without nulls that a file cannot hold, with unknown keys refused."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(properties := schema.get("properties"), dict):
        schema = {**schema, "properties": {name: _tidy(value) for name, value in properties.items()}}
    kept = {name: value if name in _VERBATIM else _tidy(value) for name, value in schema.items()}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    if kept.get("default", ...) is None:
        del kept["default"]
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    choices = [choice for choice in kept.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        return {**choices[0], **kept}
    return {**kept, "anyOf": choices} if choices else kept


_KEYED = ("properties", "patternProperties")
_SHOWN = ("description", "examples")
_VERBATIM = frozenset({"properties", "examples", "default", "enum", "const", "pattern", "description", "required"})


def _demand_one(definition: dict[str, Any], names: tuple[str, ...]) -> None:
    definition["oneOf"] = [{"required": [name]} for name in names]


def _add_overlays(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Describe environments: the same keys again, where nothing is required and anything may be null."""
    relaxed = {f"{name}{_ENVIRONMENT}": _relaxed(definition) for name, definition in definitions.items()}
    top = _relaxed({name: value for name, value in schema.items() if name not in ("$defs", "description")})
    for name in _FIXED:
        del top["properties"][name]
    top["description"] = "What differs in this environment."
    _let_kinds_change(top, relaxed)
    definitions.update(relaxed)
    definitions[_ENVIRONMENT] = top
    pattern = shapes.NAME
    schema["properties"]["environments"]["patternProperties"] = {pattern: {"$ref": f"#/$defs/{_ENVIRONMENT}"}}


def _let_kinds_change(top: dict[str, Any], relaxed: dict[str, Any]) -> None:
    """Give a resource of an overlay the keys of every kind: it may take those of one kind away and add another's."""
    kinds = [relaxed.pop(f"{kind.__name__}{_ENVIRONMENT}") for kind in KINDS.values()]
    properties = {name: value for kind in reversed(kinds) for name, value in kind["properties"].items()}
    relaxed[f"Resource{_ENVIRONMENT}"] = {
        "additionalProperties": False,
        "description": "What differs of a resource.",
        "properties": properties,
        "type": "object",
    }
    by_name = top["properties"]["resources"]["anyOf"][0]["patternProperties"]
    by_name[shapes.NAME] = _nullable({"$ref": f"#/$defs/Resource{_ENVIRONMENT}"})


def _relaxed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_relaxed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: value if name in _VERBATIM or name in _KEYED else _relaxed(value) for name, value in schema.items()}
    for name in ("required", "default", "minProperties"):
        schema.pop(name, None)
    if "oneOf" in schema:
        # Without required keys several kinds may fit, and "exactly one of" cannot be asked of a part of a whole.
        choices = [choice for choice in schema.pop("oneOf") if choice]
        schema |= {"anyOf": choices} if choices else {}
    if "$ref" in schema:
        schema["$ref"] += _ENVIRONMENT
    for name in _KEYED:
        if name in schema:
            schema[name] = {inner: _nullable(_relaxed(value)) for inner, value in schema[name].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        schema["additionalProperties"] = _nullable(schema["additionalProperties"])
    return schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: schema.pop(name) for name in _SHOWN if name in schema}
    return {**shown, "anyOf": [schema, {"type": "null"}]}
