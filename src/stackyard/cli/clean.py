"""`stackyard clean`: remove what can be made again; data only on request."""

from __future__ import annotations

import argparse

from stackyard.cli.asking import confirm
from stackyard.cli.output import paint, say, system_arguments, target_argument
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    parser.add_argument(
        "--data", action="store_true", help="remove the data, the secrets and the logs, too; asks first"
    )
    parser.add_argument("--backups", action="store_true", help="remove the backups on this machine, too; asks first")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Name what goes and how much space it frees; ask before anything that cannot be made again."""
    from stackyard.operate.sizes import human
    from stackyard.operate.system import layout_of, verbs_for

    verbs = verbs_for(args.file, args.env, args.target)
    wanted = verbs.removals(data=args.data, backups=args.backups)
    if not wanted:
        say(f"there is nothing to remove ({args.env})")
        return EXIT_DONE
    for removal in wanted:
        note = paint("  cannot be made again", "red") if removal.is_lasting else ""
        say(f"  {'' if removal.size is None else human(removal.size):>9}  {removal.name}{note}")
    if args.data and not args.backups and verbs.has_backups():
        say(paint("  backups stay, with the secrets that open them; --backups removes these as well", "dim"))
    if any(removal.is_lasting for removal in wanted) and not args.yes:
        root = layout_of(args.file, args.env).root
        _ask(root.name or str(root))
    say(f"removed; {human(verbs.clean(wanted))} are free again")
    return EXIT_DONE


def _ask(name: str) -> None:
    unasked = "data is removed only after a question, and there is nobody to ask"
    confirm(name, f"Type {name} to remove it all: ", unasked=unasked, refused="nothing was removed")
