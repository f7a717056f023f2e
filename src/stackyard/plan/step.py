"""A plan: ordered steps, each with verb, subject, cause and downtime class. It is printed and executed as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stackyard.plan.element import Kind


class Verb(StrEnum):
    FETCH = "fetch"
    ISSUE = "issue"
    WRITE = "write"
    CREATE = "create"
    INSTALL = "install"
    BUILD = "build"
    RECONCILE = "reconcile"
    INIT = "init"
    MIGRATE = "migrate"
    START = "start"
    RESTART = "restart"
    RELOAD = "reload"
    STOP = "stop"


class Downtime(StrEnum):
    """What users of the system notice: nothing, or that this part is away for a moment."""

    NONE = "none"
    BRIEF = "brief"


@dataclass(frozen=True)
class Step:
    """One thing to do. `element` is what it makes right; `after` are the elements whose steps must be done before."""

    verb: Verb
    subject: str
    cause: str
    downtime: Downtime
    element: str
    kind: Kind
    part: str
    after: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}: {self.cause}"


@dataclass(frozen=True)
class Plan:
    """The steps that turn what was observed into what is desired, in an order in which they can be done."""

    system: str
    environment: str
    target: str
    steps: tuple[Step, ...]

    @property
    def is_empty(self) -> bool:
        return not self.steps

    def to_json(self) -> dict[str, Any]:
        """The documented form of `stackyard plan --json`."""
        return {
            "system": self.system,
            "environment": self.environment,
            "target": self.target,
            "steps": [
                {
                    "verb": step.verb.value,
                    "subject": step.subject,
                    "part": step.part,
                    "cause": step.cause,
                    "downtime": step.downtime.value,
                    "element": step.element,
                    "after": list(step.after),
                }
                for step in self.steps
            ],
        }
