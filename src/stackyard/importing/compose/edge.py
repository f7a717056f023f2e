"""The edge, from whatever stands in front in the Compose file: nginx, Caddy, Traefik, or nginx-proxy's variables."""

from __future__ import annotations

import re
from posixpath import join
from typing import Any

from stackyard.importing.compose.caddy import read_caddyfile
from stackyard.importing.compose.context import Context
from stackyard.importing.compose.forms import Mount, items, mount, pairs, port_mapping, size
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.jobs import dependencies
from stackyard.importing.compose.nginx import read_nginx
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.reading import section, text_of
from stackyard.importing.compose.routes import Routing
from stackyard.importing.compose.sources import relative
from stackyard.importing.compose.traefik import read_labels
from stackyard.importing.result import Fate
from stackyard.spec.shapes import CSP, EMAIL, HOST, URL_PATH

CERTIFICATES = re.compile(r"ssl|cert|letsencrypt|acme|tls")
"""Where proxies keep certificates."""

_LOCAL = ("localhost", ".localhost", ".local", ".test", ".internal", ".lan", ".docker")


def find_routing(context: Context) -> tuple[Routing, bool]:
    """What all proxies of the file say together, and whether anything stands in front at all."""
    found = Routing()
    proxies = [part for part in context.parts if part.role is Role.PROXY]
    for part in context.services:
        labels = list(pairs(part.get("labels")))
        own = read_labels(labels, part.container)
        for pair in labels:
            if pair.name.lower().startswith("traefik."):
                context.ledger.carried(pair.spot, f"{part.key}.labels.{pair.name}", "`edge`")
        if own.lost:
            _say_lost(part, own, context)
        found.join(own)
        if virtual := part.variable("VIRTUAL_HOST"):
            found.hosts += [host for host in virtual.split(",") if host not in found.hosts]
            found.add(part.variable("VIRTUAL_PATH") or "/", part.container, virtual.split(","))
            found.acme = found.acme or bool(part.variable("LETSENCRYPT_HOST"))
    for part in context.parts:
        if part.role is Role.PROXY or part.is_static:
            found.join(_read_files(part, context))
    for part in proxies:
        words = " ".join(part.program.words)
        match = re.search(r"acme\.email=(\S+)", words)
        found.email = found.email or (match[1] if match else "")
        found.acme = found.acme or "acme" in words
    found.acme = found.acme or any(part.role is Role.CERTIFICATES for part in context.parts)
    return found, bool(proxies or found.routes)


def _read_files(part: Part, context: Context) -> Routing:
    """The configuration of a proxy: what is mounted into it, or copied into its image."""
    found = Routing()
    entry = part.node.entries.get("volumes")
    for item in items(entry.node) if entry else ():
        one = mount(item)
        if not one.is_bind:
            _say_named(part, item, one, context)
            continue
        read = _read_path(relative(one.source), context)
        if read is not None:
            found.join(read)
            context.ledger.carried(item, f"{part.key}.volumes", f"`edge`: what {one.source} says of routes and hosts")
            _say(item, f"{part.key}.volumes", one.source, read, context)
        elif CERTIFICATES.search(one.target) and part.role is Role.PROXY:
            context.ledger.replaced(
                item, f"{part.key}.volumes", "the edge has a certificate of its own; `edge.tls` names another"
            )
        elif part.role is Role.PROXY and not _is_socket(one.source):
            context.ledger.lost(
                item,
                f"{part.key}.volumes",
                f"the edge does not read {one.source}",
                "Say its routes in `edge.routes`, its files as a front end (`static`).",
            )
    source = part.source
    for name in source.recipe.copied if source else ():
        read = (
            _read_path(join(source.path, name), context)
            if source and re.search(r"\.(conf|template)$|Caddyfile", name)
            else None
        )
        if read is not None:
            found.join(read)
            _say(part.entry, part.key, name, read, context)
    return found


