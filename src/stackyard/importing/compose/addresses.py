"""Addresses and credentials in the variables of a container become references: `db:5432` is `${db.host}:${db.port}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stackyard.importing.compose.forms import split
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.parts import Part

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+:-]*)://(?:(?P<user>[^:@/\s,]*)(?P<colon>:(?P<password>[^@/\s,]*))?@)?"
    r"(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>[0-9]+))?(?P<path>/[^\s,?#]*)?(?P<query>\?[^\s,#]*)?"
)
_PLAIN = re.compile(r"(?P<host>[A-Za-z0-9_][A-Za-z0-9_.-]*):(?P<port>[0-9]{2,5})(?![0-9])")
_HOST_NAME = re.compile(
    r"HOST|SERVER|ADDR|ENDPOINT|URL|URI|BROKER|NODE|BACKEND|UPSTREAM|SERVICE|LOCATION", re.IGNORECASE
)
_WORDS = {
    Role.POSTGRES: re.compile(r"POSTGRES|PG|DB|DATABASE|SQL", re.IGNORECASE),
    Role.REDIS: re.compile(r"REDIS|VALKEY|CACHE|BROKER", re.IGNORECASE),
    Role.OBJECTS: re.compile(r"S3|MINIO|AWS|BUCKET|STORAGE|OBJECT", re.IGNORECASE),
    Role.QUEUE: re.compile(r"RABBIT|AMQP|QUEUE|BROKER|CELERY", re.IGNORECASE),
}
_USER = re.compile(r"USER|ROLE|LOGIN|ACCESS_KEY", re.IGNORECASE)
_NAME = re.compile(r"NAME|_DB$|^DB$|DATABASE|_DB_|^PGDATABASE$", re.IGNORECASE)
_SECRET = re.compile(r"PASS|PWD|SECRET|_PW$", re.IGNORECASE)


@dataclass
class Addresses:
    """The parts by the names that the Compose file uses for them."""

    parts: Mapping[str, Part]

    def part(self, host: str) -> Part | None:
        return self.parts.get(host)


@dataclass
class Rewritten:
    """A value with references, the resources that they need, and whether it changed.

    `has_password` is true when a URL to elsewhere holds one.
    """

    text: str
    needs: list[str] = field(default_factory=list)
    changed: bool = False
    has_password: bool = False


def escape(text: str) -> str:
    """Plain text as a stack file takes it: there `${` begins a reference."""
    return text.replace("${", "$${")


def rewrite(name: str, value: str, addresses: Addresses, secret_of: Callable[[str, str], str]) -> Rewritten:
    """The value of the variable `name` with every address of a part turned into a reference.

    `secret_of` names the secret for a password in a URL of a part that is no resource.
    """
    made = Rewritten("")
    place = 0
    for match in _URL.finditer(value):
        part = addresses.part(match["host"])
        made.text += escape(value[place : match.start()])
        made.text += _url(match, part, made, secret_of, name) if part else escape(match[0])
        made.has_password = made.has_password or bool(match["password"] and part is None)
        place = match.end()
    rest = value[place:]
    if place:
        made.text += escape(rest)
        return made
    return _bare(name, value, addresses)


def _bare(name: str, value: str, addresses: Addresses) -> Rewritten:
    whole = addresses.part(value)
    if whole is not None and _HOST_NAME.search(name) and (whole.port or whole.is_resource):
        return Rewritten(f"${{{whole.name}.host}}", [whole.name] if whole.is_resource else [], True)
    made = Rewritten("")
    place = 0
    for match in _PLAIN.finditer(value):
        part = addresses.part(match["host"])
        if part is None or not (part.port or part.is_resource):
            continue
        made.text += escape(value[place : match.start()]) + _place(part)
        made.needs += [part.name] if part.is_resource else []
        made.changed = True
        place = match.end()
    made.text += escape(value[place:])
    return made


def _place(part: Part) -> str:
    return f"${{{part.name}.host}}:${{{part.name}.port}}"


def _url(match: re.Match[str], part: Part, made: Rewritten, secret_of: Callable[[str, str], str], name: str) -> str:
    if not part.is_resource and part.port is None:
        made.has_password = made.has_password or bool(match["password"])
        return escape(match[0])
    made.changed = True
    scheme, path, query = match["scheme"], match["path"] or "", match["query"] or ""
    if not part.is_resource:
        if not match["user"] and scheme == "http":
            return f"${{{part.name}.url}}{escape(path + query)}"
        login = f"{escape(match['user'])}:{secret_of(name, match['password'])}@" if match["password"] else ""
        login = login or (f"{escape(match['user'])}@" if match["user"] else "")
        return f"{scheme}://{login}{_place(part)}{escape(path + query)}"
    made.needs.append(part.name)
    return _of_resource(part, scheme, path, query, has_login=match["user"] is not None)


def _of_resource(part: Part, scheme: str, path: str, query: str, *, has_login: bool) -> str:
    own = part.name
    if part.role is Role.OBJECTS:
        return f"${{{own}.endpoint}}{escape(path)}"
    if part.role is Role.QUEUE:
        return f"${{{own}.url}}"
    if part.role is Role.REDIS:
        if path.strip("/") in ("", "0") and not query and scheme == "redis":
            return f"${{{own}.url}}"
        return f"{scheme}://:${{{own}.password}}@{_place(part)}{escape(path + query)}"
    if scheme in ("postgres", "postgresql") and not query:
        return f"${{{own}.url}}"
    database = f"/${{{own}.database}}" if path.strip("/") else path
    login = f"${{{own}.user}}:${{{own}.password}}@" if has_login else ""
    return f"{scheme}://{login}{_place(part)}{database}{escape(query)}"


def credential(name: str, value: str, resources: list[Part]) -> str:
    """The reference for a user, password, database, port or bucket of one of these resources; "" for none of them."""
    for part in resources:
        words = _WORDS[part.role]
        for attribute, held, pattern in _credentials(part):
            if held and value == held and pattern.search(name) and words.search(name):
                return f"${{{part.name}.{attribute}}}"
        if value == str(part.port) and re.search(r"PORT(_NUMBER)?$", name, re.IGNORECASE) and words.search(name):
            return f"${{{part.name}.port}}"
        if part.role is Role.OBJECTS and re.search(r"BUCKET", name, re.IGNORECASE):
            return f"${{{part.name}.bucket}}"
    return ""


def _credentials(part: Part) -> list[tuple[str, str, re.Pattern[str]]]:
    if part.role is Role.POSTGRES:
        user = part.variable("POSTGRES_USER", "POSTGRESQL_USERNAME") or "postgres"
        return [
            ("password", part.variable("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD"), _SECRET),
            ("user", user, _USER),
            ("database", part.variable("POSTGRES_DB", "POSTGRESQL_DATABASE") or user, _NAME),
        ]
    if part.role is Role.QUEUE:
        user = part.variable("RABBITMQ_DEFAULT_USER", "RABBITMQ_USERNAME") or "guest"
        return [
            ("password", part.variable("RABBITMQ_DEFAULT_PASS", "RABBITMQ_PASSWORD") or "guest", _SECRET),
            ("user", user, _USER),
        ]
    if part.role is Role.OBJECTS:
        return [
            (
                "secret_key",
                part.variable("MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY"),
                re.compile("SECRET|PASS", re.IGNORECASE),
            ),
            (
                "access_key",
                part.variable("MINIO_ROOT_USER", "MINIO_ACCESS_KEY"),
                re.compile("ACCESS|USER|KEY_ID", re.IGNORECASE),
            ),
        ]
    return [("password", redis_password(part), _SECRET)]


def redis_password(part: Part) -> str:
    """The password that the command or the variables of a Redis give it."""
    words = part.program.words
    words = tuple(word for text in words for word in (split(text) if " " in text else (text,)))
    place = words.index("--requirepass") if "--requirepass" in words else -1
    given = words[place + 1] if 0 <= place < len(words) - 1 else ""
    return given or part.variable("REDIS_PASSWORD", "VALKEY_PASSWORD")
