"""A Dockerfile as far as an import needs it: what it builds on, what it runs, where it listens."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from stackyard.importing.compose.forms import split

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)


@dataclass(frozen=True)
class Dockerfile:
    """`bases` are the images of its stages in order; `command` is what its last stage runs, entrypoint first."""

    bases: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    port: int | None = None
    copied: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def read_dockerfile(text: str) -> Dockerfile:
    """The instructions that matter; of several of a kind the last one counts, as Docker has it."""
    lines = re.sub(r"(?m)^\s*#.*\n?", "", text).replace("\\\n", " ").splitlines()
    given: dict[str, list[str]] = {}
    for line in lines:
        if match := _INSTRUCTION.fullmatch(line):
            word = match[1].upper()
            if word == "FROM":
                # A new stage begins: what the one before runs is not what the image runs.
                given = {"FROM": given.get("FROM", []), "RUN": given.get("RUN", [])}
            given.setdefault(word, []).append(match[2].strip())
    ports = [int(port) for text in given.get("EXPOSE", []) for port in re.findall(r"^([0-9]{1,5})", text)]
    return Dockerfile(
        bases=tuple(_base(text) for text in given.get("FROM", [])),
        entrypoint=_words(given.get("ENTRYPOINT", [])),
        command=_words(given.get("CMD", [])),
        port=ports[0] if ports else None,
        copied=tuple(split(text)[0] for text in given.get("COPY", []) if "--from" not in text and split(text)),
        packages=tuple(sorted({name for text in given.get("RUN", []) for name in _packages(text)})),
    )


def _base(text: str) -> str:
    return next((word for word in text.split() if not word.startswith("--")), "")


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


def _packages(text: str) -> list[str]:
    """The packages that a line of shell installs with apt-get or apk."""
    found: list[str] = []
    for part in re.split(r"&&|;|\|\|", text):
        match = re.search(r"\b(?:apt-get|apt)\b.*?\binstall\b(.*)|\bapk\b.*?\badd\b(.*)", part)
        words = (match[1] or match[2] or "").split() if match else []
        found += [word for word in words if re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", word)]
    return found
