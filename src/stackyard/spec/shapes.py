"""The kinds of text in a stack file: each a pattern, the words for it in messages, and how it is read.

Patterns work the same in Python, in pydantic's Rust engine and in editors: no look-around, and [0-9] for digits.
"""

from __future__ import annotations

import math
import re

from stackyard.model.values import Rate, Version
from stackyard.spec.report import Wrong

NAME = r"^[a-z][a-z0-9-]{0,39}$"
ENV_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
SECRET_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"
DURATION = r"^([0-9]{1,6}(\.[0-9]{1,6})?(ms|s|min|m|h|d|w|y)){1,4}$"
SIZE = r"^[0-9]{1,9}(\.[0-9]{1,3})?(B|[KMGT]i?B)$"
RATE = r"^[1-9][0-9]{0,6}/(s|min)$"
VERSION = r"^(>=)?[0-9]{1,6}(\.[0-9]{1,6}){0,3}$"
URL_PATH = r"^/[A-Za-z0-9._~%@:+,=/-]{0,200}$"
PROBE_PATH = r"^/[A-Za-z0-9._~%@:+,=/?&-]{0,200}$"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
CIDR = r"^[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?$"
ORIGIN = r"^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$"
HOST = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
CRON = r"^[^\s]+( +[^\s]+){4}$"
IMAGE = r"^[a-z0-9][A-Za-z0-9._:/@-]{0,254}$"
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
EXTENSION = r"^[a-z][a-z0-9_-]{0,62}$"
SQL_NAME = r"^[a-z_][a-z0-9_]{0,62}$"
SETTING = r"^[a-z_][a-z0-9_.]{0,127}$"
PACKAGE = r"^[a-z0-9][a-z0-9.+-]{0,98}[a-z0-9+]$"
SCRIPT = r"^([A-Za-z0-9][A-Za-z0-9:._-]{0,63})?$"
RELATIVE = r"^[A-Za-z0-9_.-][A-Za-z0-9_./-]{0,200}$"
LIMIT_KEY = r"^(connections|/[A-Za-z0-9._~%@:+,=/-]{0,200})$"
CSP = r'^[^"\\$]{1,4000}$'
EMAIL = r"^[^@\s]{1,64}@[A-Za-z0-9.-]{1,255}$"
ALERTS = r"^([^@\s]{1,64}@[A-Za-z0-9.-]{1,255}|https?://[^\s]{1,500})$"
PLACE = r"^(s3://[^/\s]+(/[^\s]*)?|s3:https?://[^/\s]+/[^\s]+|sftp://[^/\s]+/[^\s]+|rest:https?://[^\s]+|/[^\s]+|\.{0,2}/?[A-Za-z0-9_][^\s:]*)$"
OFFSITE = r"^(s3://[^/\s]+(/[^\s]*)?|s3:https?://[^/\s]+/[^\s]+|sftp://[^/\s]+/[^\s]+|rest:https?://[^\s]+|/[^\s]+)$"
RECIPIENT = r"^(age1[02-9ac-hj-np-z]{58}|ssh-(ed25519 [A-Za-z0-9+/]{68}|rsa [A-Za-z0-9+/=]{200,2000})( [^\s]{1,200})?)$"
BYTE_RATE = r"^[0-9]{1,9}(\.[0-9]{1,3})?(B|[KMGT]i?B)/s$"
PERSISTENCE = r"^(rdb|aof|rdb\+aof|aof\+rdb|none)$"

WORDS = {
    NAME: "a name: small letters, digits and hyphens, beginning with a letter, at most 40",
    ENV_NAME: "the name of an environment variable, such as LOG_FORMAT",
    SECRET_NAME: "the name of a secret: letters, digits and underscores, such as JWT_KEY",
    DURATION: 'a duration with its unit, such as "500ms", "15s", "4h" or "30d"',
    SIZE: 'a size with its unit, such as "512MB" or "2GB"',
    RATE: 'a rate, such as "10/s" or "5/min"',
    VERSION: 'a version, such as 16, "16.3" or ">=16"',
    URL_PATH: "a path that begins with /, such as /api",
    PROBE_PATH: "a path that begins with /, such as /health",
    CLOCK: 'a time of day from "00:00" to "23:59"',
    CIDR: "a network, such as 172.28.0.0/16",
    ORIGIN: "an origin, such as https://shop.example.org",
    HOST: "a host name in small letters, such as shop.example.org",
    CRON: 'five fields: minute, hour, day, month, weekday, such as "0 3 * * *"',
    IMAGE: "the name of an image, such as registry.example.org/shop:1.4",
    BUCKET: "the name of a bucket: 3 to 63 small letters, digits, hyphens and dots",
    EXTENSION: "the name of an extension, such as pg_trgm",
    SQL_NAME: "a name in the database: small letters, digits and underscores",
    SETTING: "the name of a PostgreSQL setting, such as work_mem",
    PACKAGE: "the name of a Debian package, such as libpq5",
    SCRIPT: "the name of an npm script, such as build, or an empty text",
    RELATIVE: "a path below the folder, such as dist",
    LIMIT_KEY: "a path that begins with /, or connections",
    CSP: 'a policy without quotes (") and dollar signs',
    EMAIL: "an e-mail address, such as ops@example.org",
    ALERTS: "an e-mail address or a URL, such as ops@example.org",
    PLACE: "a folder, or a URL such as s3://bucket/folder, sftp://user@host/folder or rest:https://host/folder",
    OFFSITE: "a URL or an absolute folder, such as s3://bucket/folder, sftp://user@host/folder or /mnt/backups",
    RECIPIENT: "a public key: one that begins with age1 (`age-keygen` makes it), or an SSH key (ssh-ed25519 …)",
    BYTE_RATE: 'a size per second, such as "50MB/s"',
    PERSISTENCE: "rdb+aof, rdb, aof or none",
}
"""Each pattern in words that follow "expected"."""

_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_BYTES = {"B": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_LONGEST = 100 * _SECONDS["y"]


def read_duration(text: str) -> float:
    """Seconds. A year has 365 days. Raises Wrong above a hundred years."""
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)([a-z]+)", text))
    if seconds > _LONGEST:
        raise Wrong(f"{text} is longer than a hundred years", "give a shorter duration")
    # A multiple of the millisecond hides the rounding of binary fractions.
    return round(seconds, 6)


def read_size(text: str) -> int:
    """Bytes. The multiples are binary: 1 KB is 1024 bytes."""
    number = text.rstrip("BiKMGT")
    unit = text[len(number)]
    return math.floor(float(number) * _BYTES[unit])


def read_byte_rate(text: str) -> int:
    """Bytes a second, from a text such as 50MB/s."""
    return read_size(text.removesuffix("/s"))


def read_rate(text: str) -> Rate:
    """A rate such as 10/s."""
    count, per = text.split("/")
    return Rate(int(count), "s" if per == "s" else "min")


def read_version(text: str) -> Version:
    """A version such as 16, 16.3 or >=16, from the text as it was written."""
    numbers = text.removeprefix(">=")
    if not re.fullmatch(VERSION, numbers):
        raise Wrong(f"expected {WORDS[VERSION]}", "put the version in quotes")
    return Version(tuple(int(number) for number in numbers.split(".")), at_least=text.startswith(">="))


def usual_burst(rate: Rate) -> int:
    """The requests allowed at once when no burst is given: two seconds' worth, and five at least."""
    per_second = rate.count if rate.per == "s" else rate.count / 60
    return max(5, math.ceil(2 * per_second))
