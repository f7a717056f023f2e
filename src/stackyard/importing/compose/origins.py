"""Where a service comes from: `build`, `static` or `image`, and what the native target says to that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stackyard.importing.compose.context import Context
from stackyard.importing.compose.dockerfile import builds
from stackyard.importing.compose.images import Role, needed_natively
from stackyard.importing.compose.parts import Part
from stackyard.importing.compose.sources import Kind, Source
from stackyard.importing.result import Fate


def carry_origin(part: Part, context: Context) -> dict[str, Any]:
    """The words of the stack file for the source of a service."""
    source = part.source
    if source is None:
        return _image(part, context)
    if source.kind is Kind.FRONT_END:
        plain = source.output == "dist"
        return {"static": source.path if plain else {"path": source.path, "output": source.output}}
    if source.kind is Kind.PYTHON and not source.has_signs:
        advice = f"Write a requirements.txt into {source.path} that takes in the others: `-r requirements/base.txt`."
        context.ledger.remark(
            part.entry,
            part.key,
            Fate.LOST,
            "its folder is no Python project: it has neither pyproject.toml nor requirements.txt",
            advice,
        )
    if source.kind is Kind.PYTHON:
        return {"build": source.path, **_packages(part, source, context)}
    if source.recipe.packages:
        _say_packages(part, source.recipe.packages, context)
    if source.kind is Kind.DOCKER:
        _say_docker(part, source, context)
        return {"build": {"path": source.path, "dockerfile": source.dockerfile} if source.dockerfile else source.path}
    return {"build": source.path}


def _packages(part: Part, source: Source, context: Context) -> dict[str, Any]:
    """The Debian packages of a Python project, without what only builds."""
    kept = source.recipe.debian
    tools = [name for name in source.recipe.packages if builds(name)]
    others = [name for name in source.recipe.packages if name not in (*kept, *tools)]
    if kept:
        what = f"`packages`: {', '.join(kept)}"
        advice = "Natively they must be installed on the machine."
        context.ledger.remark(part.entry, part.key, Fate.CARRIED, what, advice)
    if tools:
        what = f"only a build needs {', '.join(tools)}, and packages of Python come built"
        context.ledger.remark(part.entry, part.key, Fate.REPLACED, what)
    if others:
        _say_packages(part, others, context)
    return {"packages": list(kept)} if kept else {}


def _say_packages(part: Part, names: Sequence[str], context: Context) -> None:
    what = f"its Dockerfile installs packages of the system: {', '.join(names)}"
    context.ledger.remark(part.entry, part.key, Fate.LOST, what, "Install them on the machine, for the native target.")


def _say_docker(part: Part, source: Source, context: Context) -> None:
    base = source.recipe.bases[-1] if source.recipe.bases else "a Dockerfile"
    what = f"it is built from {base}, which the native target cannot run"
    context.ledger.remark(
        part.entry, part.key, Fate.LOST, what, "Run it on a target with containers, or give `build` a Python project."
    )
    context.draft.remark(f"services.{part.name}", "Built from a Dockerfile: for targets with containers.")


def _image(part: Part, context: Context) -> dict[str, Any]:
    image = part.image
    if image is None or not re.fullmatch(r"[a-z0-9][A-Za-z0-9._:/@-]{0,254}", image.whole):
        context.ledger.remark(
            part.entry, part.key, Fate.LOST, "it does not say where it comes from", "Give it `build` or `image`."
        )
        return {}
    advice = image.known.advice if image.known else ""
    needed = (
        f"Natively: {needed_natively(image.name)}." if not image.known or image.known.role is not Role.SERVICE else ""
    )
    context.ledger.carried(
        part.node.entries["image"],
        f"{part.key}.image",
        "`image`, for targets with containers: the native target cannot run it",
        f"{advice} {needed}".strip(),
    )
    context.draft.remark(f"services.{part.name}", "An image: for targets with containers.")
    return {"image": image.whole}
