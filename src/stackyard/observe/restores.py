"""What restores have left in a system: one that never ended, and old data that is kept until told otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackyard.observe.seen import CannotSeeError, KeptData, RestoresView
from stackyard.targets.local.folders import restore_file, restored_file
from stackyard.targets.names import NATIVE

IsThere = Callable[[str], bool | None]


def restores(folder: Path, is_there: IsThere, strays: tuple[str, ...] = (), *, target: str = NATIVE) -> RestoresView:
    """As the files of a target in the folder of an environment say; `is_there` looks at a place, None where it cannot.

    Raises CannotSeeError for a file that nobody can read.
    """
    under_way = _read(restore_file(folder, target))
    told = _read(restored_file(folder, target)) or {}
    try:
        kept = tuple(
            KeptData(str(one["id"]), str(one["verb"]), str(one["target"]), str(move["part"]), str(move["outgoing"]),
                     is_there(move["outgoing"]))
            for one in told.get("kept", ())
            for move in one["exchanges"]
            if move["had_live"]
        )  # fmt: skip
        begun = f"{under_way['verb']} {under_way['id']}, {under_way['phase']}" if under_way else ""
    except (KeyError, TypeError) as error:
        raise CannotSeeError(f"what restores have left cannot be read: {error}") from None
    return RestoresView(begun, kept, strays)


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise CannotSeeError(f"{file} cannot be read: {error}") from None
    return found
