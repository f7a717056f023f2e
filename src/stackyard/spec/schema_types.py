"""What the sections of the schema are made of: strict sections, described keys, texts with a pattern.

The descriptions and examples here and in the other schema modules are the only text about the stack file: the JSON
Schema, `stackyard explain` and the reference page are printed from it.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from stackyard.spec import shapes

TEXT, MAPPING, LIST, NUMBER, FLAG = "<text>", "<mapping>", "<list>", "<number>", "<true or false>"
_REQUIRED: Any = ...


class Section(BaseModel):
    """A mapping with known keys: an unknown one is an error, and no value is converted to another type."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


def key(description: str, *examples: Any, default: Any = None, required: bool = False) -> Any:
    """A key of a section. `default` documents what the loader fills in; a test compares the two."""
    extra = {} if default is None else {"default": default}
    value = _REQUIRED if required else None
    return Field(default=value, description=description, examples=list(examples), json_schema_extra=extra)


def shape_of(value: Any) -> str:
    """The tag of the union member that fits `value` by its type."""
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, str):
        return TEXT
    return MAPPING if isinstance(value, dict) else LIST


BY_SHAPE = Discriminator(shape_of)

Name = Annotated[str, Field(pattern=shapes.NAME)]
SecretName = Annotated[str, Field(pattern=shapes.SECRET_NAME)]
Duration = Annotated[str, Field(pattern=shapes.DURATION)]
Size = Annotated[str, Field(pattern=shapes.SIZE)]
UrlPath = Annotated[str, Field(pattern=shapes.URL_PATH)]
Package = Annotated[str, Field(pattern=shapes.PACKAGE)]
Image = Annotated[str, Field(pattern=shapes.IMAGE)]
FilePath = Annotated[str, Field(min_length=1, max_length=1000)]
Line = Annotated[str, Field(min_length=1, max_length=4000)]
Port = Annotated[int, Field(ge=1, le=65535)]
Profiles = Annotated[list[Name], Field(max_length=50)]

Command = Annotated[
    Annotated[Line, Tag(TEXT)] | Annotated[list[str], Field(min_length=1), Tag(LIST)],
    BY_SHAPE,
]
Version = Annotated[
    Annotated[Annotated[str, Field(pattern=shapes.VERSION)], Tag(TEXT)]
    | Annotated[Annotated[float, Field(ge=0)], Tag(NUMBER)],
    BY_SHAPE,
]
Plain = Annotated[
    Annotated[str, Tag(TEXT)] | Annotated[float, Tag(NUMBER)] | Annotated[bool, Tag(FLAG)],
    BY_SHAPE,
]
