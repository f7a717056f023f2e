"""Load a stack file: the steps from a path to a checked system, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from stackyard.errors import SpecError, UsageError
from stackyard.model.system import System
from stackyard.spec.build import build
from stackyard.spec.check_backups import check_backups
from stackyard.spec.check_files import check_files
from stackyard.spec.checks import Draft, check
from stackyard.spec.other_environments import check_removals, check_structure
from stackyard.spec.overlay import merge
from stackyard.spec.report import Report, nearest
from stackyard.spec.select import select
from stackyard.spec.source import Source, read
from stackyard.spec.structure import read_tree, reduce, refuse_nulls, take_overlays
from stackyard.spec.tree import Mapping

ENVIRONMENTS = ("development", "testing", "production")


def load(path: Path, environment: str = "development", profiles: Sequence[str] = ()) -> System:
    """The system that the stack file at `path` (or in the folder `path`) describes in `environment`.

    Parts with profiles are left out unless one of `profiles` or the environment's own name is among theirs.
    The structure of every environment is checked, the rest for the one that is asked for.
    Raises SpecError with every finding, and UsageError for an environment or profile that the file does not know.
    """
    return load_source(read(path), environment, profiles)


def load_source(source: Source, environment: str = "development", profiles: Sequence[str] = ()) -> System:
    """As `load`, of a file that was read, or that is still to be written."""
    report = Report(source)
    base = read_tree(source, report)
    overlays = take_overlays(base, report)
    known = {*ENVIRONMENTS, *overlays}
    _require("environment", [environment], known)
    for name, overlay in overlays.items():
        check_removals(base, overlay, name, report)
    refuse_nulls(base, report)
    tree = merge(base, overlays.get(environment, Mapping({}, 1, 1)))
    for name, overlay in overlays.items():
        if name != environment:
            check_structure(merge(base, overlay), tree, name, report)
    names = _part_names(tree)
    if not reduce(tree, report):
        raise SpecError(report.findings())
    draft = Draft(build(tree, source.path, environment, report), tree, report, names)
    check(draft)
    check_files(draft)
    check_backups(draft)
    system = select(draft, profiles)
    if report:
        raise SpecError(report.findings())
    _require("profile", profiles, known | {word for part in draft.parts().values() for word in part.profiles})
    return system


def _part_names(tree: Mapping) -> frozenset[str]:
    sections = (tree.entries[name].node for name in ("services", "resources") if name in tree.entries)
    return frozenset(name for node in sections if isinstance(node, Mapping) for name in node.entries)


def _require(noun: str, words: Sequence[str], known: Iterable[str]) -> None:
    for word in words:
        if word not in known:
            near = nearest(word, known)
            hint = f'did you mean "{near}"?' if near else f"the stack file knows {', '.join(sorted(known))}"
            raise UsageError(f'there is no {noun} "{word}"', hint=hint)
