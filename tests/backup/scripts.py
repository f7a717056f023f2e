"""Programs that do otherwise than they should: shell scripts in their places."""

from __future__ import annotations

from pathlib import Path


def replaced_program(folder: Path, programs: str, name: str, script: str) -> str:
    """A folder of PostgreSQL's programs in which one is a shell script; $REAL is the one that it stands for."""
    folder.mkdir()
    for program in Path(programs).iterdir():
        if program.name != name:
            (folder / program.name).symlink_to(program)
    return str(write_script(folder / name, f"REAL={Path(programs) / name}\n{script}").parent)


def write_script(file: Path, script: str) -> Path:
    """A shell script that can be run."""
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file
