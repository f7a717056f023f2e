"""Where binaries come from: this machine, or packages fetched without root into a private store."""

from __future__ import annotations

from collections.abc import Iterable

from stackyard.targets.local.identity import Identity
from stackyard.targets.native.toolchain.fetching import fetch, obtain, plan_fetch
from stackyard.targets.native.toolchain.finding import find
from stackyard.targets.native.toolchain.python import python_for
from stackyard.targets.native.toolchain.store import Store, default_store
from stackyard.targets.native.toolchain.tool import Fetch, Tool, Want, dotted

__all__ = [
    "Fetch",
    "Store",
    "Tool",
    "Want",
    "default_store",
    "dotted",
    "fetch",
    "find",
    "obtain",
    "plan_fetch",
    "python_for",
    "resolve",
]


def resolve(
    wants: Iterable[Want], *, store: Store | None = None, user: Identity | None = None
) -> tuple[Tool | Fetch, ...]:
    """For each want, in order, the tool that is there or the fetch that would bring it. Nothing is fetched.

    With `user`, a binary that this user may not run does not count as there.
    Raises MachineError for the first want that cannot be met at all.
    """
    return tuple(find(want, store=store, user=user) or plan_fetch(want, store=store) for want in wants)
