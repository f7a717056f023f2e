"""Docker as the measurements use it: whether an engine answers, and what is left behind is taken away."""

from __future__ import annotations

import subprocess

from bench.measure import seconds
from stackyard.errors import MachineError
from stackyard.runner import Processes
from stackyard.targets.compose import commands, engine
from stackyard.targets.compose.building import build_secrets


def why_none() -> str:
    """Why no engine can be used, as a sentence; "" when one can."""
    try:
        engine.look(Processes())
    except MachineError as error:
        return error.what
    return ""


def docker(*words: str) -> float:
    """How long `docker WORDS` takes, in seconds. Raises RuntimeError when it fails."""
    return seconds(["docker", *words], env=commands.environment())


def told(*words: str) -> str:
    """What `docker WORDS` says. Raises CalledProcessError."""
    return subprocess.run(
        ["docker", *words], capture_output=True, text=True, check=True, env=commands.environment()
    ).stdout


def secrets() -> tuple[str, ...]:
    """The options of a build that let it read whom this machine trusts, and where packages come from."""
    return tuple(word for name, path in build_secrets().items() for word in ("--secret", f"id={name},src={path}"))


def forget_data(system: str) -> None:
    """Remove the volumes of a system, which does not run."""
    names = told("volume", "ls", "--quiet", "--filter", f"label=org.stackyard.system={system}").split()
    if names:
        docker("volume", "rm", *names)


def forget_images(*references: str) -> None:
    """Take these names from whatever image has them."""
    there = [one for one in references if told("image", "ls", "--quiet", one)]
    if there:
        docker("image", "rm", *there)
