"""The Debian packages that services need: whether this machine has them. Nothing is installed here."""

from __future__ import annotations

from collections.abc import Callable, Collection

from stackyard.errors import MachineError
from stackyard.model.system import System
from stackyard.runner import Answer
from stackyard.targets.native.toolchain.inquiry import ask

APT_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends")
_QUESTION = ("dpkg-query", "--show", "--showformat", "${db:Status-Status}\t${Package}, ${Provides}\n")

Ask = Callable[[tuple[str, ...]], Answer]


def wanted(system: System) -> tuple[str, ...]:
    """The packages that the services of a system need, each once, in the order of the file."""
    return tuple(dict.fromkeys(name for service in system.services for name in service.packages))


def installed(ask: Ask = ask) -> frozenset[str]:
    """The names of the installed packages, with those that they provide; none where dpkg does not rule."""
    answer = ask(_QUESTION)
    found: set[str] = set()
    for line in answer.output.splitlines() if answer.is_good else ():
        status, _, names = line.partition("\t")
        if status == "installed":
            # "name, other (= 1.2), another:any"
            found.update(name.split()[0].partition(":")[0] for name in names.split(",") if name.strip())
    return frozenset(found)


def notes(system: System, there: Collection[str]) -> tuple[str, ...]:
    """What to know of the packages where it cannot be seen whether they are there: `there` is empty.

    Raises MachineError when one is missing, with the command that installs it.
    """
    names = wanted(system)
    if not there:
        what = f"this machine has no dpkg: whether {', '.join(names)} can be used here is not looked at"
        return (f"{_position(system, names[0])}: {what}",)
    missing = [name for name in names if name not in there]
    if not missing:
        return ()
    lacking = "is not installed" if len(missing) == 1 else "are not installed"
    raise MachineError(
        f"{_position(system, missing[0])}: {', '.join(missing)} {lacking} on this machine",
        hint=f"Run `{' '.join((*APT_INSTALL, *missing))}` as root, or `stackyard doctor --install`.",
    )


def _position(system: System, package: str) -> str:
    return next(str(service.position) for service in system.services if package in service.packages)
