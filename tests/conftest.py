"""Which tests may run beside which, where several processes share them (`pytest -n 2`)."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Any:
    """Each folder goes to one process, as a whole: its tests share parts that take longer to start than most of them
    to run, and the systems of engine tests have the same names on the one engine."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    scheduler = LoadScopeScheduling(config, log)
    # What its documentation tells to replace; the marks of groups that it has instead need an older pytest.
    scheduler._split_scope = share
    return scheduler


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The engine's first: they take as long as all the others together."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: share(item.nodeid) != "engine")


def share(nodeid: str) -> str:
    """What stays in one process: a folder of `tests`, or a file that lies in none.

    Browsers stay with the engine: each network that comes or goes with its containers breaks off what a page loads.
    """
    found = nodeid.split("::")[0].split("/")[1]
    return "engine" if found == "e2e" else found
