"""Importing the file of another tool: read it, write the stack file beside it, and check what was written."""

from __future__ import annotations

from pathlib import Path

from stackyard.errors import SpecError, UsageError
from stackyard.finding import Finding
from stackyard.importing.compose import import_compose
from stackyard.importing.compose.folder import Folder
from stackyard.importing.result import Imported
from stackyard.spec.source import read, source_of


def read_compose_file(path: Path) -> Imported:
    """The Compose file at `path` as a stack file with its notes. Raises SpecError when it cannot be read."""
    source = read(path)
    folder = source.path.parent
    return import_compose(source.text, file=path.name, folder=Folder(folder), project=folder.name)


def check_stack(stack: str, path: Path) -> tuple[Finding, ...]:
    """What `stackyard check` finds in a stack file that would stand at `path`."""
    from stackyard.spec.load import load_source

    try:
        load_source(source_of(path.name, path.absolute(), stack))
    except SpecError as error:
        return error.findings
    return ()


def write_stack(stack: str, path: Path) -> None:
    """Write a stack file. Raises UsageError when there is a file already: nobody's work is written over."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(stack)
    except FileExistsError:
        raise UsageError(f"there is a {path} already", hint="Name another with -o, or move it away.") from None
