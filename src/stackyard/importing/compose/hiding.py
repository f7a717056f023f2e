"""Secrets in commands and health checks: a shell fills them in from variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from stackyard.importing.compose.context import Context
from stackyard.importing.compose.forms import script_of, split
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.sensitive import secrets_in
from stackyard.importing.result import Fate


def _with_variables(words: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """The command with each value of `names` replaced by the variable that holds it, which needs a shell."""
    script = script_of(words)
    text = script or f"exec {' '.join(_quoted(word, names) for word in words)}"
    if script:
        for value, name in names.items():
            text = text.replace(value, f"${{{name}}}")
    return ("sh", "-c", text)


def _quoted(word: str, names: Mapping[str, str]) -> str:
    """A word for a shell, in double quotes where a variable has to be filled in."""
    held = [value for value in names if value in word]
    if not held:
        return shlex.quote(word)
    text = re.sub(r'([\\"$`])', r"\\\1", word)
    for value in held:
        text = text.replace(re.sub(r'([\\"$`])', r"\\\1", value), f"${{{names[value]}}}")
    return f'"{text}"'


def hide(part: Part, made: dict[str, Any], context: Context) -> None:
    """Take secrets out of commands: a shell fills them in from variables."""
    health = made["health"] if isinstance(made.get("health"), dict) else {}
    for holder, word in ((made, "command"), (made, "migrate"), (health, "command")):
        words = holder.get(word, ())
        words = split(words) if isinstance(words, str) else tuple(words)
        held = secrets_in(" ".join(words), context.sensitive)
        if not held:
            continue
        names = {
            value: context.draft.secret(context.sensitive.get(value, "PASSWORD"), value, part.name) for value in held
        }
        if words[0].startswith("-"):
            del holder[word]
            what = f"the {word} holds a secret, and it is words for a program that the image names"
            context.ledger.remark(part.entry, part.key, Fate.LOST, what, "Give the program its secret by a variable.")
            continue
        given = made.setdefault("secrets", [])
        given += [name for name in names.values() if name not in given]
        holder[word] = list(_with_variables(words, names))
        what = "a secret in a command became a variable"
        context.ledger.remark(
            part.entry, part.key, Fate.CARRIED, what, "See that the secret is what the command needs."
        )
