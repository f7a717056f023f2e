"""A Caddyfile, as far as it can be read surely: its addresses, and `reverse_proxy` with a path or in a `handle`."""

from __future__ import annotations

import re

from stackyard.importing.compose.routes import Routing

_OWN_WAY = frozenset(
    ["encode", "log", "tls", "header_up", "header_down", "format", "output", "level", "file_server", "root", "import"]
)
_HANDLES = ("handle", "handle_path", "route")


def read_caddyfile(text: str) -> Routing:
    """The routes of a Caddyfile; what was not understood is in `lost`."""
    found = Routing(acme=True)
    stack: list[list[str]] = []
    for line in re.sub(r"(?m)(^|\s)#.*$", "", text).splitlines():
        words = line.split()
        opens = bool(words) and words[-1] == "{"
        words = words[:-1] if opens else words
        if words == ["}"]:
            del stack[-1:]
            continue
        if words:
            _take(words, stack, found, opens=opens)
        if opens:
            stack.append(words)
    return found


def _take(words: list[str], stack: list[list[str]], found: Routing, *, opens: bool) -> None:
    name = words[0]
    if not stack:
        if opens or not found.hosts:
            found.hosts += _addresses(words)
            found.acme = found.acme and not any(word.startswith(("http://", ":")) for word in words)
    elif not stack[0]:
        if name == "email" and len(words) > 1:
            found.email = words[1]
    elif name == "reverse_proxy":
        _proxy(words[1:], stack, found)
    elif name in _HANDLES:
        if name == "handle_path":
            found.say(f"the path of {words[-1]} is not cut off: the service has to answer below it")
    elif name in ("basicauth", "basic_auth"):
        found.say(f"{name}: paths for some addresses only are `edge.admin`")
    elif (
        not any(outer and outer[0] in ("header", "reverse_proxy", "log", "encode", "tls") for outer in stack)
        and name not in _OWN_WAY
    ):
        found.say(name)


def _proxy(words: list[str], stack: list[list[str]], found: Routing) -> None:
    around = next((outer for outer in reversed(stack) if outer and outer[0] in _HANDLES), [])
    path = around[1] if len(around) > 1 else "/"
    if words and words[0].startswith("/"):
        path, words = words[0], words[1:]
    targets = [re.sub(r"^https?://", "", word) for word in words]
    if path.startswith("@") or (words and words[0].startswith("@")):
        found.say(f"the matcher {path if path.startswith('@') else words[0]}: a route is a path")
    elif targets:
        found.add(path, targets[0], _addresses(stack[0]))


def _addresses(words: list[str]) -> list[str]:
    names = (re.sub(r"^https?://", "", word.rstrip(",")).partition(":")[0] for word in words)
    return [name for name in names if name]
