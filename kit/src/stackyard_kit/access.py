"""Who may do what, declared beside the route, checked before it, and shown in the OpenAPI document.

    @router.get("/branches/{branch_id}/orders", dependencies=[allow(Role.MANAGER, own_branch, unless=Role.ADMIN)])

lets managers see the orders of their own branch, and administrators those of every branch. `allow()` lets everybody in
who is signed in; `public("why")` everybody. To know who asks: `caller: Annotated[Caller, allow(Role.MANAGER)]`.
`install` refuses an application with a route that declares nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from fastapi import Depends, FastAPI, params, routing
from starlette.requests import HTTPConnection

from stackyard_kit.problems import ProblemError
from stackyard_kit.tokens import Caller, TokenRefusedError

Rule = Callable[[Caller, Any], bool]
"""Whether this caller may do it to this subject. Its name and the first line of its docstring are its documentation."""

Authenticate = Callable[[str], Awaitable[Caller]]
"""Who holds this access token. Raises TokenRefusedError."""


class Ranked(StrEnum):
    """Roles, each with all that the ones above it in the text may do. A service names its own by subclassing."""

    def reaches(self, other: Ranked) -> bool:
        """Whether this role may do what `other` may."""
        members = list(type(self))
        return other in members and members.index(self) >= members.index(other)


class Role(Ranked):
    """The usual roles, the least first."""

    USER = "user"
    MANAGER = "manager"
    ADMIN = "admin"
    SUPER_ADMIN = "super-admin"


@dataclass(frozen=True)
class Declared:
    """What a route declares: a role and rules, or why it is public."""

    role: Ranked | None = None
    rules: tuple[Rule, ...] = ()
    unless: Ranked | None = None
    public: str = ""

    def __post_init__(self) -> None:
        if self.unless is not None and (self.role is None or not self.unless.reaches(self.role)):
            raise ValueError("`unless` names a role at or above the one that is allowed")

    def allows(self, caller: Caller) -> bool:
        """Whether the caller's role is enough, whatever the subject; a role that is not known never is."""
        return self.role is None or _reaches(caller, self.role)

    def is_bound(self, caller: Caller) -> bool:
        """Whether the rules hold for the caller: they do not for who reaches the role of `unless`."""
        return self.unless is None or not _reaches(caller, self.unless)

    def document(self) -> dict[str, Any]:
        """As the OpenAPI document shows it under `x-allowed`."""
        if self.public:
            return {"public": self.public}
        shown: dict[str, Any] = {"role": str(self.role) if self.role else "signed in"}
        if self.rules:
            shown["rules"] = [_name(rule) for rule in self.rules]
        if self.unless:
            shown["unless"] = str(self.unless)
        return shown

    def sentence(self) -> str:
        """As people read it."""
        if self.public:
            return f"Public. {self.public}"
        text = f"Allowed: {self.role} and above" if self.role else "Allowed: whoever is signed in"
        if self.rules:
            text += ", if " + " and ".join(_purpose(rule) for rule in self.rules)
        return f"{text}; {self.unless} and above without that." if self.unless else f"{text}."


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who asks, by the bearer token. Raises ProblemError 401."""
    authenticate: Authenticate = connection.app.state.authenticate
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not token:
            raise TokenRefusedError("no bearer token")
        return await authenticate(token)
    except TokenRefusedError:
        headers = {"WWW-Authenticate": "Bearer"}
        raise ProblemError(401, "Please sign in.", kind="not-signed-in", headers=headers) from None


def path_subject(connection: HTTPConnection) -> SimpleNamespace:
    """The subject where a route names none: what stands in the path, `/branches/{branch_id}` as `.branch_id`."""
    return SimpleNamespace(**connection.path_params)


def allow(
    role: Ranked | None = None,
    *rules: Rule,
    unless: Ranked | None = None,
    subject: Callable[..., Any] = path_subject,
    hide: bool = False,
) -> params.Depends:
    """A dependency that lets in who reaches `role` and keeps every rule, and gives that caller to who asks for it.

    `subject` is a dependency that finds what the rules are about, such as the record; FastAPI finds it once, also for
    the route itself. From the role `unless` on, the rules do not bind. A rule that is broken is answered with 403, or,
    with `hide`, as if there were nothing (404). Raises ValueError for an `unless` below `role`.
    """
    declared = Declared(role, rules, unless)
    broken = (404, "There is nothing at this address.", "") if hide else (403, "This is not yours.", "not-yours")

    # Not a dependency of a dependency: FastAPI takes longer to resolve one than we to check the token.
    async def has_role(connection: HTTPConnection) -> Caller:
        caller = await caller_of(connection)
        if not declared.allows(caller):
            raise ProblemError(403, f"This needs the role {role}.", kind="not-allowed")
        return caller

    # In this order: who is refused by the role makes nobody look for a record.
    first, then = Depends(has_role), Depends(subject)

    async def keeps_rules(caller: Caller = first, found: Any = then) -> Caller:
        # `is True`: what is no bool, such as the coroutine of a rule that is async by mistake, lets nobody in.
        if declared.is_bound(caller) and not all(rule(caller, found) is True for rule in rules):
            status, detail, kind = broken
            raise ProblemError(status, detail, kind=kind)
        return caller

    return _marked(keeps_rules if rules else has_role, declared)


def public(why: str) -> params.Depends:
    """A declaration, not a check: anybody may ask, and this sentence says why that is right."""

    async def everybody() -> None:
        return None

    return _marked(everybody, Declared(public=why or "For everybody."))


def own(attribute: str, field: str = "") -> Rule:
    """A rule: the caller's `attribute` ("id" is the caller's own) is the subject's `field`; nothing is never equal."""
    name = field or f"{attribute}_id"

    def is_own(caller: Caller, subject: Any) -> bool:
        mine = caller.id if attribute == "id" else caller.attributes.get(attribute, "")
        theirs = getattr(subject, name, None)
        return bool(mine) and theirs is not None and str(theirs) == mine

    is_own.__name__ = f"own_{'record' if attribute == 'id' else attribute}"
    is_own.__doc__ = "it is one's own" if attribute == "id" else f"it belongs to one's own {attribute}"
    return is_own


