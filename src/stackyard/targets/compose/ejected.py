"""What a render leaves in its folder about itself, and which files there are secrets in the place made for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

NOTE = ".stackyard-render.json"
IGNORED = "/secrets/"
"""The line by which git leaves the secrets of a rendered folder alone."""
_SECRETS = "secrets"


def noted(folder: Path) -> Mapping[str, str] | None:
    """The digests of an earlier render by file name, "" for a secret; None in a folder without one."""
    try:
        files = json.loads((folder / NOTE).read_text())["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def secrets_in_place(folder: Path) -> frozenset[Path]:
    """The secrets that a render has put into the folder, as long as others can reach them neither here nor by git.

    A copy anywhere else, a folder that somebody has opened, or one that git takes in: none of that is their place.
    """
    try:
        is_closed = not (folder / _SECRETS).stat().st_mode & 0o077
        is_ignored = IGNORED in (folder / ".gitignore").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return frozenset()
    if not (is_closed and is_ignored):
        return frozenset()
    names = (name for name, digest in (noted(folder) or {}).items() if not digest)
    return frozenset(folder / name for name in names if Path(name).parts[0] == _SECRETS and ".." not in name)


def all_secrets_in_place(files: Iterable[Path]) -> frozenset[Path]:
    """The same for every rendered folder whose note is among the files."""
    return frozenset().union(*(secrets_in_place(path.parent) for path in files if path.name == NOTE))
