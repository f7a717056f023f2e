"""Are the programs there: the binaries of the parts, and a Python for the services."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from stackyard.errors import StackyardError
from stackyard.model.system import PythonSource, StaticSource, System
from stackyard.targets.local.check import Check, Fix
from stackyard.targets.local.identity import Identity
from stackyard.targets.local.python_project import python_project
from stackyard.targets.native import debian
from stackyard.targets.native.machine import wants
from stackyard.targets.native.toolchain import Fetch, Store, Tool, Want, dotted, find, plan_fetch, python_for
from stackyard.targets.native.toolchain.catalogue import BINARIES
from stackyard.targets.native.toolchain.inquiry import ask
from stackyard.targets.native.toolchain.uv import uv

_ANY_SYSTEM = ("nginx", "postgres", "redis", "rclone", "node", "npm")
_OLDEST_NODE = (18,)


def check_tools(system: System | None, user: Identity | None, store: Store) -> Iterator[Check]:
    """One check a binary: which one is used and why, or where it would come from."""
    for want in _needed(system):
        tool = find(want, store=store, user=user)
        yield _found(want, tool) if tool else _absent(want, store)


def check_pythons(system: System | None, user: Identity | None, store: Store) -> Iterator[Check]:
    """Is there a Python for every Python service that its user may run, and the installer of packages (uv)?"""
    if user is None:
        return
    yield _check_uv()
    sources = [(service.name, service.source) for service in system.services] if system else []
    projects = [(f"python of {name}", source) for name, source in sources if isinstance(source, PythonSource)]
    if not projects:
        yield _check_python("python", "", user, store)
    for name, source in projects:
        try:
            requires = python_project(source.path)[0]
        except StackyardError as error:
            yield Check(name, "wrong", error.what)
        else:
            yield _check_python(name, requires, user, store)


def check_packages(system: System | None, ask: debian.Ask = ask) -> Iterator[Check]:
    """One check of each Debian package that a service needs; one for all of them where dpkg does not rule."""
    names = debian.wanted(system) if system else ()
    there = debian.installed(ask) if names else frozenset()
    if names and not there:
        listed = ", ".join(names)
        yield Check("packages", "note", f"this machine has no dpkg: whether {listed} can be used here is not looked at")
        return
    for name in names:
        if name in there:
            yield Check(name, "ok", f"the package {name} is installed")
        else:
            fix = Fix(((*debian.APT_INSTALL, name),), True, f"installs {name} with apt")
            yield Check(name, "missing", f"the package {name} is not installed, and a service needs it", fix)


def _needed(system: System | None) -> Iterator[Want]:
    if system is None:
        yield from (Want(name) for name in _ANY_SYSTEM)
    else:
        yield from dict.fromkeys(wants(system).values())
        if any(isinstance(service.source, StaticSource) and service.source.script for service in system.services):
            yield Want("node")
    if os.geteuid() == 0 and os.uname().sysname == "Linux":
        yield Want("setpriv")


def _found(want: Want, tool: Tool) -> Check:
    sentence = f"{want.name} {dotted(tool.version)} for {BINARIES[want.name].purpose}: {tool.why}"
    if want.name == "node" and tool.version < _OLDEST_NODE:
        return Check("node", "note", f"{sentence}; front ends of today want {dotted(_OLDEST_NODE)} or newer")
    return Check(str(want), "ok", sentence)


def _absent(want: Want, store: Store) -> Check:
    try:
        plan = plan_fetch(want, store=store)
    except StackyardError as error:
        details = f" ({'; '.join(error.details)})" if error.details else ""
        return Check(str(want), "missing", f"{error.what}{details}. {error.hint}", _package_fix(want, None))
    size = f"{max(1, plan.download // 1_000_000)} MB"
    sentence = (
        f"{want} is not on this machine; `stackyard up` fetches {plan} by itself, without root: {plan.why}, {size}"
    )
    return Check(str(want), "note", sentence, _package_fix(want, plan))


def _package_fix(want: Want, plan: Fetch | None) -> Fix | None:
    """How the system's own package manager would bring it; None when it has no version that keeps the promise."""
    binary = BINARIES[want.name]
    major = str(want.version.numbers[0]) if want.version else ""
    if shutil.which("brew") and binary.brew:
        formula = binary.brew.replace("{major}", major) if major else binary.brew.replace("@{major}", "")
        return Fix((("brew", "install", formula),), False, f"installs {formula} with Homebrew")
    if not shutil.which("apt-get"):
        return None
    if plan and plan.source == "distribution":
        package = plan.unit
    elif want.version is None and "{major}" not in binary.apt:
        package = binary.apt
    else:
        package = ""
    if not package:
        return None
    return Fix(((*debian.APT_INSTALL, package),), True, f"installs {package} with apt")


def _check_uv() -> Check:
    try:
        path = uv()
    except FileNotFoundError:
        return Check("uv", "missing", "uv, which installs the packages of services, is not here: reinstall stackyard")
    return Check("uv", "ok", f"uv makes virtual environments and installs the packages of services: {path}")


def _check_python(name: str, requires: str, user: Identity, store: Store) -> Check:
    try:
        tool = python_for(requires, user, store=store)
    except StackyardError as error:
        details = f" ({'; '.join(error.details)})" if error.details else ""
        return Check(name, "missing", f"{error.what}{details}. {error.hint}")
    return Check(name, "ok", f"Python {dotted(tool.version)}: {tool.why}")
