"""Reading and choosing versions. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from stackyard.targets.native.toolchain.catalogue import VALKEY_SPEAKS
from stackyard.targets.native.toolchain.tool import Numbers, Want

Item = TypeVar("Item")
_NUMBER = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+|\d+)")
_DEBIAN = re.compile(r"(?:\d+:)?(\d+(?:\.\d+)*)")


def from_output(text: str) -> Numbers | None:
    """The version in what a program prints about itself; None when there is none.

    A Valkey counts as the Redis that it speaks.
    """
    for line in text.splitlines():
        if line.lower().startswith("valkey"):
            return VALKEY_SPEAKS
        named = re.search(r"\bv=(\d+(?:\.\d+)*)", line) or re.search(r"nginx/(\d+(?:\.\d+)*)", line)
        found = named or _NUMBER.search(line)
        if found:
            return _numbers(found.group(1))
    return None


def from_debian(text: str) -> Numbers:
    """The upstream version in a Debian version: "5:7.0.15-1~deb12u10" is 7.0.15. Empty when there is none."""
    found = _DEBIAN.match(text)
    return _numbers(found.group(1)) if found else ()


def from_npm(text: str) -> Numbers:
    """The version of PostgreSQL in one of npm's: "16.14.0-beta.17" is 16.14, for its third number is npm's own."""
    return _numbers(text.partition("-")[0])[:2]


def npm_order(text: str) -> tuple[Numbers, Numbers]:
    """A sort key for npm versions: later packagings of one version come after earlier ones."""
    version, _, tail = text.partition("-")
    return _numbers(version), tuple(int(number) for number in re.findall(r"\d+", tail))


def newest_of_majors(versions: Iterable[Numbers]) -> list[Numbers]:
    """The newest version of each major one, newest first."""
    newest = {version[:1]: version for version in sorted(versions)}
    return sorted(newest.values(), reverse=True)


def best(want: Want, items: Iterable[Item], version: Callable[[Item], Numbers]) -> Item | None:
    """The newest item that the want accepts, the earlier of two alike; without a promised version the first."""
    accepted = [item for item in items if want.accepts(version(item))]
    if not accepted:
        return None
    if want.version is None:
        return accepted[0]
    return max(accepted, key=version)


def _numbers(text: str) -> Numbers:
    return tuple(int(number) for number in text.split("."))
