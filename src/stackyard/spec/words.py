"""What stands at a dotted key of the schema, and the words for its type: for messages and for `stackyard explain`."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from stackyard.spec import shapes
from stackyard.spec.schema import Stack
from stackyard.spec.schema_resources import KINDS, Resource
from stackyard.spec.schema_types import Section

_SCALARS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def annotation_at(path: Sequence[str | int], tags: Sequence[str] = ()) -> Any:
    """The type of what stands at `path`, None where the schema knows nothing; `tags` tell the kind of a resource."""
    here: Any = Stack
    for step in path:
        here = _item(here) if isinstance(step, int) else _below(here, step, tags)
        if here is None:
            return None
    return here


def section_at(path: Sequence[str | int], tags: Sequence[str] = ()) -> type[Section] | None:
    """The section that stands at `path`. None where there is no section, or one of several."""
    return _section_of(annotation_at(path, tags), tags)


def field_at(path: Sequence[str]) -> FieldInfo | None:
    """The field that `path` names; None when it is no field, such as the name of a service."""
    # Without knowing the kind of a resource, the first kind that has such a key explains it.
    for tags in ((), *((kind,) for kind in KINDS)):
        section = section_at(path[:-1], tags) if path else None
        if section is not None and path[-1] in section.model_fields:
            return section.model_fields[path[-1]]
    return None


def sections_in(annotation: Any) -> list[type[Section]]:
    """Every section that a value of this type may be."""
    found = [part for part in _members(annotation) if isinstance(part, type) and issubclass(part, Section)]
    return list(dict.fromkeys(found))


def mapped_type(annotation: Any) -> Any:
    """What the values of a mapping with free keys are; None when this type is no such mapping."""
    found = (get_args(part)[1] for part in _members(annotation) if get_origin(part) is dict)
    return next(found, None)


def type_words(annotation: Any) -> str:
    """The type in words that follow "expected"."""
    words: list[str] = []
    for part in _members(annotation):
        words += _words(part)
    words = list(dict.fromkeys(words))
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def pattern_of(annotation: Any) -> str:
    """The pattern that a text of this type must match, or an empty text."""
    patterns = (pattern for part in _members(annotation) if (pattern := _own_pattern(part)))
    return next(patterns, "")


def _members(annotation: Any) -> Iterator[Any]:
    """The alternatives of a type, without None. A text with a pattern stays one annotated type."""
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _members(part)
    elif get_origin(annotation) is Annotated and not _own_pattern(annotation):
        yield from _members(get_args(annotation)[0])
    elif annotation is not type(None) and annotation is not None:
        yield annotation


def _own_pattern(annotation: Any) -> str:
    if get_origin(annotation) is not Annotated or get_args(annotation)[0] is not str:
        return ""
    notes = [note for mark in get_args(annotation)[1:] for note in getattr(mark, "metadata", ())]
    return next((str(note.pattern) for note in notes if getattr(note, "pattern", None)), "")


def _words(part: Any) -> list[str]:
    if pattern := _own_pattern(part):
        return [shapes.WORDS[pattern]]
    origin = get_origin(part)
    if origin is Literal:
        return [str(word).lower() if isinstance(word, bool) else str(word) for word in get_args(part)]
    if origin in (list, dict) or (isinstance(part, type) and issubclass(part, Section)):
        return ["a list" if origin is list else "a mapping"]
    return [_SCALARS[part]] if part in _SCALARS else []


def _item(annotation: Any) -> Any:
    return next((get_args(part)[0] for part in _members(annotation) if get_origin(part) is list), None)


def _below(here: Any, step: str, tags: Sequence[str]) -> Any:
    section = _section_of(here, tags)
    if section is not None and step in section.model_fields:
        field = section.model_fields[step]
        return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    values = mapped_type(here)
    if values is Resource and step in KINDS:
        return KINDS[step]
    if get_origin(values) is dict:
        return Stack  # an environment: the whole file again
    return values


def _section_of(annotation: Any, tags: Sequence[str]) -> type[Section] | None:
    sections = sections_in(annotation)
    tagged = [KINDS[tag] for tag in tags if tag in KINDS and KINDS[tag] in sections]
    if tagged:
        return tagged[0]
    return sections[0] if len(sections) == 1 else None
