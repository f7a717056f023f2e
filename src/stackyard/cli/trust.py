"""`stackyard trust`: let browsers trust the development certificates."""

from __future__ import annotations

import argparse
import platform
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from stackyard.cli.output import paint, say, system_arguments
from stackyard.errors import EXIT_DONE, EXIT_FAILED
from stackyard.resources.certificates import ensure_authority
from stackyard.resources.trust import is_trusted_by_system, trust_commands


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    parser.add_argument("--install", action="store_true", help="run the commands; without it they are only shown")


def run(args: argparse.Namespace) -> int:
    """Show the commands that make this machine and its browsers trust the authority, or run them."""
    from stackyard.operate.system import layout_of
    from stackyard.spec.load import load
    from stackyard.targets.local.certificate import hosts
    from stackyard.targets.local.layout import user_data

    layout_of(args.file, args.env)
    names = hosts(load(args.file, args.env), "edge")
    authority = ensure_authority(user_data(), datetime.now(UTC), names)
    say(f"the authority: {authority.certificate}")
    if is_trusted_by_system(authority):
        say("this machine trusts it; browsers with a store of their own (Chrome, Firefox on Linux) may not yet")
    failed = False
    for command in trust_commands(authority, _platform(), Path.home()):
        say(f"{paint(command.purpose, 'bold')}: {shlex.join(command.argv)}")
        if args.install:
            failed |= not _execute(command.argv)
    if not args.install:
        say("`stackyard trust --install` runs them.")
    return EXIT_FAILED if failed else EXIT_DONE


def _execute(argv: tuple[str, ...]) -> bool:
    import os

    words = argv[1:] if argv[0] == "sudo" and os.geteuid() == 0 else argv
    if shutil.which(words[0]) is None:
        extra = " (Debian: apt-get install libnss3-tools)" if words[0] == "certutil" else ""
        print(f"  there is no {words[0]} on this machine{extra}", file=sys.stderr)
        return False
    return subprocess.run(words, check=False).returncode == 0


def _platform() -> str:
    if sys.platform == "darwin":
        return "macos"
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        return "unknown"
    known = {facts.get("ID", ""), *facts.get("ID_LIKE", "").split()}
    names = {"debian": "debian", "ubuntu": "debian", "fedora": "fedora", "rhel": "fedora", "arch": "arch"}
    return next((names[name] for name in names if name in known), facts.get("ID", "unknown"))
