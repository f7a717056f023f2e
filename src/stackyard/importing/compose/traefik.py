"""Traefik's labels on a container: the rules that lead to it, and what its middlewares do."""

from __future__ import annotations

import re

from stackyard.importing.compose.forms import Pair
from stackyard.importing.compose.routes import Routing

_MATCHER = re.compile(r"([A-Za-z]+)\(((?:[^()]|\([^()]*\))*)\)")
_QUOTED = re.compile(r"[`\"']([^`\"']+)[`\"']")
_OWN_WAY = re.compile(
    r"redirectscheme|compress|entrypoints|\.enable$|\.tls|docker\.network|loadbalancer|priority|customrequestheaders"
    r"|stsseconds|sslredirect|\.service$|\.middlewares$|constraint"
)
"""Labels for which the edge has its own way."""


def read_labels(labels: list[Pair], host: str) -> Routing:
    """The routes that the labels of the container `host` say."""
    found = Routing()
    values = {pair.name.lower(): pair.value or "" for pair in labels}
    for name, value in values.items():
        if not name.startswith("traefik."):
            continue
        if re.search(r"\.rule$", name):
            _rule(value, host, found)
        elif "certresolver" in name:
            found.acme = True
        elif not _OWN_WAY.search(name):
            found.say(_middleware(name))
    if values.get("traefik.enable", "").lower() == "false":
        return Routing()
    return found


def _rule(rule: str, host: str, found: Routing) -> None:
    paths: list[str] = []
    names: list[str] = []
    for matcher, inner in _MATCHER.findall(rule):
        values = _QUOTED.findall(inner)
        if matcher in ("Host", "HostSNI"):
            names += values
        elif matcher in ("PathPrefix", "Path"):
            paths += values
        else:
            found.say(f"the rule {matcher}: a route is a path")
    for path in paths or ["/"]:
        found.add(path, host, names)
    found.hosts += [name for name in names if name not in found.hosts]


def _middleware(name: str) -> str:
    match = re.search(r"middlewares\.[^.]+\.([a-z]+)", name)
    known = {
        "stripprefix": "StripPrefix: the service has to answer below the path",
        "basicauth": "BasicAuth: paths for some addresses only are `edge.admin`",
        "ratelimit": "RateLimit: write it into `edge.limits`",
        "ipallowlist": "IPAllowList: write it into `edge.admin`",
        "ipwhitelist": "IPWhiteList: write it into `edge.admin`",
        "headers": "Headers: the edge sends its own; `edge.cors` and `edge.csp` change them",
    }
    return known.get(match[1], f"the middleware {match[1]}") if match else name.removeprefix("traefik.")
