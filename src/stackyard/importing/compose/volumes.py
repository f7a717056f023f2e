"""Volumes of services: the source itself, which is edited where it lies, and everything else, which is not carried."""

from __future__ import annotations

from stackyard.importing.compose.context import Context
from stackyard.importing.compose.forms import Mount, items, mount
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.reading import section
from stackyard.importing.compose.sources import relative
from stackyard.importing.compose.words import SERVICE
from stackyard.spec.tree import Mapping, Node


def carry_volumes(part: Part, context: Context) -> None:
    """Say what became of each volume of a service."""
    entry = part.node.entries.get("volumes")
    for item in items(entry.node) if entry else ():
        _carry(part, item, mount(item), context)


def _carry(part: Part, item: Node, found: Mount, context: Context) -> None:
    ledger, key = context.ledger, f"{part.key}.volumes"
    source = part.source
    if source is not None and found.is_bind and _is_source(found.source, source.path):
        ledger.replaced(item, key, "what runs is the source itself; in development, saving a file restarts the service")
    elif source is not None and not found.source:
        ledger.replaced(item, key, "it hid a folder of the image, and there is no image here")
    elif "docker.sock" in found.source:
        ledger.lost(
            item, key, "no part is given power over the machine", "Run it outside of Stackyard, if it needs that."
        )
    elif found.is_bind and part.is_python:
        what = f"{found.source} is not laid at {found.target}"
        ledger.lost(
            item, key, what, "A service reads files where they lie: name the path in `environment` or `command`."
        )
    elif found.is_bind:
        ledger.lost(item, key, f"{found.source} is not laid at {found.target}", "Build an image that holds it.")
    else:
        ledger.lost(item, key, f"nothing is kept at {found.target}", SERVICE["volumes"][2])


def _is_source(path: str, source: str) -> bool:
    own = relative(path)
    return own == source or source.startswith(f"{own.rstrip('/')}/") or own == "." or own.startswith(f"{source}/")


def declared_volumes(tree: Mapping, context: Context) -> None:
    """Say what became of the top-level volumes: data of resources, or nothing."""
    declared = section(tree, "volumes")
    owners: dict[str, list[Part]] = {}
    for part in context.parts:
        for item in items(part.get("volumes")):
            owners.setdefault(mount(item).source, []).append(part)
    for name, entry in declared.entries.items() if declared else ():
        key = f"volumes.{name}"
        mine = owners.get(name, [])
        is_external = isinstance(entry.node, Mapping) and bool(entry.node.entries)
        if any(part.is_resource for part in mine):
            kept = "the data of a resource is Stackyard's to keep, below .stackyard"
            context.ledger.replaced(entry, key, kept, "Bring the old data in by a dump." if is_external else "")
        elif mine and all(part.role is not Role.SERVICE for part in mine):
            context.ledger.replaced(entry, key, "what used it is Stackyard's own")
        elif not mine:
            context.ledger.replaced(entry, key, "nothing in the file uses it")
        else:
            context.ledger.lost(entry, key, "a stack file has no volumes", SERVICE["volumes"][2])
