"""`stackyard restore --from REPOSITORY --key FILE`: a whole system on a new machine."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.cli.output import say, warn
from stackyard.targets.names import COMPOSE

if TYPE_CHECKING:
    from stackyard.model.system import System
    from stackyard.operate.restoring.effects import Effects


@contextmanager
def on_new_machine(args: argparse.Namespace) -> Iterator[tuple[System, Effects]]:
    """Open the backups, put secrets and configuration in place, and yield what a restore of all the rest can do.

    Raises UsageError, BackupError, and StateError where a system lives already.
    """
    from stackyard.operate.choice import chosen
    from stackyard.operate.restoring.choose import choose
    from stackyard.operate.restoring.machine import opened
    from stackyard.operate.scale import load
    from stackyard.targets.native.layout import Layout

    root = args.file.resolve()
    layout = Layout(root.parent if root.is_file() else root, args.env)
    restoring = _on(chosen(layout.folder, args.target))
    with opened(args.repository, Path(args.key), args.env) as backups:
        backup = choose(backups.sets(), args.set, None, "")
        for sentence in backups.put_in_place(backup, layout.root, layout.secrets):
            warn(sentence) if args.json else say(sentence)
        system = load(args.file, args.env)
        with restoring(system, locked=True, source=backups.job) as effects:
            yield system, effects


def _on(target: str) -> Callable[..., AbstractContextManager[Effects]]:
    """What leads to a restore on a target."""
    if target == COMPOSE:
        from stackyard.operate.compose.restoring import restoring as on_compose

        return on_compose
    from stackyard.operate.restoring.native import restoring as natively

    return natively
