"""One text about the stack file: the schema, `explain` and the page are printed from it, and its examples are true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from stackyard.errors import SpecError, UsageError
from stackyard.spec.accept import SCHEMA_FILE, accepts
from stackyard.spec.explain import annotation_of, every_section, explain, reference
from stackyard.spec.load import load
from stackyard.spec.report import Report
from stackyard.spec.schema import Stack, json_schema
from stackyard.spec.schema_types import Section
from stackyard.spec.source import source_of
from stackyard.spec.structure import read_tree
from stackyard.spec.tree import plain

from .test_spec_cases import ALL, Case

DOCS = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def fields() -> Iterator[tuple[str, str, FieldInfo]]:
    """Every key of the schema: where its section stands, its name, its field."""
    for place, section in every_section():
        for name, field in section.model_fields.items():
            yield place, name, field


EVERY = list(fields())
IDS = [f"{place}.{name}" for place, name, _ in EVERY]


def test_the_published_files_are_fresh() -> None:
    """To refresh them: write `json_schema()` to both schema files and `reference()` to the page."""
    text = json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"
    assert SCHEMA_FILE.read_text() == text
    assert (DOCS / "stackyard.schema.json").read_text() == text
    assert (DOCS / "stack-file.md").read_text() == reference()


@pytest.mark.parametrize(("place", "name", "field"), EVERY, ids=IDS)
def test_every_key_is_described_with_examples_that_are_right(place: str, name: str, field: FieldInfo) -> None:
    assert field.description
    assert field.description.endswith(".")
    assert field.examples
    for example in field.examples:
        TypeAdapter(annotation_of(field)).validate_python(example, strict=True)


@pytest.mark.parametrize("name", Stack.model_fields)
def test_the_examples_of_the_top_pass_the_schema(name: str) -> None:
    for example in Stack.model_fields[name].examples or ():
        content = {"system": "shop", name: example}
        VALIDATOR.validate(content)
        if name != "environments":
            assert accepts(content)


def test_examples_are_seen_by_explain_and_the_page() -> None:
    page = reference()
    for place, name, field in EVERY:
        assert (field.description or "-") in page, f"{place}.{name}"
        assert f"**`{name}`**" in page


def default_cases() -> list[tuple[str, str, Any]]:
    """Every documented default."""
    found = []
    for place, name, field in EVERY:
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "default" in extra:
            found.append((place, name, extra["default"]))
    return found


WITHIN: dict[str, Any] = {
    "services.<name>": lambda rest: {"services": {"api": {"image": "x", "port": 8000, **rest}}},
    "services.<name>.static": lambda rest: {"services": {"web": {"static": {"path": "./web", **rest}}}, "edge": {}},
    "services.<name>.health": lambda rest: {"services": {"a": {"image": "x", "health": {"command": "x", **rest}}}},
    "services.<name>.needs.<name>": lambda rest: {
        "services": {"a": {"image": "x", "needs": {"db": rest}}},
        "resources": {"db": {"postgres": 16}},
    },
    "resources.<name> (postgres)": lambda rest: {"resources": {"db": {"postgres": 16, **rest}}},
    "resources.<name>.upkeep": lambda rest: {"resources": {"db": {"postgres": 16, "upkeep": rest}}},
    "resources.<name> (redis)": lambda rest: {"resources": {"db": {"redis": 7, **rest}}},
    "resources.<name> (objects)": lambda rest: {"resources": {"db": {"objects": True, **rest}}},
    "resources.<name>.objects": lambda rest: {"resources": {"db": {"objects": rest}}},
    "resources.<name> (objects).objects": lambda rest: {"resources": {"db": {"objects": rest}}},
    "resources.<name> (queue)": lambda rest: {"resources": {"db": {"queue": "rabbitmq", **rest}}},
    "edge": lambda rest: {"services": {"api": {"image": "x", "port": 8000}}, "edge": rest},
    "edge.routes.<path>": lambda rest: {
        "services": {"api": {"image": "x", "port": 8000}},
        "edge": {"routes": {"/": {"service": "api", **rest}}},
    },
    "backups": lambda rest: {"backups": rest},
    "monitoring": lambda rest: {"monitoring": rest},
    "logs": lambda rest: {"logs": rest},
    "secrets.<name>": lambda rest: {"secrets": {"A": rest}},
}


@pytest.mark.parametrize(("place", "name", "default"), default_cases())
def test_a_documented_default_is_what_the_loader_fills_in(place: str, name: str, default: Any, project: Path) -> None:
    path = project / "stackyard.yaml"
    systems = []
    for content in ({}, {name: default}):
        path.write_text(json.dumps({"system": "shop", **WITHIN[place](content)}))
        systems.append(load(path))
    # The first of the two lacks the key, so only positions could differ, and all stand in the first line.
    first, second = (repr(system) for system in systems)
    assert comparable(first) == comparable(second)


def comparable(text: str) -> str:
    """`text` without the columns of positions, and with sets in the same order: theirs differs from run to run."""
    ordered = re.sub(r"\{([^{}]*)\}", lambda found: ", ".join(sorted(found[1].split(", "))), text)
    return re.sub(r"column=\d+", "", ordered)


def sample() -> list[Case]:
    """Cases whose structure is wrong, so that a schema can see it."""
    return [
        case for case in ALL if "wrong kind" in case.name or "one thing" in case.name or "another kind" in case.name
    ]


@pytest.mark.parametrize("case", sample(), ids=[case.name for case in sample()])
def test_the_schema_refuses_what_the_loader_refuses(case: Case) -> None:
    assert list(VALIDATOR.iter_errors(yaml.safe_load(case.text)))


def right_cases() -> list[Case]:
    """Cases that become a system."""
    return [case for case in ALL if " =" in case.expected[0]]


@pytest.mark.parametrize("case", right_cases(), ids=[case.name for case in right_cases()])
def test_the_schema_takes_what_the_loader_takes(case: Case) -> None:
    source = source_of("stackyard.yaml", Path("stackyard.yaml"), case.text)
    VALIDATOR.validate(plain(read_tree(source, Report(source))))


def test_an_overlay_may_hold_nulls_and_lack_what_is_required() -> None:
    VALIDATOR.validate({"system": "shop", "environments": {"production": {"resources": {"db": {"replicas": None}}}}})
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({"system": "shop", "environments": {"production": {"system": "other"}}})
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({"system": "shop", "environments": {"production": {"edge": {"hots": "x"}}}})


def test_explain_knowsevery_section_and_every_key() -> None:
    for place, name, field in EVERY:
        kind = place.partition(" (")[2].partition(")")[0]
        at = place.partition(" (")[0].replace("<name>", kind or "api").replace("<path>", "/api")
        if "(objects).objects" in place:
            at = "resources.objects.objects"
        text = explain(f"{at}.{name}" if at else name)
        first = " ".join((field.description or "").split()[:4])
        assert first in " ".join(text.split()), f"{at}.{name}"


def test_explain_starts_with_the_whole_file() -> None:
    text = explain("")
    assert text.startswith("One file that describes a web system")
    assert all(f"\n  {name}" in text for name in Stack.model_fields)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("edge.limts", "did you mean edge.limits?"),
        ("servces", "did you mean services?"),
        ("services.api.helth.path", "did you mean services.api.health?"),
        ("resources.db.poool", "did you mean resources.db.pool?"),
        ("environments.production.egde", "did you mean environments.production.edge?"),
        ("system.name", "system has no keys"),
    ],
)
def test_an_unknown_key_names_the_nearest(key: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain(key)
    assert caught.value.hint == hint


def test_a_hint_to_explain_names_a_key_that_explain_knows(project: Path) -> None:
    path = project / "stackyard.yaml"
    for case in ALL:
        path.write_text(case.text)
        try:
            load(path)
        except (SpecError, UsageError) as error:
            for finding in getattr(error, "findings", ()):
                _, found, key = finding.hint.partition("stackyard explain ")
                if found:
                    assert explain(key)


def test_sections_say_what_they_are() -> None:
    assert all(section.__doc__ and issubclass(section, Section) for _, section in every_section())
