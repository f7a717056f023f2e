"""The documented interface of services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.observe.view import View
from stackyard.verify.check import Check, DoesNotApplyError, Look, Seen, saw
from stackyard.verify.services.direct import client, document, firsts, operations, serves_nothing

_SHOWN = 5


def _valid(view: View) -> Iterator[Seen]:
    judged = False
    for one in firsts(view):
        with client(one) as direct:
            found = document(direct)
        if found is None:
            continue
        judged = True
        path, text = found
        faults, count = faults_in(text), len(operations(text))
        shown = "; ".join(faults[:_SHOWN]) or f"OpenAPI {text['openapi']}, {count} operations, no fault"
        sent = f"GET {path} of {one.id}, judged by openapi-spec-validator"
        yield saw(
            sent,
            shown,
            fault=f"the document of {one.id} is not valid: {faults[0] if faults else ''}",
            unless=not faults,
        )
    if not judged:
        raise DoesNotApplyError("no service publishes an OpenAPI document")


def faults_in(text: Mapping[str, Any]) -> list[str]:
    """What is wrong with an OpenAPI document; one that describes nothing is wrong, too."""
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

    version = str(text.get("openapi", ""))
    judges = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}
    judge = judges.get(version[:3])
    if judge is None:
        return [f"it is of no version that is known: {version or 'none'}"]
    if not operations(text):
        return ["it describes no operation"]
    try:
        return [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300] for error in judge(text).iter_errors()
        ]
    except Exception as error:  # noqa: BLE001 - whatever a broken document does to its judge
        return [f"it cannot be judged: {type(error).__name__}: {error}"[:300]]


CHECKS = (
    Check(
        "services.documented",
        ("APP-06",),
        "the interface of each service is documented, and the document is valid",
        Look.INSIDE,
        _valid,
        unless=serves_nothing,
    ),
)
