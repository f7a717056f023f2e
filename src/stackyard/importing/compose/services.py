"""Containers that become services: a word of the stack file after another, in the order in which people read them."""

from __future__ import annotations

import re
from typing import Any

from stackyard.importing.compose.commands import script, shown
from stackyard.importing.compose.context import Context
from stackyard.importing.compose.environment import Environment, carry_environment, drop_given, secret_name
from stackyard.importing.compose.forms import Pair, items, names, pairs, port_mapping
from stackyard.importing.compose.health import carry_health
from stackyard.importing.compose.hiding import hide
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.limits import carry_deployment
from stackyard.importing.compose.needs import LEFT_OUT, carry_needs
from stackyard.importing.compose.origins import carry_origin
from stackyard.importing.compose.parts import Part, part_name
from stackyard.importing.compose.reading import section, text_of
from stackyard.importing.compose.volumes import carry_volumes
from stackyard.importing.result import Fate
from stackyard.spec.tree import Mapping

_RUNNING = [
    "command",
    "entrypoint",
    "ports",
    "expose",
    "healthcheck",
    "depends_on",
    "links",
    "restart",
    "volumes",
    "stop_signal",
    "stop_grace_period",
    "scale",
    "deploy",
]
"""What a container says about running, which a front end does not."""


def carry_service(part: Part, context: Context) -> None:
    """Add the service that this container becomes, and say what became of each of its words."""
    made: dict[str, Any] = carry_origin(part, context)
    if part.is_static:
        _carry_static(part, made, context)
        return
    _command(part, made, context)
    health = carry_health(part, context.ledger)
    environment = carry_environment(part, context.addresses, context.resources, context.draft, context.reading)
    _secrets(part, environment, context)
    if port := _port(part, context):
        made["port"] = port
    if health is not None:
        made["health"] = health
    deployment: dict[str, Any] = {}
    carry_deployment(part, deployment, context.ledger)
    _listening(part, environment, deployment, context)
    needs = carry_needs(part, environment, context)
    drop_given(environment, list(needs), context.resources)
    if needs:
        made["needs"] = {name: word or {} for name, word in needs.items()} if any(needs.values()) else list(needs)
    _migrate(part, needs, made, context)
    made |= deployment
    if environment.values:
        made["environment"] = environment.values
    if environment.secrets:
        made["secrets"] = environment.secrets
    hide(part, made, context)
    _rest(part, made, context)
    carry_volumes(part, context)
    context.draft.services[part.name] = made


def _migrate(part: Part, needs: dict[str, str], made: dict[str, Any], context: Context) -> None:
    """What prepares the database: `migrate` where a postgres is needed, else where it stood, before the command."""
    steps = context.migrations.get(part.name)
    if steps is None:
        return
    if any(one.role is Role.POSTGRES and one.name in needs for one in context.resources):
        made["migrate"] = shown(steps)
    elif part.program.words:
        made["command"] = ["sh", "-c", f"{script(steps)} && exec {script(part.program.words)}"]


def _carry_static(part: Part, made: dict[str, Any], context: Context) -> None:
    ledger = context.ledger
    build = part.node.entries["build"].node
    arguments = build.entries["args"].node if isinstance(build, Mapping) and "args" in build.entries else None
    part.environment = [*[Pair(p.name, p.value, p.spot, p.node) for p in pairs(arguments)], *part.environment]
    environment = carry_environment(part, context.addresses, context.resources, context.draft, context.reading)
    if environment.values:
        made["environment"] = environment.values
    for word in _RUNNING:
        if word in part.node.entries:
            ledger.replaced(
                part.node.entries[word],
                f"{part.key}.{word}",
                "a front end is built once, and the edge serves its files",
            )
    _profiles(part, made, context)
    context.draft.services[part.name] = made


def _command(part: Part, made: dict[str, Any], context: Context) -> None:
    given = [word for word in ("entrypoint", "command") if word in part.node.entries]
    words = part.program.words or part.program.migrate
    if words and (given or part.is_python):
        made["command"] = shown(words)
    elif part.is_python:
        what = "a Python project needs a command, and neither the Compose file nor its Dockerfile gives one"
        made["command"] = "python --version"
        context.draft.remark(f"services.{part.name}", "Say what to run: the Compose file does not.")
        context.ledger.remark(part.entry, part.key, Fate.LOST, what, "Give it `command`.")
    said = ", ".join(part.program.said)
    for word in given:
        context.ledger.carried(
            part.node.entries[word], f"{part.key}.{word}", "`command`" + (f"; {said}" if said else "")
        )
    if part.program.words and part.is_python and re.search(r"\.sh$", part.program.words[0]):
        what = "a script of the image comes first: what it prepares has to be said in the stack file"
        context.ledger.remark(
            part.entry,
            f"{part.key}.command",
            Fate.LOST,
            what,
            "Put its migrations into `migrate`, and its last line into `command`.",
        )


