"""The annotated reference of the stack file, printed from the descriptions and examples of the schema.

`explain` shows one key in the terminal, `reference` the whole as Markdown.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import yaml
from pydantic.fields import FieldInfo

from stackyard.errors import UsageError
from stackyard.spec.report import nearest
from stackyard.spec.schema import Stack
from stackyard.spec.schema_resources import KINDS, Resource
from stackyard.spec.schema_types import Section
from stackyard.spec.words import annotation_at, field_at, mapped_type, sections_in, type_words

_WIDTH = 100
_PREFACE = """\
# The stack file

<!-- Printed from the schema (`stackyard.spec.explain.reference`); a test holds it fresh. Do not edit. -->

{about}

`stackyard explain KEY` prints any part of this page, and `stackyard schema` the JSON Schema, which editors use when the
file begins with `# yaml-language-server: $schema=stackyard.schema.json`.
"""


@dataclass(frozen=True)
class Key:
    """A key with everything that is said about it."""

    name: str
    type: str
    description: str
    default: str
    examples: tuple[str, ...]
    is_required: bool


def explain(key: str) -> str:
    """The annotated reference of a dotted `key`, such as "edge.limits"; "" is the whole file from above.

    Raises UsageError for a key that the schema does not know, naming the nearest.
    """
    path = [step for step in key.split(".") if step] if key else []
    _require_known(path)
    blocks: list[str] = []
    field = field_at(path)
    if field is not None:
        blocks += _plain_field(key, _key(path[-1], field))
    elif path:
        blocks.append(key)
    for title, section in _sections_below(path):
        heading = [] if title in ("", key) else [title]
        blocks += [*heading, textwrap.indent(_wrapped(about(section)), "  ") if path else about(section)]
        blocks.append("\n".join(_plain_row(entry) for entry in keys_of(section)))
    return "\n\n".join(blocks) + "\n"


def reference() -> str:
    """The whole reference as Markdown."""
    pages = [_PREFACE.format(about=about(Stack))]
    for path, section in every_section():
        title = f"## `{path}`" if path else "## The top of the file"
        text = "" if section is Stack else about(section) + "\n\n"
        pages.append(f"{title}\n\n{text}{''.join(_markdown_row(entry) for entry in keys_of(section))}")
    return "\n".join(pages)


def about(section: type[Section]) -> str:
    """What is said about a section as a whole."""
    return inspect.cleandoc(section.__doc__ or "")


def keys_of(section: type[Section]) -> list[Key]:
    """The keys of a section, those of its own before those that it shares with others."""
    own = [name for name in section.model_fields if name in section.__annotations__]
    shared = [name for name in section.model_fields if name not in section.__annotations__]
    return [_key(name, section.model_fields[name]) for name in (*own, *shared)]


def _key(name: str, field: FieldInfo) -> Key:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return Key(
        name,
        type_words(annotation_of(field)),
        field.description or "",
        _value(extra["default"]) if "default" in extra else "",
        tuple(_written(name, example) for example in field.examples or ()),
        field.is_required(),
    )


def annotation_of(field: FieldInfo) -> Any:
    """The type of a field with its pattern and bounds."""
    return Annotated[field.annotation, field] if field.metadata else field.annotation


def _written(name: str, value: Any) -> str:
    text: str = yaml.safe_dump(
        {name: value}, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True
    )
    return text.strip()[1:-1]


def _value(value: Any) -> str:
    return _written("x", value).removeprefix("x: ")


def _plain_field(key: str, entry: Key) -> Iterator[str]:
    yield f"{key}: {entry.type}{' (required)' if entry.is_required else ''}"
    yield textwrap.indent(_wrapped(entry.description), "  ")
    if entry.default:
        yield f"  Default: {entry.default}"
    yield "\n".join(["  For example", *(f"    {example}" for example in entry.examples)])


def _plain_row(entry: Key) -> str:
    required = " (required)" if entry.is_required else ""
    default = f" Default: {entry.default}" if entry.default else ""
    text = textwrap.fill(entry.description + default, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return f"  {entry.name}{required}\n{text}\n      {entry.examples[0]}"


def _markdown_row(entry: Key) -> str:
    required = ", required" if entry.is_required else ""
    default = f" Default: `{entry.default}`." if entry.default else ""
    examples = "  # or\n".join(f"  {example}\n" for example in entry.examples)
    return (
        f"- **`{entry.name}`** ({entry.type}{required}). {entry.description}{default}\n\n  ```yaml\n{examples}  ```\n\n"
    )


def _wrapped(text: str) -> str:
    return "\n\n".join(textwrap.fill(block, _WIDTH - 2) for block in text.split("\n\n"))


def _sections_below(path: list[str]) -> list[tuple[str, type[Section]]]:
    """The sections to show for a path: the one that stands there, or those of the values of a mapping."""
    key = ".".join(path)
    if path == ["environments"]:
        return []
    annotation = _known(path)
    here = sections_in(annotation)
    if here:
        return [(_title(key, section), section) for section in here]
    below = mapped_type(annotation)
    place = f"{key}.<name>"
    return [(_title(place, section), section) for section in sections_in(below)]


def _title(place: str, section: type[Section]) -> str:
    kinds = [kind for kind, model in KINDS.items() if model is section]
    return f"{place} ({kinds[0]})" if kinds else place


def _known(path: list[str]) -> Any:
    """The type at `path`, whatever the kind of resource; None when no kind knows it."""
    choices = [annotation_at(path), *(annotation_at(path, [kind]) for kind in KINDS)]
    return next((choice for choice in choices if choice is not None), None)


def _require_known(path: list[str]) -> None:
    for end in range(1, len(path) + 1):
        if _known(path[:end]) is not None:
            continue
        parent = path[: end - 1]
        names = [name for section in sections_in(_known(parent)) for name in section.model_fields]
        near = nearest(path[end - 1], names)
        known = f"known here: {', '.join(dict.fromkeys(names))}" if names else f"{'.'.join(parent)} has no keys"
        hint = f"did you mean {'.'.join([*parent, near])}?" if near else known
        raise UsageError(f'the stack file has no key "{".".join(path)}"', hint=hint)


def every_section() -> Iterator[tuple[str, type[Section]]]:
    """Every section with its place in the file, each before those below it."""
    pending: list[tuple[str, type[Section]]] = [("", Stack)]
    while pending:
        place, section = pending.pop(0)
        yield place, section
        prefix = f"{place.partition(' ')[0]}." if place else ""
        found = [
            below
            for name, field in section.model_fields.items()
            for below in _places(f"{prefix}{name}", annotation_of(field))
        ]
        pending = [*found, *pending]


def _places(place: str, annotation: Any) -> list[tuple[str, type[Section]]]:
    values = mapped_type(annotation)
    inner = f"{place}.<path>" if place in ("edge.routes", "edge.limits") else f"{place}.<name>"
    if values is Resource:
        return [(f"{inner} ({kind})", model) for kind, model in KINDS.items()]
    own = [(place, section) for section in sections_in(annotation)]
    return own + [(inner, section) for section in sections_in(values)]
