"""Putting right what a look at the machine found, through the system's own package manager."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.targets.local.check import Check, Fix

Run = Callable[[tuple[str, ...]], int]
"""Runs a command in front of the user and returns its exit code."""

# Packages start daemons on the default ports and make a database cluster when they are installed. Both are kept from
# happening, by files of ours that are taken away again; a policy of the machine's own stays as it is.
_MARK = "# made by stackyard while it installs packages"
_POLICY = "/usr/sbin/policy-rc.d"
_CLUSTER = "/etc/postgresql-common/createcluster.conf"
_KEEP_QUIET = f"""
test -e {_POLICY} || {{ printf '#!/bin/sh\\n{_MARK}\\nexit 101\\n' >{_POLICY} && chmod 755 {_POLICY}; }}
mkdir -p {Path(_CLUSTER).parent}
test -e {_CLUSTER} || printf '{_MARK}\\ncreate_main_cluster = false\\n' >{_CLUSTER}
"""
_AFTERWARDS = f"""
for file in {_POLICY} {_CLUSTER}; do if grep -qsxF '{_MARK}' $file; then rm -f $file; fi; done
rmdir {Path(_CLUSTER).parent} 2>/dev/null || true
"""
_APT_SETTINGS = ("env", "DEBIAN_FRONTEND=noninteractive", "UCF_FORCE_CONFFOLD=1")
_KEEP_OUR_FILES = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")


@dataclass(frozen=True)
class Outcome:
    """What came of it: sentences on what was done, what failed, and what the user has to run himself."""

    done: tuple[str, ...]
    failed: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """True when every fix was applied."""
        return not self.failed and not self.left


def install(
    checks: Sequence[Check],
    run: Run,
    *,
    is_root: bool | None = None,
    has_sudo: bool | None = None,
) -> Outcome:
    """Apply the fix of every check that has one, each by itself: one that fails does not stop the others.

    What needs root goes through sudo; without sudo it is left to the user, with the command to run. What the private
    store provides carries no fix, and so is not installed twice.
    """
    root = os.geteuid() == 0 if is_root is None else is_root
    sudo = bool(shutil.which("sudo")) if has_sudo is None else has_sudo
    fixes = list(dict.fromkeys(check.fix for check in checks if check.fix and check.verdict != "ok"))
    able = [fix for fix in fixes if root or sudo or not fix.needs_root]
    left = tuple(_by_hand(fix) for fix in fixes if fix not in able)
    prefix = () if root else ("sudo",)
    packages = [fix for fix in able if _is_apt(fix)]
    failures = {fix: _apply(fix, run, prefix) for fix in able if fix not in packages}
    if packages:
        with _quiet_daemons(run, prefix):
            failures |= {fix: _apply(fix, run, prefix) for fix in packages}
    return Outcome(
        done=tuple(fix.sentence for fix, failure in failures.items() if not failure),
        failed=tuple(failure for failure in failures.values() if failure),
        left=left,
    )


def _apply(fix: Fix, run: Run, prefix: tuple[str, ...]) -> str:
    """Run the commands of the fix until one fails; "" when none did, else a sentence."""
    for command in fix.commands:
        code = run((*(prefix if fix.needs_root else ()), *_complete(command)))
        if code:
            return f"`{shlex.join(command)}` ended with {code}"
    return ""


@contextlib.contextmanager
def _quiet_daemons(run: Run, prefix: tuple[str, ...]) -> Iterator[None]:
    try:
        run((*prefix, "sh", "-c", _KEEP_QUIET))
        # Lists that are missing or old name packages that the mirrors no longer have.
        run((*prefix, *_complete(("apt-get", "update"))))
        yield
    finally:
        run((*prefix, "sh", "-c", _AFTERWARDS))


def _complete(command: tuple[str, ...]) -> tuple[str, ...]:
    if command[0] != "apt-get":
        return command
    return (*_APT_SETTINGS, "apt-get", "--quiet", *_KEEP_OUR_FILES, *command[1:])


def _is_apt(fix: Fix) -> bool:
    return any(command[0] == "apt-get" for command in fix.commands)


def _by_hand(fix: Fix) -> str:
    commands = " && ".join(shlex.join(command) for command in fix.commands)
    return f"as root, run `{commands}`: it {fix.sentence}"
