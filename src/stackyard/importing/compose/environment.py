"""The variables of a container: references for addresses, secrets for what nobody should read, the rest as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stackyard.importing.compose.addresses import Addresses, credential, escape, rewrite
from stackyard.importing.compose.draft import Draft, is_secret
from stackyard.importing.compose.forms import Pair
from stackyard.importing.compose.images import Role
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.reading import Reading
from stackyard.importing.result import Fate
from stackyard.spec.shapes import ENV_NAME

_GIVEN = {Role.POSTGRES: "DATABASE_URL", Role.REDIS: "REDIS_URL"}
_LISTENING = ("PORT", "HOST", "UVICORN_PORT", "UVICORN_HOST")
_PROXY = ("VIRTUAL_HOST", "VIRTUAL_PORT", "VIRTUAL_PATH", "LETSENCRYPT_HOST", "LETSENCRYPT_EMAIL")
_SECRET_FILE = "/run/secrets/"


@dataclass
class Environment:
    """What a service is given, and the resources that this refers to."""

    values: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)


def carry_environment(
    part: Part, addresses: Addresses, resources: list[Part], draft: Draft, reading: Reading
) -> Environment:
    """Every variable of a container, carried or reported."""
    made = Environment()
    for pair in part.environment:
        _carry(part, pair, addresses, resources, draft, reading, made)
    _add_redis_password(part, addresses, made, reading)
    return made


def drop_given(made: Environment, needs: list[str], resources: list[Part]) -> None:
    """Take away what every service is given by itself: the URLs of what it needs."""
    kinds: set[Role] = set()
    for part in sorted((one for one in resources if one.name in needs), key=lambda one: needs.index(one.name)):
        usual = _GIVEN.get(part.role, "") if part.role not in kinds else ""
        kinds.add(part.role)
        for name in (usual, f"{part.name.upper().replace('-', '_')}_URL"):
            if made.values.get(name) == f"${{{part.name}.url}}":
                del made.values[name]


def _carry(
    part: Part,
    pair: Pair,
    addresses: Addresses,
    resources: list[Part],
    draft: Draft,
    reading: Reading,
    made: Environment,
) -> None:
    ledger, key = reading.ledger, f"{part.key}.environment.{pair.name}"
    filled = reading.filled(pair.node)
    value = pair.value
    if not re.fullmatch(ENV_NAME, pair.name):
        ledger.lost(
            pair.spot,
            key,
            "a stack file takes letters, digits and underscores in names of variables",
            "Put it into the configuration of the part.",
        )
    elif part.is_static:
        _carry_public(pair, key, addresses, reading, made)
    elif value is not None and value.startswith(_SECRET_FILE):
        _carry_file(pair, value, draft, key, reading, made)
    elif value is None or (not value and filled.unset):
        _carry_unset(part, pair, draft, key, reading, made)
    elif pair.name in _PROXY:
        ledger.replaced(pair.spot, key, "the edge knows its host and its certificate")
    elif part.is_python and part.port and pair.name in _LISTENING:
        ledger.replaced(pair.spot, key, "a service with a port is told where to listen")
    elif reference := credential(pair.name, value, resources):
        made.values[pair.name] = reference
        made.needs.append(reference[2:].partition(".")[0])
        _say(pair, key, f"`{reference}`", reading)
    else:
        _carry_value(part, pair, value, addresses, draft, key, reading, made)


def _carry_value(
    part: Part,
    pair: Pair,
    value: str,
    addresses: Addresses,
    draft: Draft,
    key: str,
    reading: Reading,
    made: Environment,
) -> None:
    def secret_of(name: str, password: str) -> str:
        return f"${{secret.{draft.secret(f'{name}_PASSWORD', password, part.name)}}}"

    found = rewrite(pair.name, value, addresses, secret_of)
    if found.changed and not found.has_password:
        made.values[pair.name] = found.text
        made.needs += found.needs
        _say(pair, key, "addresses and credentials became references", reading)
    elif found.has_password or is_secret(pair.name, value) or draft.holds_secret(value):
        _carry_secret(part, pair, value, draft, key, reading, made)
    else:
        made.values[pair.name] = escape(value)
        _say(pair, key, "`environment`", reading)


def _carry_secret(
    part: Part, pair: Pair, value: str, draft: Draft, key: str, reading: Reading, made: Environment
) -> None:
    name = draft.secret(reading.filled(pair.node).only or pair.name, value, part.name)
    _give(name, pair.name, made)
    if draft.secrets[name].get("provided"):
        reading.ledger.carried(pair.spot, key, f"the secret {name}, to be set before the first start")
    else:
        reading.ledger.carried(pair.spot, key, f"the secret {name}, which is generated")


def _say(pair: Pair, key: str, what: str, reading: Reading) -> None:
    """Note what is carried; of a whole env file it is said once where it is named."""
    if not pair.from_file:
        reading.ledger.carried(pair.spot, key, what)


def _give(secret: str, variable: str, made: Environment) -> None:
    if secret == variable:
        made.secrets += [secret] if secret not in made.secrets else []
    else:
        made.values[variable] = f"${{secret.{secret}}}"


def _carry_file(pair: Pair, value: str, draft: Draft, key: str, reading: Reading, made: Environment) -> None:
    name = secret_name(value.removeprefix(_SECRET_FILE))
    draft.secrets.setdefault(name, {"provided": True})
    plain = pair.name.removesuffix("_FILE")
    _give(name, plain, made)
    what = f"the secret {name} is given as {plain}, not as a file"
    reading.ledger.carried(pair.spot, key, what)


def secret_name(text: str) -> str:
    """The name of a secret of the Compose file as a stack file allows it."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", text).strip("_").upper()[:64]
    return plain if plain[:1].isalpha() else f"S_{plain}"[:64]


