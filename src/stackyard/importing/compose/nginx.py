"""An nginx configuration, as far as it can be read surely: server names, locations with a proxy_pass, upstreams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from stackyard.importing.compose.routes import Routing

_TOKEN = re.compile(r"\s+|#[^\n]*|\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([{};])|((?:\$\{[^}]*\}|[^\s{};\"'])+)")
_DEEPEST = 10
_OWN_WAY = frozenset(
    [
        "worker_processes",
        "worker_connections",
        "user",
        "pid",
        "error_log",
        "access_log",
        "log_format",
        "include",
        "default_type",
        "sendfile",
        "tcp_nopush",
        "tcp_nodelay",
        "keepalive_timeout",
        "keepalive",
        "gzip",
        "gzip_types",
        "gzip_vary",
        "gzip_proxied",
        "gzip_comp_level",
        "gzip_min_length",
        "gzip_disable",
        "types_hash_max_size",
        "listen",
        "server_tokens",
        "proxy_set_header",
        "proxy_http_version",
        "proxy_redirect",
        "proxy_buffering",
        "ssl_certificate",
        "ssl_certificate_key",
        "ssl_protocols",
        "ssl_ciphers",
        "ssl_prefer_server_ciphers",
        "ssl_session_cache",
        "ssl_session_timeout",
        "ssl_dhparam",
        "http2",
        "charset",
        "root",
        "index",
        "try_files",
        "map",
        "multi_accept",
        "use",
        "proxy_connect_timeout",
        "proxy_cache_bypass",
        "events",
        "http",
        "resolver",
        "expires",
        "server_name_in_redirect",
    ]
)
"""Directives for which the edge has its own settings, as good or better."""


@dataclass
class Directive:
    """A directive with its words, and what stands in its braces."""

    words: list[str]
    block: list[Directive] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.words[0]

    @property
    def first(self) -> str:
        return self.words[1] if len(self.words) > 1 else ""


def read_nginx(text: str) -> Routing:
    """The routes of a configuration; what was not understood is in `lost`."""
    found = Routing()
    try:
        top = _block(_tokens(text), 0)
    except (ValueError, StopIteration):
        found.say("its nginx configuration cannot be read")
        return found
    upstreams: dict[str, str] = {}
    for one in _all(top):
        if one.name == "upstream":
            servers = [inner.first for inner in one.block if inner.name == "server"]
            upstreams[one.first] = servers[0] if servers else ""
            if len(servers) > 1:
                found.say(f"upstream {one.first} has several servers: `replicas` says how many of a service run")
    _take_all(top, (), upstreams, found)
    return found


def _take_all(block: list[Directive], names: tuple[str, ...], upstreams: dict[str, str], found: Routing) -> None:
    """Every directive, with the names of the server that it stands in."""
    for one in block:
        own = names
        if one.name == "server" and one.block:
            own = tuple(name for inner in one.block if inner.name == "server_name" for name in _public(inner))
        _take(one, own, upstreams, found)
        _take_all(one.block, own, upstreams, found)


def _public(one: Directive) -> list[str]:
    return [name for name in one.words[1:] if name not in ("_", "localhost")]


def _take(one: Directive, names: tuple[str, ...], upstreams: dict[str, str], found: Routing) -> None:
    if one.name == "server_name":
        found.hosts += [name for name in _public(one) if name not in found.hosts]
    elif one.name == "client_max_body_size":
        found.body = one.first
    elif one.name == "location":
        _location(one, names, upstreams, found)
    elif one.name == "add_header" and one.first.lower() == "content-security-policy":
        found.csp = one.words[2] if len(one.words) > 2 else ""
    elif one.name == "limit_req_zone":
        found.say("rate limits: write them into `edge.limits`")
    elif one.name in ("auth_basic", "allow", "deny"):
        found.say(f"{one.name}: paths for some addresses only are `edge.admin`")
    elif one.name == "rewrite" or (one.name == "return" and not re.fullmatch(r"30[1278]", one.first)):
        found.say(f"{one.name}")
    elif one.name not in _OWN_WAY and one.name not in _STRUCTURE:
        found.say(one.name)


_STRUCTURE = frozenset(
    [
        "server",
        "upstream",
        "if",
        "location",
        "proxy_pass",
        "uwsgi_pass",
        "fastcgi_pass",
        "alias",
        "add_header",
        "limit_req",
        "limit_req_zone",
        "limit_conn",
        "limit_conn_zone",
        "limit_req_status",
        "return",
        "auth_basic_user_file",
        "proxy_read_timeout",
        "proxy_send_timeout",
        "set",
    ]
)


def _location(one: Directive, names: tuple[str, ...], upstreams: dict[str, str], found: Routing) -> None:
    words = one.words[1:]
    modifier = words.pop(0) if words and words[0] in ("=", "~", "~*", "^~") else ""
    path = words[0] if words else "/"
    target = next((inner for inner in one.block if inner.name in ("proxy_pass", "uwsgi_pass", "fastcgi_pass")), None)
    if any(inner.name == "alias" for inner in one.block) or (target is None and path != "/" and _is_served(one)):
        found.say(f"the files below {path}: let the service send them, or make them a front end (`static`)")
        return
    if target is None:
        return
    if target.name != "proxy_pass":
        found.say(f"{target.name} of {path}: a service speaks HTTP")
        return
    if modifier in ("~", "~*") or path.startswith("@"):
        if path.startswith("@"):
            found.add("/", _target(target.first, upstreams), names)
        else:
            found.say(f"the location {path}: a route is a path, not a pattern")
        return
    _, _, rest = target.first.partition("://")
    if "/" in rest and path not in ("/", f"/{rest.partition('/')[2]}"):
        found.say(f"the path of {path} is not cut off: the service has to answer below it")
    if "$" in target.first:
        found.say(f"the location {path}: its target is a variable")
        return
    found.add(path, _target(target.first, upstreams), names)


def _is_served(one: Directive) -> bool:
    return any(inner.name in ("root", "try_files") for inner in one.block)


def _target(url: str, upstreams: dict[str, str]) -> str:
    host = url.partition("://")[2].partition("/")[0] or url
    return upstreams.get(host, host)


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError
        place = match.end()
        if match.lastindex:
            yield next(group for group in match.groups() if group is not None)


def _block(tokens: Iterator[str], depth: int) -> list[Directive]:
    if depth > _DEEPEST:
        raise ValueError
    made: list[Directive] = []
    words: list[str] = []
    for token in tokens:
        if token == ";":
            made += [Directive(words)] if words else []
            words = []
        elif token == "{":
            if not words:
                raise ValueError
            made.append(Directive(words, _block(tokens, depth + 1)))
            words = []
        elif token == "}":
            return made
        else:
            words.append(token)
    return made


def _all(block: list[Directive]) -> Iterator[Directive]:
    for one in block:
        yield one
        yield from _all(one.block)
