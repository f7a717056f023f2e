"""Commands: the migration in them, the waiting, and the words by which a server is told where to listen."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from stackyard.importing.compose.forms import script_of, split

_MIGRATIONS = re.compile(
    r"(manage\.py|django-admin)\s+migrate\b|\balembic\b.*\bupgrade\b|\bflask\s+db\s+upgrade\b|\baerich\s+upgrade\b"
    r"|\bdb:(migrate|prepare|setup)\b|\bartisan\s+migrate\b|\bprisma\s+migrate\s+deploy\b|\bsuperset\s+db\s+upgrade\b"
    r"|\bairflow\s+db\s+(migrate|upgrade|init)\b|\bmigrate\s+--no-?input\b|\bdbmate\s+up\b|\byoyo\s+apply\b"
)
_WAITS = re.compile(r"(\S*/)?(wait-for-it|wait-for|wait_for_it|wait-for-postgres|dockerize|wait)(\.sh)?\b.*?(\s--\s|$)")
_PAUSE = re.compile(r"(sleep\s+[0-9]+|set\s+-[a-z]+|true|pip3? install\b.*|cd\s+/\S*)")
_SHELL_SIGNS = re.compile(r"[|;<>$`*?(){}\n]|&(?!&)")
_LISTENING = {
    "uvicorn": ("--host", "--port"),
    "gunicorn": ("--bind", "-b"),
    "flask": ("--host", "-h", "--port", "-p"),
    "hypercorn": ("--bind", "-b"),
}
_RELOADS = {"uvicorn": ("--reload",), "gunicorn": ("--reload",), "flask": ("--reload", "--debug")}
_WITH_VALUE = {"uvicorn": ("--reload-dir", "--reload-include", "--reload-exclude")}


@dataclass(frozen=True)
class Program:
    """A command, understood. `migrate` was taken out of it; `flexible` is the server that is told where to listen.

    `port` is the one that its words named, `said` what was changed, a clause each.
    """

    words: tuple[str, ...]
    migrate: tuple[str, ...] = ()
    flexible: str = ""
    port: int | None = None
    said: tuple[str, ...] = ()


def understand(command: tuple[str, ...]) -> Program:
    """The command as a stack file has it."""
    script = script_of(command)
    if not script:
        whole = " ".join(command)
        if _MIGRATIONS.search(whole):
            return Program((), command, said=("it becomes `migrate`",))
        waited = _without_waiting(whole)
        return _served(split(waited) if waited != whole else command, ("`needs` waits",) if waited != whole else ())
    steps = [step.strip() for step in re.split(r"&&|;|\n", script.replace("\\\n", " ")) if step.strip()]
    migrations = [step for step in steps if _MIGRATIONS.search(step)]
    kept = [_without_waiting(step) for step in steps if step not in migrations]
    said = (("migrations become `migrate`",) if migrations else ()) + (("`needs` waits",) if _waits(steps) else ())
    rest = [re.sub(r"^exec\s+", "", step) for step in kept if step and not _PAUSE.fullmatch(step)]
    # Without control structures steps can stand alone; a loop or a condition stays one script.
    if re.search(r"\b(while|until|for|if)\b.*\b(do|then)\b", script):
        return _served(command, ())
    served = _of_steps(rest, said)
    return Program(served.words, _joined(migrations), served.flexible, served.port, served.said)


def _of_steps(steps: list[str], said: tuple[str, ...]) -> Program:
    """What the last step serves, after the others."""
    if not steps:
        return Program((), said=said)
    if _SHELL_SIGNS.search(steps[-1]):
        return Program(_joined(steps), said=said)
    served = _served(split(steps[-1]), said)
    last = shlex.join(served.words)
    return Program(_joined([*steps[:-1], last]), (), served.flexible, served.port, served.said)


def _joined(steps: list[str]) -> tuple[str, ...]:
    if not steps:
        return ()
    if len(steps) == 1 and not _SHELL_SIGNS.search(steps[0]):
        return split(steps[0])
    return ("sh", "-c", " && ".join([*steps[:-1], f"exec {steps[-1]}"]))


def _waits(steps: list[str]) -> bool:
    return any(_WAITS.match(step) for step in steps)


def _without_waiting(step: str) -> str:
    return _WAITS.sub("", step, count=1).strip() if _WAITS.match(step) else step


def _served(words: tuple[str, ...], said: tuple[str, ...]) -> Program:
    """The command without the words that say where to listen, where the server learns that from its environment."""
    name = next((word for word in words[:3] if word in _LISTENING), "")
    if not name:
        return Program(words, port=_port_in(words), said=said)
    options = _LISTENING[name]
    kept: list[str] = []
    taken: list[str] = []
    rest = list(words)
    reloads = False
    while rest:
        word = rest.pop(0)
        option, sign, value = word.partition("=")
        if option in options:
            taken.append(value if sign else rest.pop(0) if rest else "")
        elif word in _RELOADS.get(name, ()) or option in _WITH_VALUE.get(name, ()):
            reloads = True
            if option in _WITH_VALUE.get(name, ()) and not sign and rest:
                rest.pop(0)
        else:
            kept.append(word)
    ports = [int(match[1]) for value in taken if (match := re.search(r"(?:^|:)([0-9]{2,5})$", value))]
    said += ("where it listens is told by its environment",) if taken else ()
    said += ("a change of its files restarts it",) if reloads else ()
    return Program(tuple(kept), flexible=name, port=ports[0] if ports else None, said=said)


def _port_in(words: tuple[str, ...]) -> int | None:
    """The port that a command names, such as 0.0.0.0:8000 or --port 8000."""
    for place, word in enumerate(words):
        match = re.fullmatch(r"(?:--?(?:port|p)=|(?:\[::\]|0\.0\.0\.0|127\.0\.0\.1|localhost):)([0-9]{2,5})", word)
        if match:
            return int(match[1])
        if word in ("--port", "-p") and place + 1 < len(words) and words[place + 1].isdecimal():
            return int(words[place + 1])
    return None


def shown(words: tuple[str, ...]) -> str | list[str]:
    """A command as a stack file has it: text where it reads back the same, else a list."""
    text = shlex.join(words)
    return text if "'" not in text and '"' not in text else list(words)


def script(words: tuple[str, ...]) -> str:
    """A command as a step of a shell script."""
    return script_of(words) or shlex.join(words)
