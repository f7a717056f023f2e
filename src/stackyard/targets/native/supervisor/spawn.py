"""Starting a process: its command line, its environment, its user. Nothing of our own environment reaches it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from stackyard.targets.local import holders
from stackyard.targets.native.program import Piece, Program, SecretPiece
from stackyard.targets.native.supervisor import postmaster, processes

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class SpawnRefused(Exception):  # noqa: N818 - it is a verdict, told as a clause
    """The program cannot be started; the text is a clause: `there is no program x`."""


def environment(program: Program, mark: str) -> dict[str, str]:
    """What the process gets: the program's own variables with secrets read now, a few defaults, and the mark.

    Raises SpawnRefused when a secret cannot be read.
    """
    home = program.cwd if program.cwd != "/" else "/tmp"
    defaults = {"PATH": DEFAULT_PATH, "HOME": home, "LANG": "C.UTF-8"}
    return defaults | resolved(program.env) | {processes.MARK: mark}


def resolved(variables: Mapping[str, Iterable[Piece]]) -> dict[str, str]:
    """The variables as text, secrets and all. Raises SpawnRefused for a secret that cannot be read."""
    return {key: "".join(_text(piece) for piece in pieces) for key, pieces in variables.items()}


def _text(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    return _secret(piece)


def _secret(piece: SecretPiece) -> str:
    try:
        text = Path(piece.path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SpawnRefused(f"the secret {piece.path} cannot be read: {reason}") from None
    if not piece.quoted:
        return text
    from urllib.parse import quote  # late: few programs need it

    return quote(text, safe="")


def command_line(program: Program, argv: tuple[str, ...], variables: Mapping[str, str]) -> list[str]:
    """`argv` behind the `setpriv` that changes the user and forbids new privileges.

    Raises SpawnRefused when the binary is missing or the user cannot be changed.
    """
    if not argv:
        raise SpawnRefused("its command is empty")
    if not _exists(argv[0], program.cwd, variables.get("PATH", "")):
        raise SpawnRefused(f"there is no program {argv[0]}")
    changes = program.uid is not None and program.uid != os.geteuid()
    if changes and os.geteuid() != 0:
        raise SpawnRefused(f"it should run as user {program.uid}, which only root can arrange")
    setpriv = shutil.which("setpriv", path=DEFAULT_PATH)
    if setpriv is None:
        if changes:
            raise SpawnRefused("it should run as another user, and there is no setpriv (package util-linux)")
        return list(argv)
    return [setpriv, *(_user(program) if changes else ()), "--no-new-privs", "--", *argv]


def _exists(name: str, cwd: str, path: str) -> bool:
    # Looked up here because behind setpriv a missing binary is only an exit code.
    if "/" in name:
        return os.access(Path(cwd) / name, os.X_OK)
    return shutil.which(name, path=path) is not None


def _user(program: Program) -> list[str]:
    assert program.uid is not None
    known = None
    with contextlib.suppress(KeyError):
        known = pwd.getpwuid(program.uid)
    group = program.gid if program.gid is not None else known.pw_gid if known else program.uid
    wanted = [f"+{name}" for name in program.capabilities]
    # Other groups of that user may open doors that no part needs (docker, sudo, adm).
    words = [f"--reuid={program.uid}", f"--regid={group}", "--clear-groups"]
    words.append(f"--bounding-set={','.join(['-all', *wanted])}")
    if wanted:
        words += [f"--inh-caps={','.join(wanted)}", f"--ambient-caps={','.join(wanted)}"]
    return words


def start(program: Program, mark: str, output: int) -> int:
    """Start the program in a session of its own, with `output` as stdout and stderr; its pid. Raises SpawnRefused.

    Every port that it will open must be free: otherwise the answer of a stranger would make it look ready.
    """
    for port in program.ports:
        if clause := holders.held(port):
            raise SpawnRefused(clause)
    if program.probe.kind in ("pidfile", "standby"):
        postmaster.clear_stale_lock(Path(program.probe.path))
    pid = run(program, program.argv, mark, output)
    if program.nice:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, program.nice)
    return pid


def run(program: Program, argv: tuple[str, ...], mark: str, output: int) -> int:
    """Start `argv` as the program's user, with its environment and folder; its pid. Raises SpawnRefused."""
    variables = environment(program, mark)
    words = command_line(program, argv, variables)
    try:
        process = subprocess.Popen(
            words,
            cwd=program.cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        process.returncode = 0  # the reaper waits for it, not this object
        return process.pid
    except OSError as error:
        raise SpawnRefused(f"{error.filename or argv[0]}: {error.strerror}") from None
    except ValueError as error:
        raise SpawnRefused(f"its command or environment is not valid: {error}") from None
