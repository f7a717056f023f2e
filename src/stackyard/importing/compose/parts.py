"""The parts of a Compose file: each container with what it becomes, its new name, and the names that others use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from posixpath import join

from stackyard.importing.compose.commands import Program, understand
from stackyard.importing.compose.forms import Pair, items, names, pairs, port_mapping, words
from stackyard.importing.compose.images import Image, Role, read_image
from stackyard.importing.compose.interpolation import read_env
from stackyard.importing.compose.ledger import Ledger
from stackyard.importing.compose.reading import Reading, section, text_of
from stackyard.importing.compose.sources import Kind, Source, read_source
from stackyard.importing.result import Fate
from stackyard.spec.tree import Entry, Mapping, Node

DATA = (Role.POSTGRES, Role.REDIS, Role.OBJECTS, Role.QUEUE)
"""The roles that become resources."""

_RESERVED = ("edge", "secret")


@dataclass
class Part:
    """A container of the Compose file. `hosts` are the names by which others reach it, `port` where it listens."""

    container: str
    name: str
    entry: Entry
    node: Mapping
    role: Role
    image: Image | None
    source: Source | None
    program: Program
    environment: list[Pair]
    hosts: set[str] = field(default_factory=set)
    port: int | None = None

    @property
    def key(self) -> str:
        return f"services.{self.container}"

    @property
    def is_resource(self) -> bool:
        return self.role in DATA

    @property
    def is_static(self) -> bool:
        return self.role is Role.SERVICE and self.source is not None and self.source.kind is Kind.FRONT_END

    @property
    def is_python(self) -> bool:
        return self.role is Role.SERVICE and self.source is not None and self.source.kind is Kind.PYTHON

    def get(self, word: str) -> Node | None:
        """The value of a word of this container."""
        entry = self.node.entries.get(word)
        return entry.node if entry else None

    def variable(self, *wanted: str) -> str:
        """The value of the first of these variables that has one."""
        values = {pair.name: pair.value for pair in self.environment}
        return next((value for name in wanted if (value := values.get(name))), "")


def part_name(text: str) -> str:
    """A name as a stack file allows it."""
    plain = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:40].rstrip("-")
    plain = plain if plain[:1].isalpha() else f"part-{plain}".rstrip("-")
    return f"{plain}-part" if plain in _RESERVED else plain


def find_parts(tree: Mapping, reading: Reading) -> list[Part]:
    """Every container of the file, in its order, with what it becomes."""
    services = section(tree, "services")
    made: list[Part] = []
    for container, entry in services.entries.items() if services else ():
        if not isinstance(entry.node, Mapping):
            reading.ledger.lost(entry, f"services.{container}", "it says nothing: neither image nor build")
            continue
        made.append(_part(container, entry, entry.node, {part.name for part in made}, reading))
    if not any(part.role is Role.SERVICE for part in made):
        # A monitoring stack by itself is the system, not the watcher of one.
        made = [replace(part, role=Role.SERVICE) if part.role is Role.MONITORING else part for part in made]
    return made


def _part(container: str, entry: Entry, node: Mapping, taken: set[str], reading: Reading) -> Part:
    ledger = reading.ledger
    name = part_name(container)
    while name in taken:
        name = f"{name[:38]}-2"
    if name != container:
        ledger.remark(entry, f"services.{container}", Fate.CARRIED, f"it is called {name}")
    image = read_image(text_of(node.entries["image"].node)) if "image" in node.entries else None
    command = _command(node)
    source = None
    if "build" in node.entries:
        source = read_source(node.entries["build"], f"services.{container}.build", command, reading.folder, ledger)
        if source is not None and "image" in node.entries:
            ledger.replaced(
                node.entries["image"],
                f"services.{container}.image",
                "it is built; the name of the image is the target's",
            )
    if not command and source is not None:
        command = (*source.recipe.entrypoint, *source.recipe.command)
    part = Part(
        container,
        name,
        entry,
        node,
        _role(image, source),
        image if source is None else None,
        source,
        understand(command),
        _environment(container, node, reading),
        _hosts(container, node),
    )
    part.port = _port(part)
    return part


def _command(node: Mapping) -> tuple[str, ...]:
    given = [words(node.entries[word].node) if word in node.entries else () for word in ("entrypoint", "command")]
    return (*given[0], *given[1])


def _role(image: Image | None, source: Source | None) -> Role:
    if source is not None:
        return {Kind.PROXY: Role.PROXY, Kind.POSTGRES: Role.POSTGRES}.get(source.kind, Role.SERVICE)
    return image.known.role if image and image.known else Role.SERVICE


def _hosts(container: str, node: Mapping) -> set[str]:
    found = {container}
    found |= {text_of(node.entries[word].node) for word in ("container_name", "hostname") if word in node.entries}
    for _, _, more in names(node.entries["networks"].node if "networks" in node.entries else None):
        found |= (
            {text_of(item) for item in items(more.entries["aliases"].node)}
            if more and "aliases" in more.entries
            else set()
        )
    return {host for host in found if host}


def _port(part: Part) -> int | None:
    if part.is_resource:
        known = part.image.known if part.image else None
        return known.port if known else 5432
    ports = [
        mapping for item in items(part.get("ports")) if (mapping := port_mapping(item)) and mapping.protocol == "tcp"
    ]
    exposed = [mapping.target for item in items(part.get("expose")) if (mapping := port_mapping(item))]
    from_labels = [
        int(pair.value)
        for pair in pairs(part.get("labels"))
        if pair.value and pair.value.isdecimal() and re.search(r"loadbalancer\.server\.port$|^VIRTUAL_PORT$", pair.name)
    ]
    virtual = part.variable("VIRTUAL_PORT")
    listens = (
        [part.program.port] if part.program.port and (ports or exposed or from_labels or part.program.flexible) else []
    )
    candidates = [
        *from_labels,
        *([int(virtual)] if virtual.isdecimal() else []),
        *[mapping.target for mapping in ports],
        *exposed,
        *listens,
    ]
    if candidates:
        return candidates[0]
    known = part.image.known if part.image and part.role is Role.SERVICE else None
    return (part.program.port if part.is_python else None) or (known.port if known else 0) or None


def _environment(container: str, node: Mapping, reading: Reading) -> list[Pair]:
    """The variables of a container: those of its env files first, its own over them."""
    found: dict[str, Pair] = {}
    entry = node.entries.get("env_file")
    key = f"services.{container}.env_file"
    for item in items(entry.node) if entry else ():
        path = item.entries["path"].node if isinstance(item, Mapping) and "path" in item.entries else item
        text = reading.folder.text(join(".", text_of(path)))
        if text is None:
            reading.ledger.lost(
                item, key, f"there is no file {text_of(path)}", "Write its variables under `environment` or `secrets`."
            )
            continue
        for name, value in read_env(text).items():
            found[name] = Pair(name, value, item, item, from_file=True)
        reading.ledger.carried(item, key, f"the variables of {text_of(path)} stand in `environment` and `secrets`")
    for pair in pairs(node.entries["environment"].node if "environment" in node.entries else None):
        given = reading.values.get(pair.name) if pair.value is None else pair.value
        found[pair.name] = Pair(pair.name, given, pair.spot, pair.node)
    return list(found.values())


def say_kept(ledger: Ledger, part: Part, word: str, what: str) -> None:
    """Note that Stackyard does itself what this word of a container says."""
    if word in part.node.entries:
        ledger.replaced(part.node.entries[word], f"{part.key}.{word}", what)
