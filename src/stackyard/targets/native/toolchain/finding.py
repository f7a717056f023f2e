"""Finding what is there: the machine's own binaries first, then the private store. It never fetches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stackyard.targets.local.identity import Identity, may_execute
from stackyard.targets.native.toolchain.machine import installed, why_of
from stackyard.targets.native.toolchain.probing import Probe
from stackyard.targets.native.toolchain.store import Store, default_store
from stackyard.targets.native.toolchain.tool import Numbers, Tool, Want
from stackyard.targets.native.toolchain.versions import best


def find(want: Want, *, store: Store | None = None, user: Identity | None = None) -> Tool | None:
    """The tool that meets the want, or None: the newest accepted one of the machine, else of the private store.

    With `user`, only what this user may run. Versions are remembered, so that a second call starts no process.
    """
    store = store or default_store()
    own = best(want, _of_machine(want, store, user), _version)
    if own:
        return replace(own, why=why_of(own, want, is_fetched=False))
    usable = (tool for tool in store.tools(want.name) if user is None or may_execute(tool.path, user))
    fetched = best(want, usable, _version)
    return replace(fetched, why=why_of(fetched, want, is_fetched=True)) if fetched else None


def installed_versions(name: str, store: Store) -> list[Tool]:
    """Every binary of that name on the machine, for messages."""
    return list(installed(name, Probe(store.root / "versions.json")))


def _of_machine(want: Want, store: Store, user: Identity | None) -> Iterator[Tool]:
    for tool in installed(want.name, Probe(store.root / "versions.json"), user):
        yield tool
        if want.version is None:
            # The first on PATH will do; asking the others would only cost time.
            return


def _version(tool: Tool) -> Numbers:
    return tool.version