own_tenant = own("tenant")
own_branch = own("branch")
own_record = own("id", "user_id")


def install(app: FastAPI, authenticate: Authenticate, *, strict: bool = True) -> None:
    """Check callers of `app` with `authenticate` and show rules in its document. Call it after the last route.

    Raises UndeclaredRouteError when `strict` and a route declares nothing.
    """
    if strict and (forgotten := undeclared(app)):
        raise UndeclaredRouteError(forgotten)
    app.state.authenticate = authenticate
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _describe(make(), app)
        assert app.openapi_schema is not None, "FastAPI keeps what it made"
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


class UndeclaredRouteError(Exception):
    """Routes declare neither who may use them nor that everybody may; `routes` names them."""

    def __init__(self, routes: list[str]) -> None:
        super().__init__("Nothing says who may use " + ", ".join(routes) + ".")
        self.routes = routes


def undeclared(app: FastAPI) -> list[str]:
    """The routes of `app`, as "GET /path", that declare nothing. FastAPI's own documents are public by nature."""
    own_documents = {app.openapi_url, app.docs_url, app.redoc_url, app.swagger_ui_oauth2_redirect_url}
    return [
        name
        for name, path, dependant in _routes(app)
        if not _declared(dependant) and not (dependant is None and path in own_documents)
    ]


def _routes(app: FastAPI) -> Iterator[tuple[str, str, Any]]:
    # FastAPI keeps included routers as they are and has this function to walk them; before, routes were all in a row.
    walk: Callable[[Any], Any] = getattr(routing, "iter_route_contexts", iter)
    for route in walk(app.routes):
        path = getattr(route, "path", None) or str(route)
        dependant = getattr(route, "dependant", None)
        for method in sorted(getattr(route, "methods", None) or {"WEBSOCKET" if dependant else "MOUNT"}):
            yield f"{method} {path}", path, dependant


def _declared(dependant: Any) -> list[Declared]:
    if dependant is None:
        return []
    here = getattr(dependant.call, "declared", None)
    below = [one for each in dependant.dependencies for one in _declared(each)]
    return [here, *below] if isinstance(here, Declared) else below


def _describe(schema: dict[str, Any], app: FastAPI) -> None:
    for name, path, dependant in _routes(app):
        method = name.partition(" ")[0].lower()
        operation = schema.get("paths", {}).get(path, {}).get(method)
        declared = _declared(dependant)
        if operation is None or not declared:
            continue
        documents = [one.document() for one in declared]
        operation["x-allowed"] = documents[0] if len(documents) == 1 else documents
        said = [operation.get("description", ""), *(one.sentence() for one in declared)]
        operation["description"] = "\n\n".join(filter(None, said))
        if not all(one.public for one in declared):
            operation["security"] = [{"bearer": []}]
            answers = operation.setdefault("responses", {})
            answers.setdefault("401", {"description": "Not signed in"})
            answers.setdefault("403", {"description": "Not allowed"})
    schemes = schema.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def _marked(check: Callable[..., Any], declared: Declared) -> params.Depends:
    check.declared = declared  # type: ignore[attr-defined]
    made: params.Depends = Depends(check)
    return made


def _reaches(caller: Caller, role: Ranked) -> bool:
    try:
        return type(role)(caller.role).reaches(role)
    except ValueError:
        return False


def _name(rule: Rule) -> str:
    return str(getattr(rule, "__name__", rule))


def _purpose(rule: Rule) -> str:
    text = (getattr(rule, "__doc__", "") or _name(rule)).strip().splitlines()[0]
    return text.rstrip(".")
