"""restic, which keeps the repository: encrypted, compressed, each piece of data once. Only what version 0.14 has.

No exit code is trusted alone: a backup counts when restic names its snapshot.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stackyard.backup import pipes, programs
from stackyard.backup.complaints import explain
from stackyard.backup.job import Job, Repository
from stackyard.backup.pipes import Count, Flow, Source, Through
from stackyard.backup.problem import BackupError, NotReadError, RepositoryBusyError, RepositoryMissingError
from stackyard.backup.programs import Answer, Listener
from stackyard.backup.sets import Finding
from stackyard.backup.snapshots import Kept, Snapshot, kept, snapshot_of, summary, unread

_LOOKS = 4
"""How often a list is read again that changes while it is read."""
PATIENCE = 60.0
"""Seconds to wait for somebody else's work in the repository before giving up."""


class Restic:
    """One repository. Every method raises BackupError, or its RepositoryBusyError and RepositoryMissingError."""

    def __init__(self, job: Job, repository: Repository) -> None:
        self._job, self.repository = job, repository
        self._host = f"{job.system}-{job.environment}"

    @property
    def folder(self) -> Path | None:
        """Where it lies on this machine, None when it is elsewhere."""
        return Path(self.repository.url) if self.repository.url.startswith("/") else None

    def known(self, snapshot: str) -> str:
        """The whole id of the snapshot whose id begins so, "" where that cannot be told without asking restic."""
        found = list((self.folder / "snapshots").glob(f"{snapshot}*")) if self.folder and snapshot else []
        return found[0].name if len(found) == 1 else ""

    def ensure(self, like: Restic | None = None) -> bool:
        """Make the repository unless there is one, and clear the locks of processes that are gone. True when made.

        `like` is another repository, which this one shall store data the same way as: copies are small then.
        """
        try:
            self.unlock()
        except RepositoryMissingError:
            options = (*self._from(like), "--copy-chunker-params") if like else ()
            self._done(("init", *options), like=like)
            return True
        return False

    def unlock(self) -> None:
        """Remove locks whose process has gone, or that nobody has renewed for half an hour."""
        self._done(("unlock",))

    def backup_stream(
        self,
        argv: Sequence[str],
        path: str,
        tags: Mapping[str, str],
        *,
        env: Mapping[str, str] | None = None,
        account: Any = None,
        count: Count | None = None,
        through: Through | None = None,
    ) -> Kept:
        """Keep what a program writes to its standard output, or what `through` makes of that, as the file `path`;
        nothing of it when it fails."""
        with pipes.source(argv, env=env, account=account, count=count, through=through) as taken:
            return self.backup_source(taken, path, tags)

    def backup_source(self, taken: Source, path: str, tags: Mapping[str, str]) -> Kept:
        """The same for a program that runs already."""
        arguments = ("backup", "--stdin", "--stdin-filename", path, *self._tags(tags))
        with self._running(arguments, stdin=subprocess.PIPE) as process:
            output, errors = Listener(process.stdout), Listener(process.stderr)
            flow = pipes.pour(taken, process)
            answer = Answer(process.wait(), output.said(), errors.said())
        told = self._summary(answer)
        if told["total_bytes_processed"] != flow.size:
            raise BackupError(f"restic kept {told['total_bytes_processed']} of {flow.size} bytes of {path}")
        return kept(told, flow)

    def backup_bytes(self, content: bytes, path: str, tags: Mapping[str, str]) -> Kept:
        """Keep these bytes as the file `path`."""
        arguments = ("backup", "--stdin", "--stdin-filename", path, *self._tags(tags))
        answer = programs.run(self._argv(arguments), env=self._environment(), stdin=content)
        return kept(self._summary(answer), Flow(len(content), hashlib.sha256(content).hexdigest()))

    def backup_folder(self, folder: Path, tags: Mapping[str, str]) -> Kept:
        """Keep the contents of a folder. What vanishes meanwhile is left out; what cannot be read is an error."""
        for _ in range(2):
            answer = self._call(("backup", ".", *self._tags(tags)), cwd=folder)
            missed = [item for item in unread(answer.errors) if (folder / item).exists()]
            # It complains, too, of a file of which the repository has lost parts, and stores it again.
            if not missed:
                break
        if missed:
            raise BackupError(
                f"{len(missed)} files of {folder} could not be read, so there is no whole copy of it",
                hint="See that the user who makes backups may read them.",
                details=missed[:10],
            )
        return kept(self._summary(answer, accepted=(0, 3)), None)

    @contextmanager
    def dump(self, snapshot: str, path: str, count: Count | None = None) -> Iterator[Source]:
        """A file out of a snapshot, read from where it is stored; "/" is the whole of it as a tar."""
        arguments = ("dump", "--no-lock", snapshot, path if path.startswith("/") else f"/{path}")
        # What a disk does not give at once it does not give a minute later, as a server may.
        hopeless = "retrying after" if self.folder else ""
        argv, env = self._argv(arguments), self._environment()
        with pipes.source(argv, env=env, count=count, hopeless=hopeless) as taken:
            try:
                yield taken
            except NotReadError:
                raise
            except BackupError as error:
                raise explain(Answer(1, "", "\n".join(error.details)), self.repository.url, error.what) from None

    def restore(self, snapshot: str, into: Path) -> None:
        """Put everything of a snapshot into the folder."""
        self._done(("restore", "--no-lock", snapshot, "--target", str(into)))

    def snapshots(self, tags: Mapping[str, str] | None = None) -> tuple[Snapshot, ...]:
        """The snapshots of this system that have all the tags, oldest first."""
        arguments = ("snapshots", "--no-lock", "--host", self._host)
        answer = self._call(arguments)
        for _ in range(_LOOKS):
            # One that somebody replaces while the list is read is gone before it can be loaded.
            if answer.is_done or "failed to load snapshot" not in answer.errors:
                break
            answer = self._call(arguments)
        if not answer.is_done:
            raise explain(answer, self.repository.url)
        try:
            found = [snapshot_of(one) for one in json.loads(answer.output) or ()]
        except (ValueError, KeyError, TypeError):
            raise BackupError("restic's list of snapshots cannot be understood", details=answer.tail) from None
        return tuple(one for one in sorted(found, key=lambda one: one.time) if one.has(tags or {}))

    def ls(self, snapshot: str) -> tuple[tuple[str, int], ...]:
        """The files in a snapshot, and their sizes."""
        lines = [json.loads(line) for line in self._done(("ls", "--no-lock", snapshot)).output.splitlines()]
        return tuple((one["path"], int(one.get("size", 0))) for one in lines if one.get("type") == "file")

    def forget(self, ids: Sequence[str]) -> None:
        """Take the snapshots off the list; what only they used goes with `prune`."""
        if ids:
            self._patiently(("forget", *ids))

    def prune(self) -> None:
        """Give back the space of what no snapshot uses."""
        self._patiently(("prune",))

    def tag(self, ids: Sequence[str], add: Mapping[str, str], remove: Mapping[str, str]) -> None:
        """Change tags. The snapshots get new ids by it."""
        options = [text for option, tags in (("--add", add), ("--remove", remove)) for text in _options(option, tags)]
        self._patiently(("tag", *options, *ids))

    def copy_to(self, other: Restic, ids: Sequence[str]) -> None:
        """Copy snapshots into another repository, with their tags; those that are there already cost nothing."""
        if ids:
            other._done(("copy", *self._from(self), *ids), like=self)

    def check(self, read_data: bool | str = False) -> tuple[Finding, ...]:
        """What is wrong with the repository. `read_data` reads the contents too, or a part of them ("10%")."""
        options = () if read_data is False else ("--read-data",) if read_data is True else ()
        subset = (f"--read-data-subset={read_data}",) if isinstance(read_data, str) else ()
        answer = self._call(("check", "--no-lock", *options, *subset), as_json=False)
        if answer.is_done:
            return ()
        problem = explain(answer, self.repository.url)
        if isinstance(problem, RepositoryMissingError | RepositoryBusyError):
            raise problem
        lines = [line for line in answer.errors.splitlines() if line.strip()][:10] or [problem.what]
        return tuple(Finding("repository", line.strip()) for line in lines)

    def rebuild_index(self) -> None:
        """Write the list of what lies where anew, from the files that are there."""
        answer = self._call(("repair", "index"))
        # Called otherwise before 0.16.
        is_known = answer.is_done or "unknown command" not in answer.errors
        self._patiently(("repair", "index") if is_known else ("rebuild-index",))

    def lacks(self, ids: Sequence[str]) -> bool:
        """Whether parts of the snapshots are not on the list of what lies where. Nothing of them is read."""
        answer = self._call(("stats", "--no-lock", "--mode", "raw-data", *ids))
        if answer.is_done:
            return False
        problem = explain(answer, self.repository.url)
        if isinstance(problem, NotReadError):
            raise problem
        return True

    def _tags(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        return ("--host", self._host, *_options("--tag", tags))

    def _from(self, source: Restic | None) -> tuple[str, ...]:
        if source is None:
            return ()
        return ("--from-repo", source.repository.url, "--from-password-file", source.repository.password_file)

    def _summary(self, answer: Answer, accepted: tuple[int, ...] = (0,)) -> dict[str, Any]:
        found = summary(answer.output) if answer.code in accepted else {}
        if not found:
            raise explain(answer, self.repository.url)
        return found

    def _patiently(self, arguments: Sequence[str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._done(arguments)
            except RepositoryBusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1.0)
                self.unlock()
            else:
                return

    def _done(self, arguments: Sequence[str], like: Restic | None = None) -> Answer:
        answer = self._call(arguments, like=like)
        if not answer.is_done:
            raise explain(answer, self.repository.url)
        return answer

    def _call(
        self, arguments: Sequence[str], *, cwd: Path | None = None, as_json: bool = True, like: Restic | None = None
    ) -> Answer:
        env = {**(like._environment() if like else {}), **self._environment()}
        return programs.run(self._argv(arguments, as_json), env=env, cwd=cwd)

    @contextmanager
    def _running(self, arguments: Sequence[str], **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        process = programs.start(self._argv(arguments), self._environment(), **pipes)
        try:
            yield process
        finally:
            programs.end(process)

    def _argv(self, arguments: Sequence[str], as_json: bool = True) -> tuple[str, ...]:
        return (self._job.restic, *arguments, *(("--json",) if as_json else ()))

    def _environment(self) -> dict[str, str]:
        values = {name: _secret(file) for name, file in self.repository.environment.items()}
        cache = self._job.places.cache
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            "RESTIC_REPOSITORY": self.repository.url,
            "RESTIC_PASSWORD_FILE": self.repository.password_file,
            "RESTIC_CACHE_DIR": str(cache),
            "RESTIC_PROGRESS_FPS": "1",
            **values,
        }


def _options(option: str, tags: Mapping[str, str]) -> tuple[str, ...]:
    if not tags:
        return ()
    return (option, ",".join(f"{name}={value}" if value else name for name, value in tags.items()))


def _secret(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise BackupError(f"the secret in {file} cannot be read: {error.strerror}") from error
