"""The steps from a Compose file to a stack file, in order."""

from __future__ import annotations

from collections.abc import Mapping

from stackyard.importing.compose.context import Context
from stackyard.importing.compose.draft import Draft
from stackyard.importing.compose.edge import carry_edge, carry_monitoring, carry_network, find_routing
from stackyard.importing.compose.folder import Folder
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.interpolation import read_env
from stackyard.importing.compose.jobs import find_migrations
from stackyard.importing.compose.ledger import Ledger
from stackyard.importing.compose.parts import find_parts, part_name
from stackyard.importing.compose.reading import Reading, read_compose, text_of
from stackyard.importing.compose.resources import carry_resource
from stackyard.importing.compose.services import carry_service, declared_secrets, say_left_out
from stackyard.importing.compose.volumes import declared_volumes
from stackyard.importing.compose.words import leftover
from stackyard.importing.compose.writing import write
from stackyard.importing.result import Fate, Imported
from stackyard.spec.tree import Mapping as Tree

_OVERRIDES = tuple(f"{stem}.override.{end}" for stem in ("compose", "docker-compose") for end in ("yaml", "yml"))


def import_compose(
    text: str, *, file: str, folder: Folder, project: str = "", values: Mapping[str, str] | None = None
) -> Imported:
    """The Compose file `text` as a stack file, with what became of everything in it.

    `file` is its name for messages, `folder` what stands beside it, `project` a name for the system where the file has
    none, `values` variables over those of its .env file. Raises SpecError for what is no Compose file.
    """
    ledger = Ledger(file)
    known = {**read_env(folder.text(".env") or ""), **(values or {})}
    reading = Reading(folder, known, ledger)
    tree = read_compose(text, reading)
    context = Context(find_parts(tree, reading), Draft(_system(tree, project, ledger)), reading)
    _carry(context, tree)
    _say_overrides(tree, reading)
    ledger.close(tree, leftover)
    stack = write(context.draft.document(), f"Made from {file} by `stackyard import compose`.", context.draft.comments)
    return Imported(stack, ledger.notes(), context.draft.to_set())


def _system(tree: Tree, project: str, ledger: Ledger) -> str:
    name = text_of(tree.entries["name"].node) if "name" in tree.entries else ""
    if name:
        ledger.carried(tree.entries["name"], "name", f"`system: {part_name(name)}`")
    return part_name(name or project or "system")


def _say_overrides(tree: Tree, reading: Reading) -> None:
    """Compose lays an override on a file that is not named; here one file is imported."""
    for name in _OVERRIDES:
        if reading.folder.has(name) and name != reading.ledger.file:
            advice = f"`docker compose config` joins the two: import what it prints, or carry {name} by hand."
            reading.ledger.remark(tree, "services", Fate.LOST, f"{name} stands beside it and is not read", advice)


def _carry(context: Context, tree: Tree) -> None:
    find_migrations(context)
    routing, is_there = find_routing(context)
    for part in context.resources:
        carry_resource(part, context.draft, context.reading)
        made = context.draft.resources[part.name]
        context.ports.add(made.get("port", part.port or 0))
    carry_edge(routing, is_there=is_there, context=context)
    for part in context.services:
        carry_service(part, context)
    carry_monitoring(context)
    carry_network(context, tree)
    declared_secrets(tree, context)
    declared_volumes(tree, context)
    for part in context.parts:
        if part.role in (Role.PROXY, Role.TOOL, Role.CERTIFICATES, Role.MONITORING):
            say_left_out(part, context)
