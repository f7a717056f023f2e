"""What is on disk about restores: the one that is under way, and those whose old data is kept until told otherwise."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import StateError
from stackyard.operate.restoring.swap import Exchange, Phase, Swap
from stackyard.targets.local.folders import restore_file, restored_file
from stackyard.targets.local.state import sync, write_whole
from stackyard.targets.names import NATIVE


@dataclass(frozen=True)
class Journal:
    """The two files of a target, in the folder of an environment. A change is on the disk when its method returns."""

    folder: Path
    target: str = NATIVE

    @property
    def is_under_way(self) -> bool:
        """A swap was begun and not ended; cheap to ask."""
        return self._file.exists()

    def under_way(self) -> Swap | None:
        """The swap that was begun and not ended. Raises StateError for a file that is not ours."""
        found = _read(self._file)
        return None if found is None else _swap(self._file, found)

    def write(self, swap: Swap) -> None:
        """Note the phase that begins now."""
        write_whole(self._file, json.dumps(asdict(swap), indent=1) + "\n", durably=True)

    def drop(self) -> None:
        """The swap has ended without effect, or is among the kept ones."""
        self._file.unlink(missing_ok=True)
        sync(self.folder)

    def kept(self) -> tuple[Swap, ...]:
        """The swaps that took place and whose other data is kept, the oldest first."""
        file = self._kept_file
        return tuple(_swap(file, one) for one in (_read(file) or {}).get("kept", ()))

    def keep(self, swap: Swap) -> None:
        """The swap took place: it is kept, and no longer under way. What it undoes cannot be undone again."""
        others = [one for one in self.kept() if one.id not in (swap.id, swap.undoes)]
        self._write_kept((*others, swap))
        self.drop()

    def forget(self, ids: set[str]) -> None:
        """What these kept is gone."""
        self._write_kept(tuple(one for one in self.kept() if one.id not in ids))

    def _write_kept(self, swaps: tuple[Swap, ...]) -> None:
        text = json.dumps({"kept": [asdict(one) for one in swaps]}, indent=1) + "\n"
        write_whole(self._kept_file, text, durably=True)

    @property
    def _file(self) -> Path:
        return restore_file(self.folder, self.target)

    @property
    def _kept_file(self) -> Path:
        return restored_file(self.folder, self.target)


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise _damaged(file) from error
    return found


def _swap(file: Path, data: dict[str, Any]) -> Swap:
    try:
        exchanges = tuple(Exchange(**one) for one in data["exchanges"])
        return Swap(**{**data, "phase": Phase(data["phase"]), "exchanges": exchanges})
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> StateError:
    return StateError(
        f"{file} is damaged: nobody can say how far a restore has come",
        hint="Look at the folders beside the data (*.restored-*, *.before-*), then delete the file.",
    )
