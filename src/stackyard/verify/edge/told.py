"""What a service is told of a client: the edge shows it at its port on loopback, by way of its own proxy settings."""

from __future__ import annotations

from collections.abc import Mapping

from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError
from stackyard.verify.edge.wire import Wire


def told(view: View, *, host: str = "", headers: Mapping[str, str] | None = None) -> tuple[str, Mapping[str, str]]:
    """What was sent, and the headers that a service would have got, by name in lower case, empty ones too.

    Raises CannotSeeError when the edge does not show them.
    """
    with Wire(view, inside=True) as inside:
        answer = inside.ask("/nginx-told", host=host, headers=headers)
        own = inside.source or inside.edge.address
    if answer.status != 200:
        raise CannotSeeError(f"the edge does not show what it tells services: {answer.line()}")
    pairs = (line.partition(":") for line in answer.text.splitlines())
    found = {name.lower(): value.strip() for name, _, value in pairs}
    return answer.sent, {**found, "": own}