def _say_named(part: Part, item: Any, one: Mount, context: Context) -> None:
    """Say what became of a named volume of a proxy: its certificates, or files that a service left there for it."""
    if part.role is not Role.PROXY:
        return
    if CERTIFICATES.search(one.target) or one.target in ("/data", "/config"):
        context.ledger.replaced(item, f"{part.key}.volumes", "certificates are the edge's to keep")
    else:
        what = f"the edge serves no files from {one.target}"
        context.ledger.lost(
            item, f"{part.key}.volumes", what, "Let the service send them, or make them a front end (`static`)."
        )


def _is_socket(source: str) -> bool:
    return source.endswith("docker.sock")


def _read_path(path: str, context: Context) -> Routing | None:
    folder = context.reading.folder
    names = [path]
    if folder.is_folder(path):
        names = [join(path, name) for name in folder.names(path) if re.search(r"\.(conf|template)$|Caddyfile", name)]
    found: Routing | None = None
    for name in names:
        text = folder.text(name)
        if text is None or not re.search(r"\.(conf|template)$|Caddyfile|nginx", name):
            continue
        read = read_caddyfile(text) if "Caddyfile" in name else read_nginx(text)
        found = found or Routing()
        found.join(read)
    return found


def _say(spot: Any, key: str, file: str, read: Routing, context: Context) -> None:
    if read.lost:
        what = f"of {file}: {'; '.join(read.lost)}"
        context.ledger.remark(spot, key, Fate.LOST, what, "stackyard explain edge")


def _say_lost(part: Part, read: Routing, context: Context) -> None:
    what = f"of its labels: {'; '.join(read.lost)}"
    context.ledger.remark(part.node.entries["labels"], f"{part.key}.labels", Fate.LOST, what, "stackyard explain edge")


def carry_edge(found: Routing, *, is_there: bool, context: Context) -> None:
    """Write the edge, and give the services that it reaches a port."""
    statics = [part for part in context.services if part.is_static]
    if not is_there and not statics:
        return
    made: dict[str, Any] = {}
    _ports(made, context)
    main = _hosts(found, made, context)
    routes = _routes(found, main, statics, context)
    if routes:
        made["routes"] = routes
    if size(found.body) and size(found.body) != "10MB":
        made["body"] = size(found.body)
    if re.fullmatch(CSP, found.csp):
        made["csp"] = found.csp
    elif is_there:
        # What was served by others' rules so far would be stopped by a strict policy, inline scripts above all.
        made["csp"] = False
        context.draft.remark("edge.csp", "Nothing sent a policy so far. Without this line the edge sends a strict one.")
    context.draft.edge = made
    for word in ("http", "https"):
        if word in made:
            context.ports.add(made[word])
    context.ports |= {made.get("http", 80), made.get("https", 443)}


def _ports(made: dict[str, Any], context: Context) -> None:
    for part in context.parts:
        entry = part.node.entries.get("ports") if part.role is Role.PROXY else None
        for item in items(entry.node) if entry else ():
            found = port_mapping(item)
            slot = {80: "http", 8080: "", 443: "https", 8443: "https"}.get(found.target, "") if found else ""
            if found is None or not slot or found.protocol != "tcp":
                context.ledger.replaced(item, f"{part.key}.ports", "the edge listens for HTTP and HTTPS alone")
                continue
            if found.published not in (None, 80, 443):
                made[slot] = found.published
            context.ledger.carried(item, f"{part.key}.ports", f"`edge.{slot}`")


def _hosts(found: Routing, made: dict[str, Any], context: Context) -> str:
    """The public name, which goes to production: in development there is one below localhost. "" for none."""
    hosts = [host.lower() for host in found.hosts if re.fullmatch(HOST, host.lower()) and host.lower() != "localhost"]
    public = [host for host in hosts if "." in host and not host.endswith(_LOCAL)]
    local = [host for host in hosts if host.endswith(_LOCAL)]
    if local:
        made["host"] = local[0]
    if not public:
        return local[0] if local else ""
    main = min(public, key=lambda host: (host.removeprefix("www.").count("."), public.index(host)))
    over: dict[str, Any] = {"host": main}
    if found.acme:
        over["tls"] = "acme"
        if re.fullmatch(EMAIL, found.email):
            over["acme_email"] = found.email
    context.draft.production["edge"] = over
    return main


