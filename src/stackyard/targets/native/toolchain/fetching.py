"""Planning a fetch and carrying it out: whole and verified, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stackyard.errors import MachineError
from stackyard.targets.native.toolchain import distribution, npm, offers, pypi
from stackyard.targets.native.toolchain.catalogue import BINARIES, UNITS, Unit
from stackyard.targets.native.toolchain.finding import find, installed_versions
from stackyard.targets.native.toolchain.inquiry import ask
from stackyard.targets.native.toolchain.offers import Offer, Survey
from stackyard.targets.native.toolchain.probing import measure
from stackyard.targets.native.toolchain.store import Store, default_store, environment_for, library_folders
from stackyard.targets.native.toolchain.tool import Fetch, Numbers, Tool, Want, dotted
from stackyard.targets.native.toolchain.versions import best, newest_of_majors

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    return None


def plan_fetch(want: Want, *, store: Store | None = None) -> Fetch:
    """How the want would be met without root. It asks the package clients, and changes nothing but their caches.

    The distribution comes first; a `>=` takes the newest of all sources. Raises MachineError that names the position
    in the file, what there is instead and the next step.
    """
    store = store or default_store()
    survey = Survey()
    offers.from_distribution(want.name, store.root / ".apt", survey)
    chosen = best(want, survey.offers, _offered)
    if chosen is None or (want.version and want.version.at_least):
        offers.from_npm_registry(want.name, lambda: _npm(store, _silent), survey)
        offers.from_pypi(want.name, survey)
        chosen = best(want, survey.offers, _offered)
    if chosen is None:
        raise _unavailable(want, survey, store)
    return _planned(want, chosen)


def fetch(plan: Fetch, progress: Progress = _silent, *, store: Store | None = None) -> Tool:
    """Fetch, verify by running, and put into the store in one step. Raises MachineError; then nothing has changed.

    Safe to call twice at once: the second waits, and finds what the first has brought.
    """
    store = store or default_store()
    unit = _unit(plan)
    client = _npm(store, progress) if plan.source == "npm" else None
    with store.locked(progress):
        present = _in_store(plan, store)
        if present:
            return present
        store.require_space(plan.download + plan.disk, str(plan))
        with store.partial() as folder:
            _unpack(plan, client, folder, store, progress)
            _link(unit, folder)
            progress(f"verifying {plan}")
            store.admit(folder, store.entry(plan.unit, plan.version, plan.source), _manifest(plan, unit, folder))
    tool = _in_store(plan, store)
    if tool is None:
        raise MachineError(f"{plan} was fetched and cannot be found", details=(str(store.root),))
    return tool


def obtain(want: Want, progress: Progress = _silent, *, store: Store | None = None) -> Tool:
    """The tool, fetched when it is not here yet. Raises MachineError when it cannot be had."""
    return find(want, store=store) or fetch(plan_fetch(want, store=store), progress, store=store)


def _npm(store: Store, progress: Progress) -> Tool:
    return obtain(Want("npm"), progress, store=store)


def _offered(offer: Offer) -> Numbers:
    return offer.version


def _planned(want: Want, offer: Offer) -> Fetch:
    origin = {"distribution": "the machine's distribution", "npm": "npm", "pypi": "the Python package index"}
    why = f"{offer.requirement} from {origin[offer.source]}"
    if offer.apt is None:
        # These archives are compressed to a third or so of what they hold.
        size = offer.unit.size
        return Fetch(want, offer.source, offer.package, offer.version, (offer.requirement,), size // 2, size, why)
    names = offer.apt.closure(offer.unit, offer.package)
    packages = offer.apt.show(names)
    download = sum(package.download for package in packages.values())
    disk = sum(package.disk for package in packages.values())
    listed = tuple(str(packages[name]) for name in names if name in packages)
    return Fetch(want, offer.source, offer.package, offer.version, listed, download, disk, why)


def _unavailable(want: Want, survey: Survey, store: Store) -> MachineError:
    where = f"{want.position}: " if want.position else ""
    present = [
        f"on this machine: {dotted(tool.version)} ({tool.path})" for tool in installed_versions(want.name, store)
    ]
    binary = BINARIES[want.name]
    major = dotted(want.version.numbers[:1]) if want.version else ""
    formula = binary.brew.replace("{major}", major)
    versions = newest_of_majors(offer.version for offer in survey.offers)
    if versions and want.version:
        kin = [version for version in versions if version[:1] == want.version.numbers[:1]]
        other = dotted((kin or versions)[0][:1])
        hint = f"Write `{other}` or another version that can be had, or install {want} yourself so that it is on PATH."
    elif formula:
        hint = f"Install it (`brew install {formula}`, or your system's package manager) so that it is on PATH."
    else:
        hint = f"Install {want.name} with your system's package manager so that it is on PATH."
    details = present + survey.summary()
    return MachineError(f"{where}{want} cannot be had on this machine", hint=hint, details=details)


def _unit(plan: Fetch) -> Unit:
    for unit in UNITS:
        prefix = unit.package.partition("{")[0]
        is_of_it = unit.source == plan.source and plan.name in unit.tools and plan.unit.startswith(prefix)
        if is_of_it and unit.speaks in ((), plan.version):
            return unit
    raise MachineError(f"the catalogue has no package {plan.unit}")


def _unpack(plan: Fetch, client: Tool | None, folder: Path, store: Store, progress: Progress) -> None:
    if plan.source == "distribution":
        distribution.unpack(plan.packages, folder, store.root, progress)
    elif client is not None:
        npm.unpack(client, plan.packages[0], folder, progress)
    else:
        pypi.unpack(plan.unit, folder, progress)


def _link(unit: Unit, folder: Path) -> None:
    for link, target in unit.links.items():
        place = folder / link
        place.unlink(missing_ok=True)
        place.symlink_to(target)


def _manifest(plan: Fetch, unit: Unit, folder: Path) -> Mapping[str, Any]:
    is_debian = plan.source == "distribution"
    libraries = [str(path.relative_to(folder)) for path in library_folders(folder)] if is_debian else []
    environment = environment_for(folder, libraries)
    tools = {}
    for name, pattern in unit.tools.items():
        path = _only(folder, pattern.replace("{major}", plan.unit.rpartition("-")[2]))
        _require_libraries(path, environment)
        version = measure(path, BINARIES[name], environment)
        if version is None:
            raise MachineError(f"{name} of {plan.unit} does not run on this machine", hint=_report_hint(name))
        if name == plan.name and not plan.want.accepts(version):
            raise MachineError(f"{plan.unit} brought {name} {dotted(version)}, not {plan.want}")
        tools[name] = {"path": str(path.relative_to(folder)), "version": list(version)}
    return {
        "tools": tools,
        "libraries": libraries,
        "source": plan.source,
        "why": plan.why,
        "packages": list(plan.packages),
    }


def _only(folder: Path, pattern: str) -> Path:
    for path in sorted(folder.glob(pattern), reverse=True):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise MachineError(f"the package holds no {pattern}")


def _require_libraries(path: Path, environment: Mapping[str, str]) -> None:
    if not _is_dynamic(path):
        return
    # With this variable the loader lists what it would load instead of starting the program.
    answer = ask([path], env={**environment, "LD_TRACE_LOADED_OBJECTS": "1"})
    missing = missing_libraries(answer.output)
    if missing:
        raise MachineError(f"{path.name} lacks libraries: {', '.join(missing)}", hint=_report_hint(path.name))


def missing_libraries(listing: str) -> list[str]:
    """The libraries that the loader's list says are not found, sorted."""
    return sorted({line.split()[0] for line in listing.splitlines() if line.rstrip().endswith("=> not found")})


def _is_dynamic(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"\x7fELF") and b"ld-linux" in head


def _report_hint(name: str) -> str:
    return f"Install {name} with your system's package manager: `stackyard doctor --install`."


def _in_store(plan: Fetch, store: Store) -> Tool | None:
    place = store.entry(plan.unit, plan.version, plan.source)
    for tool in store.tools(plan.name):
        if tool.path.is_relative_to(place) and plan.want.accepts(tool.version):
            return tool
    return None
