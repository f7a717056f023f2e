"""Whether containers are what the document says, property by property, by the engine's own description of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stackyard.observe.seen import ContainerView
from stackyard.observe.view import View
from stackyard.targets.compose.drift import Topic
from stackyard.verify.check import Check, Judge, Look, Seen, saw

More = Callable[[View, ContainerView], Iterator[Seen]]


def compared(*topics: Topic, more: More | None = None) -> Judge:
    """A judge of these properties of every container, and of what `more` says of each."""

    def judge(view: View) -> Iterator[Seen]:
        for one in view.containers():
            facts = [fact for fact in one.facts if fact.topic in topics]
            wrong = [fact for fact in facts if not fact.is_right]
            said = ", ".join(str(topic) for topic in topics)
            yield saw(f"{said} of {one.id}, as the engine has it", f"{len(facts)} compared, {len(wrong)} differ")
            for fact in wrong:
                sent = f"{fact.name} of {one.id}, {fact.wanted or 'not set'} in the document"
                yield saw(sent, fact.there or "not set", fault=f"{fact.name} of {one.id} is {fact.there or 'not set'}")
            if more is not None:
                yield from more(view, one)

    return judge


def _exec_form(_view: View, one: ContainerView) -> Iterator[Seen]:
    """A check in a shell is killed with the shell when it takes too long, and what that had started stays behind."""
    check = one.found["Config"].get("Healthcheck") or {}
    test = check.get("Test") or []
    if not test or one.is_job:
        return
    timeout = int(check.get("Timeout") or 0) / 10**9
    is_right = test[0] == "CMD" and timeout > 0
    shown = f"{test[0]}, {timeout:g} s at most"
    fault = f"the health check of {one.id} is run in a shell, or has no limit of its own"
    yield saw(f"form and limit of the health check of {one.id}", shown, fault=fault, unless=is_right)


def _somebody(_view: View, one: ContainerView) -> Iterator[Seen]:
    """Who an image of others runs as is for that image to say; the kernel is asked about its processes elsewhere."""
    user = str(one.found["Config"].get("User") or "")
    is_root = user.partition(":")[0] in ("", "0", "root")
    if one.is_foreign or one.is_job:
        return
    yield saw(f"user of {one.id}", user or "root", fault=f"{one.id} runs as root", unless=not is_root)


def _rotated(_view: View, one: ContainerView) -> Iterator[Seen]:
    there = one.found["HostConfig"].get("LogConfig") or {}
    options = there.get("Config") or {}
    is_limited = "max-size" in options and "max-file" in options
    shown = f"{there.get('Type')}, {', '.join(f'{key} {value}' for key, value in options.items()) or 'no limit'}"
    fault = f"the log of {one.id} may fill the disk"
    yield saw(f"how much of the log of {one.id} is kept", shown, fault=fault, unless=is_limited)


_NEXT = "`stackyard up` makes the container anew, as the stack file says."

CHECKS = (
    Check(
        "containers.image",
        ("TGT-01", "TOP-10"),
        "every container runs the image and the command of the file",
        Look.FILE,
        compared(Topic.IMAGE, Topic.COMMAND),
        next_step=_NEXT,
    ),
    Check(
        "containers.users",
        ("TOP-09",),
        "every container runs as the user that was meant, and ours never as root",
        Look.FILE,
        compared(Topic.USER, more=_somebody),
        next_step=_NEXT,
    ),
    Check(
        "containers.privileges",
        ("TOP-09",),
        "every container has given up the rights of root, and can get none of them back",
        Look.FILE,
        compared(Topic.PRIVILEGES),
        next_step=_NEXT,
    ),
    Check(
        "containers.published",
        ("TOP-05", "TOP-06"),
        "containers publish the ports of the file and no others",
        Look.FILE,
        compared(Topic.PORTS),
        next_step=_NEXT,
    ),
    Check(
        "containers.health",
        ("TOP-09",),
        "health checks run without a shell, each with a limit of its own, quick while a container starts",
        Look.FILE,
        compared(Topic.HEALTH, more=_exec_form),
        next_step=_NEXT,
    ),
    Check(
        "containers.logs",
        ("LOG-01",),
        "the engine keeps the log of every container, and rotates it before it fills the disk",
        Look.FILE,
        compared(Topic.LOGGING, more=_rotated),
        next_step=_NEXT,
    ),
    Check(
        "containers.restart",
        ("TOP-01",),
        "the engine starts again what ends by itself, and stops it with its own signal and patience",
        Look.FILE,
        compared(Topic.RESTART, Topic.STOP),
        next_step=_NEXT,
    ),
    Check(
        "containers.environment",
        ("TGT-01", "TOP-03"),
        "every container is told what the file says",
        Look.FILE,
        compared(Topic.ENVIRONMENT),
        next_step=_NEXT,
    ),
)
