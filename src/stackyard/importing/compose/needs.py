"""What a service waits for: parts that become healthy. What only makes sense among containers is said."""

from __future__ import annotations

from typing import Any

from stackyard.importing.compose.context import Context
from stackyard.importing.compose.environment import Environment
from stackyard.importing.compose.forms import names
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.jobs import access, dependencies
from stackyard.importing.compose.parts import Part

LEFT_OUT = {
    Role.PROXY: "the edge stands in front of everything",
    Role.TOOL: "it is left out",
    Role.CERTIFICATES: "the edge has its certificates",
    Role.MONITORING: "it is part of `monitoring`",
}
"""Why a container of that role is no part of the stack file."""


def carry_needs(part: Part, environment: Environment, context: Context) -> dict[str, str]:
    """The parts to wait for, in the order of the file; a database with what may be done in it, where that is said."""
    found: list[str] = []
    waits = dependencies(part)
    for word in ("depends_on", "links"):
        for name, spot, _ in names(part.get(word)):
            container = name.partition(":")[0]
            other = context.named(container)
            _say_need(part, word, container, spot, other, waits.get(container, ""), context)
            if other and _can_wait(other, waits.get(container, ""), context) and other is not part:
                found.append(other.name)
    order = {one.name: place for place, one in enumerate(context.parts)}
    wanted = dict.fromkeys([*found, *sorted(set(environment.needs) - set(found), key=lambda name: order.get(name, 0))])
    resources = {one.name: one for one in context.resources}
    given = {name: access(part, resources[name], context) for name in wanted if name in resources}
    return {name: "own" if given.get(name) == "own" else "" for name in wanted}


def _can_wait(other: Part, condition: str, context: Context) -> bool:
    if other.is_resource:
        return True
    is_service = other.role is Role.SERVICE and other.container not in context.absorbed and not other.is_static
    return is_service and condition != "service_completed_successfully"


def _say_need(
    part: Part, word: str, container: str, spot: Any, other: Part | None, condition: str, context: Context
) -> None:
    key = f"{part.key}.{word}.{container}"
    if other is None:
        context.ledger.lost(spot, key, "there is no such service in the file", "")
    elif _can_wait(other, condition, context):
        context.ledger.carried(spot, key, f"`needs: [{other.name}]`")
    elif other.container in context.absorbed:
        context.ledger.carried(spot, key, f"`migrate` of {context.absorbed[other.container]} runs before")
    elif other.role is Role.SERVICE and not other.is_static:
        context.ledger.lost(
            spot, key, "nothing can wait for a job to end", "Do that work in `migrate`, or in the service itself."
        )
    else:
        context.ledger.replaced(spot, key, LEFT_OUT.get(other.role, "the edge serves a front end"))
