"""`stackyard scale SERVICE=N…`: how many of a service run, until the stack file or another `scale` says otherwise."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stackyard.cli.output import (
    json_argument,
    profile_argument,
    say,
    say_json,
    system_arguments,
    table,
    target_argument,
)
from stackyard.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackyard.model.system import System
    from stackyard.operate.apply import Tell
    from stackyard.plan.step import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    profile_argument(parser)
    json_argument(parser)
    parser.add_argument("services", nargs="*", metavar="SERVICE=N", help="without any, how many there are of each")
    parser.add_argument(
        "--reset",
        nargs="*",
        metavar="SERVICE",
        help="go back to the stack file, for these services or for all",
    )


def run(args: argparse.Namespace) -> int:
    """Record it and bring what runs in line with it, or show how many there are."""
    from stackyard.operate import scale
    from stackyard.operate.system import verbs_for
    from stackyard.spec.load import load

    if args.services and args.reset is not None:
        raise UsageError("--reset goes back to the stack file; it takes no numbers", hint="Do one after the other.")
    system = load(args.file, args.env, tuple(args.profile))
    if not args.services and args.reset is None:
        return _show(args, system)
    wanted = scale.reset(system, args.reset) if args.reset is not None else scale.wanted_of(system, args.services)
    outcome = scale.scale(verbs_for(args.file, args.env, args.target), system, wanted, _tell(args))
    if args.json:
        return _show(args, system)
    listed = ", ".join(f"{name}={count}" for name, count in wanted.items()) or "nothing was scaled"
    say(f"{listed}; nothing runs here, `stackyard up` starts it so" if outcome is None else f"{listed}: ready")
    return EXIT_DONE


def _tell(args: argparse.Namespace) -> Callable[[Plan], Tell]:
    """Shows a plan before it is executed, and gives the ear for its progress."""
    from stackyard.cli.progress import View, describe

    def show(plan: Plan) -> Tell:
        if args.json:
            return lambda _: None
        for line in describe(plan):
            say(line)
        return View(plan).tell

    return show


def _show(args: argparse.Namespace, system: System) -> int:
    from stackyard.operate import scale

    found = scale.replicas(system)
    if args.json:
        say_json([{"service": one.service, "replicas": one.wanted, "file": one.filed} for one in found])
        return EXIT_DONE
    rows = [(one.service, str(one.wanted), str(one.filed)) for one in found]
    for line in table([("SERVICE", "REPLICAS", "STACK FILE"), *rows]):
        say(line)
    return EXIT_DONE
