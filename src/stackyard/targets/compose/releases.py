"""The images of past releases: a few are kept for a way back, and older ones make room.

Which came after which stands in the record of this environment: a release that was rolled back to is the newest again,
though its image is old.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.errors import StackyardError
from stackyard.runner import Command
from stackyard.targets.compose import commands

if TYPE_CHECKING:
    from stackyard.targets.compose.target import ComposeTarget

KEPT = 2
"""Releases before the one that runs."""
ELEMENT = "releases"
"""Their images in the record, by service, the newest first."""


def remember(before: Mapping[str, str], images: Mapping[str, str]) -> dict[str, str]:
    """The releases of each service once it runs in the image given, as the record has them. Pure."""
    made = dict(before)
    for service, image in images.items():
        older = [one for one in before.get(service, "").split() if one != image]
        made[service] = " ".join([image, *older[:KEPT]])
    return made


def outdated(rows: Iterable[str], releases: Mapping[str, str]) -> list[str]:
    """The images that are none of these releases. `rows` are the engine's, a JSON object each. Pure."""
    kept = {image for images in releases.values() for image in images.split()}
    found = [reference(json.loads(row)) for row in rows if row.strip()]
    return [one for one in found if one not in kept]


def reference(row: Mapping[str, str]) -> str:
    """What an image of the engine's list goes by: its name and tag, or its id when it has lost them."""
    if "<none>" in (row["Repository"], row["Tag"]):
        return row["ID"]
    return f"{row['Repository']}:{row['Tag']}"


def settle(target: ComposeTarget) -> None:
    """Note the release that runs now, and remove images of this environment that are older than those kept.

    Quietly: it is no part of what somebody asked for. What a container still uses, the engine keeps by itself.
    """
    images = {one.service: one.image for one in target.blueprint.rendered.builds.values()}
    before = target.record.facets(ELEMENT) or {}
    now = remember(before, images)
    if now == before:
        return
    target.record.note(ELEMENT, now)
    target.record.save()
    with contextlib.suppress(StackyardError):
        rows = target.eye.ask(commands.images(target.system.name, target.system.environment)).splitlines()
        for one in outdated(rows, now):
            target.asker.ask(Command(commands.remove_images([one]), Path("/"), commands.environment(), timeout=60.0))
