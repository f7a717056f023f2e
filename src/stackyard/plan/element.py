"""What a target says should exist, and what it found: the two sides that a plan compares.

An element is the smallest thing that can be made, changed or removed by itself: a process, a data folder, a rendered
configuration, an installed environment. Every target describes a system as elements; only their kinds differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an element is; the kind decides the verbs of its steps."""

    TOOL = "tool"
    CERTIFICATE = "certificate"
    FILES = "files"
    DATA = "data"
    ENVIRONMENT = "environment"
    SITE = "site"
    CATALOG = "catalog"
    INIT = "init"
    MIGRATION = "migration"
    SETTINGS = "settings"
    PROCESS = "process"


@dataclass(frozen=True)
class Element:
    """One thing that should exist.

    `facets` are its parts as digests or short texts ("source", "command" ...): where one differs from what was
    observed, the element is out of date, and the name of the facet is the cause. `after` are ids that must be right
    before this one is touched. `title` is how people call it.
    """

    id: str
    kind: Kind
    part: str
    title: str
    facets: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    reloadable: frozenset[str] = frozenset()
    """Facets whose change a running process can take in without a stop (a reload)."""
    again_after: str = ""
    """The process after whose start this can only be seen: a replica that ran before has to follow it again."""


@dataclass(frozen=True)
class Seen:
    """One thing that was found. `broken` is why it must be made again although it is there ("the process gave up")."""

    facets: Mapping[str, str] = field(default_factory=dict)
    broken: str = ""
    part: str = ""


Observed = Mapping[str, Seen]
"""Everything that was found, by element id: one snapshot, taken once."""
