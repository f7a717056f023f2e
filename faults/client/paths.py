"""Paths that try to reach what is not for the outside: dot files, backups, internal endpoints, administration."""

from __future__ import annotations

from collections.abc import Iterator

from faults.client.target import Target, statuses
from faults.client.verdict import shows_internals
from faults.result import Result
from faults.tally import Tally

_FILES = (".env", ".git/config", "dump.sql", "index.html~", "page.bak", ".well-known/openid-configuration")
_INSIDE = ("metrics", "health/detailed", "inside", "office")
# Each makes of a base and a name what a filter may not recognise, and a file system or a framework may.
_TRICKS = (
    "{base}/{name}",
    "/{base}/{name}",
    "{base}//{name}",
    "{base}/./{name}",
    "{base}/x/../{name}",
    "{base}/x/%2e%2e/{name}",
    "{base}/x/..%2f{name}",
    "{base}%2f{name}",
    "{base}/%2f{name}",
    "{base}/{first}{rest}",
    "{base}/{name}?x=/index.html",
    "{base}/{name}#x",
    "{base}/{name}/",
    "{base}/{name}//",
    "{base}/{name}/.",
    "{base}/{name}/x/..",
    "/x/..{base}/{name}",
    "/%2e%2e{base}/{name}",
    "{base}/..{base}/{name}",
    "{base}/{upper}",
    "{base}/..;/{name}",
    "{base}/.;/{name}",
    "https://{host}{base}/{name}",
)
# What these name is something else, a file of that very name: not there, or for the service to judge as it stands.
_LITERAL = (
    "{base}/%252e%252e/{name}",
    "{base}/%25{hexadecimal}{rest}",
    "{base}/{name}%00",
    "{base}/{name}%00.html",
    "{base}/{name}%0a",
    "{base}/{name}%20",
    "{base}/{name}.",
    "{base}/{name};x",
    "{base}\\{name}",
    "{base}/..\\{name}",
    "{base}%5c{name}",
    "{base}/..%5c{name}",
    "{base}/%c0%ae{name}",
    "{base}/%u002e{name}",
    "{base}/{name}::$DATA",
)
_DEEP = (
    "/site/../../../../etc/passwd",
    "/site../judge/judge.py",
    "/site../.env",
    "/site/..%2f..%2f..%2fetc/passwd",
    "/site/%2e%2e/%2e%2e/etc/passwd",
    "/site/....//....//etc/passwd",
    "/site/assets../.env",
    "/site/assets/../.env",
    "/site//etc/passwd",
    "/site/%2fetc%2fpasswd",
    "/../../etc/passwd",
    "/nginx-health",
    "/nginx-told",
    "/nginx-echo",
    "/.edge/page",
    "/.edge/away-page",
    "/.stackyard/development/secrets",
)
_REFUSED = {400, 403, 404, 405, 414, 421}


def results(target: Target, group: str, rounds: int) -> Iterator[Result]:
    """A line for files, one for endpoints and one for what lies above the folder."""
    files = [path for name in _FILES for path in _paths(target, "/site", name, _TRICKS + _LITERAL)]
    yield _tried(target, group, "paths towards dot files and backups", files * rounds)
    inside = [path for name in _INSIDE for path in _paths(target, "/judge", name, _TRICKS)]
    yield _tried(target, group, "paths towards internal endpoints and administration", inside * rounds)
    literal = [path for name in _INSIDE for path in _paths(target, "/judge", name, _LITERAL)]
    yield _tried(target, group, "paths that look like internal endpoints", literal * rounds, literal=True)
    yield _tried(target, group, "paths out of the folder, and the edge's own addresses", list(_DEEP) * rounds)


def _paths(target: Target, base: str, name: str, tricks: tuple[str, ...]) -> list[str]:
    hexadecimal = f"{ord(name[0]):02x}"
    words = {
        "base": base,
        "name": name,
        "rest": name[1:],
        "first": f"%{hexadecimal}",
        "hexadecimal": hexadecimal,
        "upper": name.upper(),
        "host": target.host,
    }
    return [trick.format(**words) for trick in tricks]


def _tried(target: Target, group: str, what: str, paths: list[str], *, literal: bool = False) -> Result:
    must = "a refusal without a word about internals, and nothing reaches the service"
    if literal:
        must = "a refusal, or the service is asked for that very path, not for the internal one"
    tally = Tally(group, what, must)
    for path in paths:
        fault = _fault(target, path, literal=literal)
        tally.count([f"{path}: {fault}"] if fault else [])
    return tally.result()


def _fault(target: Target, path: str, *, literal: bool) -> str:
    target.record()
    raw = f"GET {path} HTTP/1.1\r\nHost: {target.host}\r\nConnection: close\r\n\r\n".encode("latin-1")
    answer = target.exchange(raw)
    found = statuses(answer)
    reached = target.record()
    asked = [request.split(" ", 2)[1] for request in reached]
    if fault := shows_internals(answer):
        return fault
    if literal:
        return "" if all(one == path.partition("#")[0] for one in asked) else f"the service was asked for {asked}"
    if reached:
        return f"the service was asked for {asked}"
    # A front end answers with its page where nothing of that name is: that gives nothing away.
    is_page = found == [200] and b"<title>site</title>" in answer
    return "" if is_page or (found and set(found) <= _REFUSED) else f"answered {found}: {answer[:100]!r}"
