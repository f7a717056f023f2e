"""Packages of the machine's own distribution, unpacked without root: `apt-get download` and `dpkg -x`.

The set of packages is closed: it works on a slim machine that has libc and nothing else. It never installs.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.runner import Answer
from stackyard.targets.native.toolchain.catalogue import Unit
from stackyard.targets.native.toolchain.inquiry import ask

_DAY = 86_400.0
_DEPENDENCIES = (
    "--recurse",
    "--no-recommends",
    "--no-suggests",
    "--no-conflicts",
    "--no-breaks",
    "--no-replaces",
    "--no-enhances",
)
_LIBRARY = re.compile(r"lib[a-z0-9]|zlib1g")
# libc is the machine's own, always; the rest serves maintainer scripts or what we do not use: JIT
# and modules of nginx.
_LEFT_OUT = re.compile(
    r"libc6|libc-|libc\d*-|libperl|.*-perl$|libpam-|libnginx-mod|libllvm|libdebian|.*-common$|.*-dev$|.*-bin$"
)


@dataclass(frozen=True)
class Package:
    """A package that can be had: its full version, and its sizes in bytes."""

    name: str
    version: str
    download: int
    disk: int

    def __str__(self) -> str:
        return f"{self.name}={self.version}"


def is_available() -> bool:
    """True on a machine with apt and dpkg."""
    return bool(shutil.which("apt-get") and shutil.which("apt-cache") and shutil.which("dpkg"))


class Apt:
    """apt as any user can run it. With `state`, its lists are our own below that folder, not the machine's."""

    def __init__(self, state: Path | None = None) -> None:
        self._state = state

    def show(self, names: Sequence[str]) -> dict[str, Package]:
        """What is known of those packages, in the version that would be installed; unknown ones are left out."""
        if not names:
            return {}
        return parse_packages(self._ask("apt-cache", "show", "--no-all-versions", *names).output)

    def names(self, package: str) -> list[str]:
        """The packages that a name with `{major}` in it stands for."""
        prefix, marker, _ = package.partition("{major}")
        if not marker:
            return [package]
        pattern = re.compile(re.escape(package).replace(re.escape("{major}"), r"\d+"))
        known = self._ask("apt-cache", "pkgnames", prefix).output.split()
        return sorted(name for name in known if pattern.fullmatch(name))

    def closure(self, unit: Unit, package: str) -> list[str]:
        """The packages to unpack for `package` of the unit: it, its companions and every library that they need."""
        answer = self._ask("apt-cache", "depends", *_DEPENDENCIES, package)
        return closure(parse_dependencies(answer.output), package, companions_of(unit, package))

    def update(self) -> Answer:
        """Fetch lists of our own, at most once a day."""
        assert self._state is not None
        stamp = self._state / "updated"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < _DAY:
            return Answer(0, "", "")
        for folder in ("lists/partial", "cache/archives/partial"):
            (self._state / folder).mkdir(parents=True, exist_ok=True)
        answer = self._ask("apt-get", "update", timeout=300.0)
        if answer.is_good:
            stamp.touch()
        return answer

    def download(self, packages: Sequence[str], folder: Path) -> Answer:
        """Put the packages ("name=version") into the folder; apt checks their signatures' hashes."""
        return self._ask("apt-get", "download", *packages, cwd=folder, timeout=1800.0)

    def _ask(self, program: str, *arguments: str, cwd: Path | None = None, timeout: float = 60.0) -> Answer:
        return ask([program, *self._options(), *arguments], cwd=cwd, timeout=timeout)

    def _options(self) -> list[str]:
        # Without a cache file apt would build one in a folder that only root may write to.
        options = ["-q", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="]
        if self._state:
            options += ["-o", f"Dir::State::lists={self._state}/lists", "-o", f"Dir::Cache={self._state}/cache"]
        return options


def parse_packages(text: str) -> dict[str, Package]:
    """The paragraphs that `apt-cache show` prints."""
    packages: dict[str, Package] = {}
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", paragraph, re.MULTILINE))
        if {"Package", "Version", "Filename"} <= fields.keys():
            name = fields["Package"]
            disk = int(fields.get("Installed-Size", "0")) * 1024
            packages.setdefault(name, Package(name, fields["Version"], int(fields.get("Size", "0")), disk))
    return packages


Dependencies = Mapping[str, Sequence[Sequence[str]]]


def parse_dependencies(text: str) -> Dependencies:
    """What `apt-cache depends --recurse` prints: for each package its dependencies, each a list of alternatives."""
    graph: dict[str, list[list[str]]] = {}
    groups: list[list[str]] = []
    is_alternative = False
    for line in text.splitlines():
        name = line.split()[-1] if line.strip() else ""
        if not name:
            continue
        if not line.startswith(" "):
            groups = graph.setdefault(name, [])
            is_alternative = False
        elif line.startswith("    "):
            # The providers of the line above.
            groups[-1].append(name)
        else:
            if is_alternative:
                groups[-1].append(name)
            else:
                groups.append([name])
            is_alternative = line.lstrip().startswith("|")
    return graph


def closure(graph: Dependencies, root: str, companions: Collection[str]) -> list[str]:
    """The root and everything reachable from it through companions and libraries alone, sorted."""
    reached, waiting = {root}, [root]
    while waiting:
        for alternatives in graph.get(waiting.pop(), ()):
            fitting = (name for name in alternatives if name in graph and (name in companions or is_library(name)))
            chosen = next(fitting, None)
            if chosen and chosen not in reached:
                reached.add(chosen)
                waiting.append(chosen)
    return sorted(reached)


def is_library(package: str) -> bool:
    """True for a package of shared libraries that a slim machine may lack."""
    return bool(_LIBRARY.match(package)) and not _LEFT_OUT.match(package)


def companions_of(unit: Unit, package: str) -> list[str]:
    """The names of the companions that go with that package."""
    major = package.rpartition("-")[2]
    return [name.replace("{major}", major) for name in unit.companions]


def unpack(packages: Sequence[str], folder: Path, store: Path, progress: Callable[[str], None]) -> None:
    """Download the packages and unpack them into `folder`. Raises MachineError."""
    archives = folder / ".archives"
    archives.mkdir()
    progress(f"downloading {len(packages)} packages of the distribution")
    _download(packages, archives, store)
    files = sorted(archives.glob("*.deb"))
    for number, file in enumerate(files, 1):
        progress(f"unpacking {number} of {len(files)}: {file.name.partition('_')[0]}")
        answer = ask(["dpkg", "-x", file, folder], timeout=300.0)
        if not answer.is_good:
            raise MachineError(f"{file.name} could not be unpacked", details=answer.evidence)
    shutil.rmtree(archives)
    for file in folder.glob("usr/lib/postgresql/*/lib/llvmjit*.so"):
        # Without its 110 MB of LLVM it could not be loaded; PostgreSQL goes on quietly when it is not there at all.
        file.unlink()


def _download(packages: Sequence[str], archives: Path, store: Path) -> None:
    answer = Apt().download(packages, archives)
    if answer.is_good:
        return
    # The machine's lists may be older than what the mirrors still hold: try with fresh ones of our own.
    private = Apt(store / ".apt")
    private.update()
    newest = private.show([package.partition("=")[0] for package in packages])
    answer = private.download([str(newest[name]) for name in newest] or packages, archives)
    if not answer.is_good or len(list(archives.glob("*.deb"))) < len(packages):
        raise MachineError(
            "packages of the distribution could not be downloaded",
            hint="Check the network and the lists in /etc/apt, then try again: nothing was changed.",
            details=answer.evidence,
        )