def _carry_unset(part: Part, pair: Pair, draft: Draft, key: str, reading: Reading, made: Environment) -> None:
    unset = reading.filled(pair.node).unset
    if is_secret(pair.name, ""):
        _carry_secret(part, pair, "", draft, key, reading, made)
        return
    what = f"{' and '.join(unset)} has no value in .env" if unset else "its value comes from the shell"
    reading.ledger.lost(pair.spot, key, what, f"Write {pair.name} under `environment`, if the service needs it.")


def _carry_public(pair: Pair, key: str, addresses: Addresses, reading: Reading, made: Environment) -> None:
    """A variable of a front end: it is built into files that everybody may read."""
    value = pair.value or ""
    if is_secret(pair.name, value) and value:
        reading.ledger.lost(pair.spot, key, "a front end is public and cannot hold a secret", "Use it in a service.")
        return
    found = rewrite(pair.name, value, addresses, lambda *_: "")
    if found.needs or found.has_password:
        reading.ledger.lost(pair.spot, key, "a front end cannot reach a resource", "Reach it through a service.")
    else:
        made.values[pair.name] = found.text
        reading.ledger.carried(pair.spot, key, "`environment`, for the build")


def _add_redis_password(part: Part, addresses: Addresses, made: Environment, reading: Reading) -> None:
    """The Redis here always has a password; who got only its host in the Compose file has to be told."""
    for one in {id(one): one for one in addresses.parts.values() if one.role is Role.REDIS}.values():
        own = f"${{{one.name}."
        used = [value for value in made.values.values() if own in value]
        if used and not any(f"{own}url" in value or f"{own}password" in value for value in used):
            made.values.setdefault("REDIS_PASSWORD", f"{own}password}}")
            reading.ledger.remark(
                one.entry,
                one.key,
                Fate.CARRIED,
                f"its Redis always has a password; {part.name} is given it as REDIS_PASSWORD",
                f"See that {part.name} reads REDIS_PASSWORD, or rename the variable to the one that it reads.",
            )
