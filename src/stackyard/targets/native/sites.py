"""Built front ends: each build in a folder of its own, and the link `current` that the edge serves."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from stackyard.errors import PartError
from stackyard.model.system import Service, StaticSource
from stackyard.runner import Command, Runner
from stackyard.targets.local import fingerprint
from stackyard.targets.local.npm_project import packages_digest
from stackyard.targets.native.prune import keep_newest

# A front end in the folder of the stack file: what is ours, secrets and all, must never be served.
_PRIVATE = shutil.ignore_patterns(".stackyard", ".git", ".hg")


def build_site(service: Service, folder: Path, digest: str, log: Path, npm: Path | None, runner: Runner) -> None:
    """Build a front end into a new folder in `folder`, named after `digest`, and point `folder/current` there.

    Raises PartError with the last lines of npm when the build fails; what was served before still is.
    """
    source = service.source
    assert isinstance(source, StaticSource)
    made = source.path
    if source.script:
        _npm_build(service, source, log, npm, runner)
        made = source.path / source.output
    if not (made / "index.html").is_file():
        raise PartError(
            service.name,
            f"the front end {service.name} has no index.html in {made}",
            hint=f"`npm run {source.script}` should write it there; `output:` names another folder."
            if source.script
            else "Name the folder that holds it: `static: {path: …, script: ''}`.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    # A new folder for every build, also of the same source: what is being served is never touched.
    release = folder / f"{digest}-{time.time_ns():x}"
    _copy(service, made, release)
    link = folder / ".current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(release.name)
    link.replace(folder / "current")
    keep_newest(folder, release)


def _copy(service: Service, made: Path, release: Path) -> None:
    """Copy what was built, or leave nothing."""
    try:
        shutil.copytree(made, release, ignore=_PRIVATE)
    except BaseException as error:
        shutil.rmtree(release, ignore_errors=True)
        if not isinstance(error, shutil.Error):
            raise
        raise PartError(
            service.name,
            f"the front end {service.name} could not be copied out of {made}",
            hint="What ran before still runs.",
            # One entry a file, each with its own reason: the first few tell what the others do.
            details=[str(reason) for _, _, reason in error.args[0][:5]],
        ) from error
    os.utime(release)


def _npm_build(service: Service, source: StaticSource, log: Path, npm: Path | None, runner: Runner) -> None:
    if npm is None:
        raise PartError(
            service.name,
            f"the front end {service.name} needs npm, and there is none on this machine",
            hint="`stackyard doctor --install` installs Node.js.",
        )
    environment = {**os.environ, "PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "true"}
    marker = source.path / "node_modules" / ".stackyard"
    wanted = packages_digest(source)
    steps: list[tuple[str, ...]] = []
    if not marker.is_file() or marker.read_text() != wanted:
        # A lock file that npm wrote now would count as a change of the source, and be built again by the next `up`.
        install = ("ci",) if (source.path / "package-lock.json").is_file() else ("install", "--no-package-lock")
        steps.append((str(npm), *install, "--no-audit", "--no-fund"))
    steps.append((str(npm), "run", source.script))
    owner = source.path.stat()
    for step in steps:
        result = runner.run(
            Command(step, source.path, _as_owner(environment, owner.st_uid), owner.st_uid, owner.st_gid, log)
        )
        if not result.is_done:
            raise PartError(
                service.name,
                f"`npm {' '.join(step[1:])}` of {service.name} failed with code {result.code}",
                hint=f"The whole output is in {log}. What ran before still runs.",
                details=result.tail,
            )
        if marker.parent.is_dir():
            marker.write_text(wanted)


def _as_owner(environment: Mapping[str, str], uid: int) -> dict[str, str]:
    """npm keeps its cache in HOME: as root for a folder of somebody else, it must be that person's."""
    if os.geteuid() != 0 or uid == 0:
        return dict(environment)
    import pwd

    try:
        return {**environment, "HOME": pwd.getpwuid(uid).pw_dir}
    except KeyError:
        return {**environment, "HOME": "/tmp"}


def stamp(release: Path) -> dict[str, str]:
    """What changes when anything in a build does: the names, sizes and times of its files, as one digest."""
    folder, found = release.resolve(), []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = f"{status.st_size} {status.st_mtime_ns}" if path.is_file() else ""
        found.append(f"{path.relative_to(folder)} {status.st_mode} {content}")
    return {"stamp": fingerprint.of_texts(found)}
