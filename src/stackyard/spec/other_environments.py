"""What can be said of an environment that was not asked for, and of what every overlay takes away.

The rest of the checks looks only at the environment that was asked for; a key misspelt in another one must not wait for
the day on which that one is brought up.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.spec.accept import accepts, accepts_overlay
from stackyard.spec.overlay import is_null
from stackyard.spec.report import Report
from stackyard.spec.tree import Mapping, Path, plain, spot_at, walk

_FREE_KEYS = (
    ("services",),
    ("resources",),
    ("secrets",),
    ("accept_loss",),
    ("services", "*", "environment"),
    ("services", "*", "needs"),
    ("resources", "*", "settings"),
    ("resources", "*", "expire"),
    ("edge", "routes"),
    ("edge", "limits"),
)
"""Mappings whose keys the author of the file chooses."""
_USUAL_LIMITS = ("/", "/api", "connections")
_CHOICES = ((("services", "*"), ("build", "image", "static")), (("services", "*", "health"), ("path", "command")))


def check_removals(base: Mapping, overlay: Mapping, name: str, report: Report) -> None:
    """Report what the overlay of the environment `name` takes away by `null` and the file cannot have, or has not."""
    taken = [path for path, node in walk(overlay) if is_null(node) and all(isinstance(step, str) for step in path)]
    if not taken:
        return
    is_known = accepts_overlay(plain(overlay))
    for path in taken:
        key = f"environments.{name}.{'.'.join(map(str, path))}"
        known = set() if is_known else _known_keys(path[:-1])
        if known and path[-1] not in known:
            near = report.nearest(str(path[-1]), known)
            hint = f'did you mean "{near}"?' if near else "there is nothing to take away"
            report.add(spot_at(overlay, path), key, f'unknown key "{path[-1]}"', hint)
        elif _is_free(path) and not _stands_in(base, path):
            what = f"the file has no {'.'.join(map(str, path))} to take away"
            report.add(spot_at(overlay, path), key, what, "null removes a key: check its name, or remove the line")


def check_structure(other: Mapping, asked: Mapping, name: str, report: Report) -> None:
    """Check the structure of the file in the environment `name`, beside the one that was asked for.

    A choice that is missing in both is left to the checks of the latter.
    """
    if accepts(plain(other)):
        return
    from stackyard.spec.complaints import complain

    complain(other, report)
    known = dict(_open_choices(asked))
    for path, what in _open_choices(other):
        if path not in known:
            key = ".".join(map(str, path))
            report.add_absence(spot_at(other, path), key, f"{key} {what} in {name}", f"see environments.{name}")


def _open_choices(tree: Mapping) -> Iterator[tuple[Path, str]]:
    """Sections that must have exactly one of some keys and have none or several."""
    for shape, words in _CHOICES:
        for path, section in _sections(tree, shape):
            given = [word for word in words if word in section.entries]
            if not given:
                yield path, f"has none of {', '.join(words[:-1])} and {words[-1]}"
            elif len(given) > 1:
                yield path, f"gives {' and '.join(given)}, and can have only one,"


def _sections(tree: Mapping, shape: Path) -> Iterator[tuple[Path, Mapping]]:
    found: list[tuple[Path, Mapping]] = [((), tree)]
    for step in shape:
        inner = []
        for path, section in found:
            names = list(section.entries) if step == "*" else [step] if step in section.entries else []
            for name in names:
                node = section.entries[str(name)].node
                if isinstance(node, Mapping):
                    inner.append(((*path, name), node))
        found = inner
    yield from found


def _known_keys(path: Path) -> set[str]:
    """The keys of the section at `path`; none where the schema knows no section there."""
    from stackyard.spec.schema_resources import KINDS
    from stackyard.spec.words import annotation_at, sections_in

    found = [section for tag in ("", *KINDS) for section in sections_in(annotation_at(path, (tag,)))]
    return {key for section in found for key in section.model_fields}


def _is_free(path: Path) -> bool:
    return any(len(shape) == len(path) - 1 and all(map(_fits, shape, path)) for shape in _FREE_KEYS)


def _fits(word: str | int, step: str | int) -> bool:
    return word in ("*", step)


def _stands_in(base: Mapping, path: Path) -> bool:
    if path[:-1] == ("edge", "limits") and path[-1] in _USUAL_LIMITS:
        return True
    here: Mapping = base
    for step in path[:-1]:
        entry = here.entries.get(str(step))
        if entry is None or not isinstance(entry.node, Mapping):
            return False
        here = entry.node
    return path[-1] in here.entries
