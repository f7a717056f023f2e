"""A Dockerfile as far as an import needs it: what it builds on, what it runs, where it listens."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from stackyard.importing.compose.forms import split
from stackyard.spec.shapes import PACKAGE

_APT = r"\b(?:apt-get|apt)\b.*?\binstall\b"
_ANY = rf"(?:{_APT}|\bapk\b.*?\badd\b)"
_BUILDS = re.compile(r"build-essential|gcc|g\+\+|clang|make|cmake|autoconf|automake|libtool|pkg-?conf(ig)?|.*-dev")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)


@dataclass(frozen=True)
class Dockerfile:
    """`bases` are the images of its stages in order; `command` is what its last stage runs, entrypoint first.

    `packages` are those of the system that any stage installs, `debian` those of the last stage that are Debian's and
    no tools to build with.
    """

    bases: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    port: int | None = None
    copied: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    debian: tuple[str, ...] = ()


def read_dockerfile(text: str) -> Dockerfile:
    """The instructions that matter; of several of a kind the last one counts, as Docker has it."""
    lines = re.sub(r"(?m)^\s*#.*\n?", "", text).replace("\\\n", " ").splitlines()
    given: dict[str, list[str]] = {}
    stages: dict[str, list[str]] = {}
    runs: list[str] = []
    for line in lines:
        if match := _INSTRUCTION.fullmatch(line):
            word = match[1].upper()
            if word == "FROM":
                # A new stage begins: what the one before runs is not what the image runs.
                given = {"FROM": given.get("FROM", []), "RUN": given.get("RUN", [])}
                # A stage that stands on another one has what that has.
                runs = stages[_alias(match[2])] = list(stages.get(_base(match[2]), ()))
            if word == "RUN":
                runs.append(match[2])
            given.setdefault(word, []).append(match[2].strip())
    ports = [int(port) for text in given.get("EXPOSE", []) for port in re.findall(r"^([0-9]{1,5})", text)]
    return Dockerfile(
        bases=tuple(_base(text) for text in given.get("FROM", [])),
        entrypoint=_words(given.get("ENTRYPOINT", [])),
        command=_words(given.get("CMD", [])),
        port=ports[0] if ports else None,
        copied=tuple(split(text)[0] for text in given.get("COPY", []) if "--from" not in text and split(text)),
        packages=tuple(sorted({name for text in given.get("RUN", []) for name in _packages(text, _ANY)})),
        debian=tuple(dict.fromkeys(name for text in runs for name in _run_time(text))),
    )


def _base(text: str) -> str:
    return next((word for word in text.split() if not word.startswith("--")), "")


def _alias(text: str) -> str:
    match = re.search(r"\sas\s+(\S+)\s*$", text, re.IGNORECASE)
    return match[1] if match else ""


def _words(given: list[str]) -> tuple[str, ...]:
    if not given:
        return ()
    if given[-1].startswith("["):
        try:
            words = json.loads(given[-1])
        except ValueError:
            return ()
        return tuple(word for word in words if isinstance(word, str))
    # Without brackets Docker gives it to a shell.
    return ("sh", "-c", given[-1]) if re.search(r"[&|;<>$`]", given[-1]) else split(given[-1])


def _packages(text: str, installer: str) -> list[str]:
    """The packages that a line of shell installs with what `installer` matches."""
    found: list[str] = []
    for part in re.split(r"&&|;|\|\|", text):
        match = re.search(rf"{installer}(?P<words>.*)", part)
        words = match["words"].split() if match else []
        found += [word for word in words if re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", word)]
    return found


def builds(package: str) -> bool:
    """Whether a package serves to build others, and for nothing else."""
    return _BUILDS.fullmatch(package) is not None


def _run_time(text: str) -> list[str]:
    return [name for name in _packages(text, _APT) if not builds(name) and re.fullmatch(PACKAGE, name)]
