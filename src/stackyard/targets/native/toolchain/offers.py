"""What could be fetched for a want, from each source in turn, and what each has that does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.targets.native.toolchain import distribution, npm, pypi
from stackyard.targets.native.toolchain.catalogue import Unit, npm_platform, units_of
from stackyard.targets.native.toolchain.tool import Numbers, Source, Tool, dotted
from stackyard.targets.native.toolchain.versions import from_debian, from_npm, newest_of_majors, npm_order


@dataclass(frozen=True)
class Offer:
    """A package that brings the tool in that version. `requirement` is how its client is asked for it."""

    unit: Unit
    package: str
    requirement: str
    version: Numbers
    apt: distribution.Apt | None = None

    @property
    def source(self) -> Source:
        return self.unit.source


@dataclass
class Survey:
    """The offers of every source asked so far, and a line on each that could not say."""

    offers: list[Offer] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def summary(self) -> list[str]:
        """One line a source: what it has, the newest of each major version."""
        lines = []
        for source in ("distribution", "npm", "pypi"):
            newest = newest_of_majors(offer.version for offer in self.offers if offer.source == source)
            if newest:
                lines.append(f"{source}: {', '.join(dotted(version) for version in newest)}")
        return lines + self.troubles


def from_distribution(name: str, state: Path, survey: Survey) -> None:
    """Add what the machine's distribution has; with empty lists on the machine, private ones are fetched first."""
    units = [unit for unit in units_of(name, "distribution") if all(path.exists() for path in unit.needs)]
    if not units:
        return
    if not distribution.is_available():
        survey.troubles.append("distribution: this machine has no apt")
        return
    apt = distribution.Apt()
    found = _distribution_offers(units, apt)
    # When a package that every such distribution has is unknown, then the machine has no lists at all.
    if not found and not apt.show(["zlib1g-dev"]):
        apt = distribution.Apt(state)
        answer = apt.update()
        found = _distribution_offers(units, apt)
        if not answer.is_good and not found:
            survey.troubles.append(f"distribution: its lists could not be fetched ({' '.join(answer.evidence[-1:])})")
    survey.offers += found


def _distribution_offers(units: list[Unit], apt: distribution.Apt) -> list[Offer]:
    names = {package: unit for unit in units for package in apt.names(unit.package)}
    known = apt.show(sorted(names))
    return [
        Offer(names[name], name, str(package), names[name].speaks or from_debian(package.version), apt)
        for name, package in known.items()
    ]


def from_npm_registry(name: str, client: Callable[[], Tool], survey: Survey) -> None:
    """Add what npm's registry has, newest packaging of each version only. `client` finds or fetches npm itself."""
    for unit in units_of(name, "npm"):
        where = npm_platform()
        if not where:
            survey.troubles.append("npm: no packages for this kind of machine")
            continue
        package = unit.package.replace("{platform}", where)
        try:
            texts = sorted(npm.versions(client(), package), key=npm_order)
        except MachineError as error:
            survey.troubles.append(f"npm: {error.what}")
            continue
        newest = {from_npm(text): text for text in texts}
        survey.offers += [Offer(unit, package, f"{package}@{text}", version) for version, text in newest.items()]


def from_pypi(name: str, survey: Survey) -> None:
    """Add the pinned wheels."""
    for unit in units_of(name, "pypi"):
        requirement = pypi.requirement(unit.package)
        survey.offers.append(Offer(unit, unit.package, requirement, unit.speaks or pypi.version(unit.package)))
