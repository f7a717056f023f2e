"""A system as a Compose project: the one function that the rest of the target calls. Pure, and the same every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from stackyard.model.files import File
from stackyard.model.system import System
from stackyard.targets.compose import names, slots
from stackyard.targets.compose.document import Whole, configs, container, document, draw, secrets
from stackyard.targets.compose.draft import Draft
from stackyard.targets.compose.ejected import IGNORED
from stackyard.targets.compose.overlays import factor, merge
from stackyard.targets.compose.readme import comment, readme
from stackyard.targets.compose.rendering import Container, Inputs, Rendered, SecretFile, Volume
from stackyard.targets.compose.writing import text

BASE = "compose.yaml"
_IGNORED = f"# Secrets are made on the machine that needs them.\n{IGNORED}\n"


def render(system: System, inputs: Inputs, others: Sequence[System] = ()) -> Rendered:
    """Everything that `system` is in the engine, and the files that say so.

    Without `others` the base says it all. With them (the same system in other environments, which get the ports that
    the file names) it holds what all have in common, and each has an overlay. Raises StackyardError, with the line
    where there is one, for what cannot be rendered.
    """
    wholes = {one.environment: draw(one, _inputs(one, inputs, is_own=one is system)) for one in (system, *others)}
    if len(wholes) != 1 + len(others):
        raise ValueError("an environment is given twice")
    own = wholes[system.environment]
    layout = _Paths(wholes)
    documents, order = _documents(system, wholes, layout)
    whole: dict[str, Any] = {}
    for name in order:
        whole = merge(whole, documents[name])
    files = [File(PurePosixPath(name), text(node, comment(system, name, order))) for name, node in documents.items()]
    files += _backed_up(system, inputs, files)
    builds = {draft.build.service: draft.build for draft in own.drafts if draft.build is not None}
    return Rendered(
        project=names.project(system),
        files=(*files, *layout.files(), *_recipes(inputs), *_about(system, inputs, order, documents)),
        documents=documents,
        order=order,
        document=whole,
        containers={draft.name: layout.placed(draft, own) for draft in own.drafts},
        secret_files=layout.secret_files(),
        networks=own.networks,
        volumes=_volumes(own),
        builds=builds,
        pulls=tuple(dict.fromkeys(str(draft.body["image"]) for draft in own.drafts if draft.build is None)),
    )


def overlay(environment: str) -> str:
    """The name of the file with what an environment has besides the base."""
    return f"compose.{environment}.yaml"


def _inputs(one: System, inputs: Inputs, *, is_own: bool) -> Inputs:
    """What is known of this machine now says nothing of another environment."""
    return inputs if is_own else replace(inputs, ports=slots.documented(one), marks={})


def _documents(
    system: System, wholes: Mapping[str, Whole], layout: _Paths
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    full = {name: layout.rewritten(document(whole), whole) for name, whole in wholes.items()}
    made, order = {BASE: full[system.environment]}, [BASE]
    if len(full) > 1:
        made[BASE], rest = factor(full)
        made |= {overlay(name): rest[name] for name in sorted(rest)}
        order.append(overlay(system.environment))
    own = wholes[system.environment]
    if own.tools:
        made[overlay(names.RESTORE)] = layout.rewritten(document(own, names.RESTORE), own)
    if own.of(names.MONITORING):
        watched = overlay(names.MONITORING)
        made[watched] = layout.rewritten(document(own, names.MONITORING), own)
        order.append(watched)
    return made, tuple(order)


@dataclass(frozen=True)
class _Paths:
    """Where files stand when several environments share a folder: what differs, in a folder of the environment."""

    wholes: Mapping[str, Whole]

    def files(self) -> tuple[File, ...]:
        made: dict[PurePosixPath, File] = {}
        for whole in self.wholes.values():
            for config in configs(whole.drafts):
                if config.content is not None:
                    path = self.config(config.key, config.path, whole)
                    made[path] = File(path, config.content, config.mode)
        return tuple(made[path] for path in sorted(made))

    def secret_files(self) -> tuple[SecretFile, ...]:
        return tuple(
            replace(mount.file, path=self.secret(mount.file.path, whole))
            for whole in self.wholes.values()
            for mount in secrets(whole.drafts)
        )

    def config(self, key: str, path: str, whole: Whole) -> PurePosixPath:
        pure = PurePosixPath(path)
        if len(self.wholes) == 1 or key in self._alike:
            return pure
        return PurePosixPath(pure.parts[0], whole.system.environment, *pure.parts[1:])

    def secret(self, path: PurePosixPath, whole: Whole) -> PurePosixPath:
        if len(self.wholes) == 1:
            return path
        return PurePosixPath(path.parts[0], whole.system.environment, *path.parts[1:])

    @cached_property
    def _alike(self) -> frozenset[str]:
        """The configuration that is the same wherever it is, and what is not ours to place."""
        contents: dict[str, set[str | None]] = {}
        for whole in self.wholes.values():
            for config in configs(whole.drafts):
                contents.setdefault(config.key, set()).add(config.content)
        return frozenset(key for key, found in contents.items() if len(found) == 1)

    def rewritten(self, node: dict[str, Any], whole: Whole) -> dict[str, Any]:
        """The document with the files where they stand."""
        placed = {config.key: self.config(config.key, config.path, whole) for config in configs(whole.drafts)}
        own = {mount.key: self.secret(mount.file.path, whole) for mount in secrets(whole.drafts)}
        made = dict(node)
        for section, paths in (("configs", placed), ("secrets", own)):
            if section in made:
                made[section] = {key: {"file": _written(paths[key])} for key in made[section]}
        return made

    def placed(self, draft: Draft, whole: Whole) -> Container:
        """The draft as the rest of the target sees it."""
        one = container(draft, whole)
        return replace(
            one,
            secret_files=tuple(self.secret(path, whole) for path in one.secret_files),
            configs=tuple(self.config(config.key, config.path, whole) for config in draft.configs),
        )


def _written(path: PurePosixPath) -> str:
    return str(path) if path.parts[0] == ".." else f"./{path}"


def _recipes(inputs: Inputs) -> tuple[File, ...]:
    return tuple(
        File(PurePosixPath("images", service, file.path), file.content, file.mode)
        for service, recipe in sorted(inputs.recipes.items())
        for file in recipe.files
    )


def _backed_up(system: System, inputs: Inputs, documents: Sequence[File]) -> list[File]:
    """What describes the system, once more, where the container that backs it up sees it."""
    if system.backups is None:
        return []
    place = PurePosixPath("config", names.BACKUPS, "project")
    own = [File(place / system.file.name, inputs.stack_file)] if inputs.stack_file else []
    return [*own, *(File(place / one.path, one.content) for one in documents)]


def _about(
    system: System, inputs: Inputs, order: tuple[str, ...], documents: Mapping[str, Mapping[str, Any]]
) -> tuple[File, ...]:
    made = [File(PurePosixPath(".gitignore"), _IGNORED)]
    if inputs.places.ejected:
        made.append(File(PurePosixPath("README.md"), readme(system, inputs, order, tuple(documents))))
    return tuple(made)


def _volumes(whole: Whole) -> tuple[Volume, ...]:
    project = names.project(whole.system)
    found = {key: draft.part for draft in whole.drafts for key in draft.data}
    return tuple(Volume(key, whole.inputs.volume(project, key), part) for key, part in found.items())
