"""`python -m stackyard.backup JOB.json COMMAND`: what a target runs, beside the system or inside a container of it.

Each line of the output is a JSON object: {"event": …} as things happen, and at the end {"result": …} or
{"error": {"what", "hint", "details"}}. The exit code is 0 or 1; 2 when the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from stackyard.backup import job as jobs
from stackyard.backup.events import Event
from stackyard.backup.job import Job
from stackyard.backup.looks import LOOKS
from stackyard.backup.problem import BackupError
from stackyard.errors import StackyardError

Work = Callable[[Job, argparse.Namespace], object]


def main(argv: Sequence[str] | None = None) -> int:
    """Do the one thing that was asked, and say how it went."""
    signal.signal(signal.SIGTERM, _interrupt)
    # It complains of a connection that is broken off in the middle; that it was is said once, and in our words.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    options = _parser().parse_args(argv)
    try:
        result = options.work(_job(Path(options.job)), options)
    except StackyardError as error:
        return _failed(error.what, error.hint, error.details)
    except KeyboardInterrupt:
        return _failed("it was interrupted", "What it had begun counts for nothing, and is removed by the next run.")
    except OSError as error:
        return _failed(f"{error.filename or 'the system'}: {error.strerror or error}")
    _say({"result": result})
    return 0


def _create(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import create, guard
    from stackyard.backup.sets import Kind

    with guard.patient(job, "backup", _tell):
        return create.create(job, kind=Kind(options.kind), tell=_tell)


def _list(job: Job, _options: argparse.Namespace) -> object:
    from stackyard.backup import store

    return store.sets(job)


def _show(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import store

    return store.find(job, options.set)


def _rebuild(job: Job, _options: argparse.Namespace) -> object:
    from stackyard.backup import store

    return store.rebuild(job)


def _verify(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import guard, store, verify

    with guard.patient(job, "verification", _tell):
        done = verify.verify(job, store.find(job, options.set), _tell, deep=options.deep)
    if not done.is_good:
        details = [f"{one.piece}: {one.what}" for one in done.findings]
        raise BackupError(f"the set {done.id} is broken", hint=store.advice(store.sets(job)), details=details)
    return done


def _prune(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import guard, prune

    with guard.patient(job, "pruning", _tell):
        return [one.id for one in prune.prune(job, _tell, dry=options.dry_run)]


def _push(job: Job, _options: argparse.Namespace) -> object:
    from stackyard.backup import push

    return {part.name: push.push(job, part) for part in job.postgres if part.wal}


def _mark(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import marks

    return marks.mark(job, options.name)


def _drill(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import drill, guard, store

    with guard.patient(job, "drill", _tell):
        return drill.drill(job, _tell, backup=store.find(job, options.set) if options.set else None)


def _upkeep(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import upkeep

    only = upkeep.due_parts(job, time.time()) if options.due else ((options.database,) if options.database else ())
    done = upkeep.run(job, _tell, only=only, dry=options.dry_run) if only or not options.due else ()
    for one in done:
        if one.error:
            raise BackupError(f"the upkeep of {one.part} failed: {one.error}")
    return done


def _look(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import looks

    return looks.look(job, options.look)


def _keep(job: Job, options: argparse.Namespace) -> object:
    from stackyard.backup import keeper

    keeper.keep(job, Path(options.job))
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stackyard.backup", allow_abbrev=False)
    parser.add_argument("job", help="the file that describes what there is to back up")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, work: Work, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        made.set_defaults(work=work)
        return made

    create = command("create", _create, "make a set, read it back, copy it off site, let old ones go")
    create.add_argument("--kind", choices=("scheduled", "manual", "safety"), default="manual")
    command("list", _list, "all sets, newest first")
    command("show", _show, "one set").add_argument("set", nargs="?", default="latest")
    verify = command("verify", _verify, "read a set back from where it is stored")
    verify.add_argument("set", nargs="?", default="latest")
    verify.add_argument("--deep", action="store_true", help="read all else in the repository too")
    prune = command("prune", _prune, "remove the sets that the policy no longer keeps")
    prune.add_argument("--dry-run", action="store_true", help="only say which")
    command("rebuild", _rebuild, "read the list of sets out of the repository again")
    command("push", _push, "put the WAL that was received into the repository")
    command("drill", _drill, "restore a set beside the system, and compare").add_argument("set", nargs="?")
    command("mark", _mark, "name this moment").add_argument("name")
    upkeep = command("upkeep", _upkeep, "vacuum, analyse, and rebuild what has to be")
    upkeep.add_argument("database", nargs="?", help="one of them; by default all")
    upkeep.add_argument("--due", action="store_true", help="only those whose time has come")
    upkeep.add_argument("--dry-run", action="store_true", help="only look")
    command("look", _look, "look at the backups, for whoever verifies them").add_argument("look", choices=tuple(LOOKS))
    command("keep", _keep, "do all of it on schedule, until told to end")
    return parser


def _job(file: Path) -> Job:
    try:
        return jobs.from_text(file.read_text())
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{file} does not describe what there is to back up", details=(str(error),)) from None


def _tell(event: Event) -> None:
    _say({"event": event})


def _failed(what: str, hint: str = "", details: Sequence[str] = ()) -> int:
    _say({"error": {"what": what, "hint": hint, "details": details}})
    return 1


def _say(told: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(told, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