def _routes(found: Routing, main: str, statics: list[Part], context: Context) -> dict[str, str]:
    routes: dict[str, str] = {}
    for (name, path), (host, port) in sorted(found.routes.items(), key=lambda one: one[0][0] not in ("", main)):
        part = context.addresses.part(host)
        if part is None or part.role is not Role.SERVICE or not re.fullmatch(URL_PATH, path):
            continue
        if not part.is_static:
            part.port = part.port or port or 80
        if name in ("", main) or name.removeprefix("www.") == main:
            routes.setdefault(path, part.name)
        else:
            _of_other_host(name, path, part, routes, context)
    for part in statics:
        routes.setdefault("/", part.name)
    if not found.routes:
        _guess(routes, statics, context)
    return {} if routes == _derived(statics, context) else dict(sorted(routes.items(), reverse=True))


def _of_other_host(name: str, path: str, part: Part, routes: dict[str, str], context: Context) -> None:
    """The edge has one host: what answered on another gets a path with the first label of that one."""
    own = f"/{name.partition('.')[0]}{path}".rstrip("/")
    if part.name in routes.values() or not re.fullmatch(URL_PATH, own):
        return
    routes.setdefault(own, part.name)
    what = f"the edge has one host: what {name} answered is below {own}"
    advice = f"See that {part.name} answers below {own}, or give it a stack file of its own."
    context.ledger.remark(part.entry, part.key, Fate.LOST, what, advice)


def _derived(statics: list[Part], context: Context) -> dict[str, str]:
    """The routes that a stack file has without saying them."""
    answering = [part for part in context.services if part.is_static or part.port is not None]
    if len(answering) == 1:
        return {"/": answering[0].name}
    if len(statics) == 1 and len(answering) == 2:
        return {"/": statics[0].name, "/api": next(part.name for part in answering if not part.is_static)}
    return {}


def _guess(routes: dict[str, str], statics: list[Part], context: Context) -> None:
    """Routes of a proxy whose configuration is not there to be read: the first service that it waits for."""
    proxies = [part for part in context.parts if part.role is Role.PROXY]
    waited = [context.named(name) for part in proxies for name in dependencies(part)]
    answering = [part for part in context.services if part.port is not None and not part.is_static]
    first = [part for part in waited if part is not None and part in answering] or answering
    if first:
        path = "/api" if statics else "/"
        routes.setdefault(path, first[0].name)
        spot = proxies[0] if proxies else first[0]
        what = f"its routes are not there to be read: {path} leads to {first[0].name}"
        context.ledger.remark(spot.entry, spot.key, Fate.LOST, what, "See that `edge.routes` says what you mean.")


def carry_monitoring(context: Context) -> None:
    """Write `monitoring` where Prometheus and Grafana watch the other containers."""
    names = {
        part.image.name.rpartition("/")[2] for part in context.parts if part.role is Role.MONITORING and part.image
    }
    if names:
        context.draft.monitoring = {"grafana": True} if names & {"grafana", "grafana-oss"} else {"prometheus": True}


def carry_network(context: Context, tree: Any) -> None:
    """Carry the subnet of the one network that has one."""
    networks = section(tree, "networks")
    subnets = []
    for name, entry in networks.entries.items() if networks else ():
        ipam = section(entry.node, "ipam")
        config = items(ipam.entries["config"].node) if ipam and "config" in ipam.entries else []
        for item in config:
            inner = getattr(item, "entries", {}).get("subnet")
            subnets += [(name, inner)] if inner else []
    if len(subnets) == 1:
        name, entry = subnets[0]
        context.draft.network = text_of(entry.node)
        context.ledger.carried(entry, f"networks.{name}.ipam.config.subnet", "`network`")