def _port(part: Part, context: Context) -> int | None:
    entry = part.node.entries.get("ports")
    published: list[int] = []
    for item in items(entry.node) if entry else ():
        found = port_mapping(item)
        if found is None:
            context.ledger.lost(item, f"{part.key}.ports", "this port cannot be read", "Write `port`.")
        elif found.target == part.port and found.protocol == "tcp":
            published += [found.published] if found.published else []
            context.ledger.carried(item, f"{part.key}.ports", f"`port: {part.port}`")
        else:
            what = f"a service has one port: {found.target}/{found.protocol} is not reached from outside"
            context.ledger.lost(item, f"{part.key}.ports", what, "Make it a service of its own, if it is needed.")
    if "expose" in part.node.entries:
        context.ledger.carried(part.node.entries["expose"], f"{part.key}.expose", "`port`")
    if part.port is None:
        return None
    free: int = next(
        port for port in (part.port, *published, *range(part.port + 1, part.port + 500)) if port not in context.ports
    )
    if free != part.port:
        what = f"port {part.port} belongs to another part already; this one has {free}"
        advice = "" if part.program.flexible or part.source is None else f"See that it listens on {free}, or on PORT."
        context.ledger.remark(entry or part.entry, f"{part.key}.ports", Fate.CARRIED, what, advice)
    context.ports.add(free)
    part.port = free
    return free


def _listening(part: Part, environment: Environment, deployment: dict[str, Any], context: Context) -> None:
    """Tell servers that know no PORT, or would listen on every address, where to listen."""
    if part.port is None or part.program.flexible not in ("gunicorn", "flask"):
        return
    if "replicas" in deployment:
        # Replicas have ports of their own: only PORT tells each its own, which gunicorn reads and flask does not.
        if part.program.flexible == "flask":
            what = "flask's own server cannot be told where each replica listens"
            context.ledger.remark(part.entry, part.key, Fate.LOST, what, "Let gunicorn serve it, or run one.")
        return
    own = f"${{{part.name}.host}}", f"${{{part.name}.port}}"
    if part.program.flexible == "gunicorn":
        environment.values.setdefault("GUNICORN_CMD_ARGS", f"--bind={own[0]}:{own[1]}")
    else:
        environment.values.setdefault("FLASK_RUN_HOST", own[0])
        environment.values.setdefault("FLASK_RUN_PORT", own[1])


def _secrets(part: Part, environment: Environment, context: Context) -> None:
    for name, spot, _ in names(part.get("secrets")):
        declared = secret_name(name)
        used = any(f"${{secret.{declared}}}" in value for value in environment.values.values())
        context.draft.secrets.setdefault(declared, {"provided": True})
        if not used and declared not in environment.secrets:
            environment.secrets.append(declared)
        what = f"the secret {declared}, as a variable and not as a file"
        context.ledger.carried(spot, f"{part.key}.secrets.{name}", what)


def _rest(part: Part, made: dict[str, Any], context: Context) -> None:
    _profiles(part, made, context)
    if not part.is_python and "working_dir" in part.node.entries:
        entry = part.node.entries["working_dir"]
        context.ledger.lost(
            entry, f"{part.key}.working_dir", "an image runs in its own folder", "Say the folder in `command`."
        )


def _profiles(part: Part, made: dict[str, Any], context: Context) -> None:
    entry = part.node.entries.get("profiles")
    if entry is not None:
        made["profiles"] = [part_name(text_of(item)) for item in items(entry.node)]
        context.ledger.carried(entry, f"{part.key}.profiles", "`profiles`")


def say_left_out(part: Part, context: Context) -> None:
    """Say of a container that becomes no part of the stack file why, for each of its words."""
    known = part.image.known if part.image else None
    what = LEFT_OUT[part.role]
    for word, entry in part.node.entries.items():
        if not context.ledger.is_covered(entry.node):
            advice = known.advice if known and word == "image" else ""
            context.ledger.replaced(entry, f"{part.key}.{word}", what, advice)


def declared_secrets(tree: Mapping, context: Context) -> None:
    """Say what became of the top-level secrets."""
    declared = section(tree, "secrets")
    for name, entry in declared.entries.items() if declared else ():
        own = secret_name(name)
        if own in context.draft.secrets:
            context.ledger.carried(entry, f"secrets.{name}", f"the secret {own}")
        else:
            context.ledger.replaced(
                entry, f"secrets.{name}", "only a resource used it, whose credentials are generated"
            )
