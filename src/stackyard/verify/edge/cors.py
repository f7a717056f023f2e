"""EDGE-09: which origins may call."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.model.system import System
from stackyard.observe.view import View
from stackyard.resources.nginx.render import origin as as_sent
from stackyard.verify.check import Check, Look, Seen, saw
from stackyard.verify.edge.headers import unless_edge
from stackyard.verify.edge.paths import edge_in, harmless
from stackyard.verify.edge.wire import Answer, Wire

_ALLOW = "Access-Control-Allow-Origin"
_SHOWN = (_ALLOW, "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Vary")
_ASKED = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}


def _listed(view: View) -> Iterator[Seen]:
    _, path = harmless(view.system)
    with Wire(view) as wire:
        for origin in _listed_in(view.system):
            sent = {"Origin": origin}
            answer = wire.ask(path, headers=sent)
            may = answer.all(_ALLOW) == [sent["Origin"]]
            fault = f"{origin} is on the list and may not read an answer"
            yield saw(answer.sent, answer.line(*_SHOWN), fault=fault, unless=may)
            answer = wire.ask(path, "OPTIONS", headers={**sent, **_ASKED})
            may = answer.status == 204 and answer.all(_ALLOW) == [sent["Origin"]] and _lets(answer, "PUT")
            fault = f"{origin} is on the list and its preflight is refused"
            yield saw(answer.sent, answer.line(*_SHOWN), fault=fault, unless=may)


def _listed_in(system: System) -> tuple[str, ...]:
    """The origins of the list, as browsers send them."""
    return tuple(as_sent(text) for text in edge_in(system).cors)


def _lets(answer: Answer, method: str) -> bool:
    return method in answer.get("Access-Control-Allow-Methods").replace(" ", "").split(",")


def _unlisted(view: View) -> Iterator[Seen]:
    _, path = harmless(view.system)
    with Wire(view) as wire:
        for origin in _strangers(_listed_in(view.system)):
            for method, more in (("GET", {}), ("OPTIONS", _ASKED)):
                answer = wire.ask(path, method, headers={"Origin": origin, **more})
                given = [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
                fault = f"{origin} is not on the list and is told {', '.join(given)}"
                yield saw(answer.sent, answer.line(*_SHOWN), fault=fault, unless=not given)


def _strangers(listed: tuple[str, ...]) -> Iterator[str]:
    """Origins that are on no list, some of them much like those that are."""
    yield "https://stackyard-verify.invalid"
    yield "null"
    for origin in listed[:2]:
        scheme, _, rest = origin.partition("://")
        yield f"{scheme}://{rest}.stackyard-verify.invalid"
        yield f"{scheme}://stackyard-verify-{rest}"


def _unless_cors(system: System) -> str:
    is_listed = system.edge is not None and system.edge.cors
    return unless_edge(system) or ("" if is_listed else "the file lists no other origins, so the edge has no say in it")


CHECKS = (
    Check(
        "edge.cors",
        ("EDGE-09",),
        "pages of the origins on the list may call",
        Look.OUTSIDE,
        _listed,
        _unless_cors,
    ),
    Check(
        "edge.cors-strangers",
        ("EDGE-09",),
        "pages of any other origin may not",
        Look.OUTSIDE,
        _unlisted,
        _unless_cors,
    ),
)
