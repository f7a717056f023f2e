"""`stackyard up`: start the system, or bring it in line with the stack file."""

from __future__ import annotations

import argparse

from stackyard.cli.output import paint, profile_argument, say, system_arguments, target_argument, warn
from stackyard.errors import EXIT_DONE

# As `typing` has it, which is imported while the supervisor starts.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from stackyard.model.system import System
    from stackyard.operate.opening import Opening
    from stackyard.operate.verbs import Work
    from stackyard.targets.native.supervisor.status import Mode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
    target_argument(parser)
    parser.add_argument("-d", "--detach", action="store_true", help="return when everything is ready")
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    parser.add_argument("--brief", action="store_true", help="say only what was done")
    parser.add_argument("--new-ports", action="store_true", help="forget the remembered ports and choose anew")
    profile_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Observe, plan, show the plan, execute it; in the foreground, stay and end everything with Ctrl-C."""
    from stackyard.operate.opening import open_early

    mode: Mode = "detached" if args.detach else "foreground"
    # The watcher asks for brevity, and has time: whoever is at work may not have seen the change that it has seen.
    patience = 120.0 if args.brief else 0.0
    ahead = None if args.new_ports or args.target not in (None, "native") else mode
    with open_early(args.file, args.env, tuple(args.profile), ahead, patience=patience) as opening:
        # Late, for the supervisor and what it starts ahead are on their way meanwhile.
        from stackyard.operate.scale import load

        system = load(args.file, args.env, tuple(args.profile))
        return _bring_up(args, _work(args, system, mode, opening, patience))


def _work(args: argparse.Namespace, system: System, mode: Mode, opening: Opening, patience: float) -> Work:
    """The work on the target that is asked for; the native one goes on with what was begun before the file was read."""
    from stackyard.operate.choice import chosen
    from stackyard.targets.local.folders import environment_folder

    target = chosen(environment_folder(system.root, system.environment), args.target)
    if target == "native":
        from stackyard.operate.session import Session

        return Session(system, "up", new_ports=args.new_ports, supervise=mode, patience=patience, opening=opening)
    from stackyard.operate.verbs import verbs_of

    return verbs_of(target, system.root, system.environment).begin(
        system, "up", new_ports=args.new_ports, patience=patience
    )


def _bring_up(args: argparse.Namespace, opened: Work) -> int:
    with opened as session:
        from stackyard.cli.progress import View, describe

        plan = session.plan()
        if not args.quiet and not args.brief:
            for notice in session.notices:
                warn(notice)
            for line in describe(plan):
                say(line)
        view = View(plan, quiet=args.quiet)
        with view.shown():
            outcome = session.up(detached=args.detach, tell=view.tell)
        if not args.quiet and not args.brief:
            for note in outcome.notes:
                warn(note)
            _welcome(outcome.addresses, outcome.welcome, outcome.seconds)
        if outcome.follow is not None:
            from stackyard.cli.logs import show

            say(paint("Ctrl-C stops everything.", "dim"))
            outcome.follow(show)
    return EXIT_DONE


def _welcome(addresses: tuple[tuple[str, str], ...], welcome: str, seconds: float) -> None:
    say(f"{paint('ready', 'green', 'bold')} after {seconds:.1f} s")
    width = max((len(name) for name, _ in addresses), default=0)
    for name, address in addresses:
        say(f"  {name.ljust(width)}  {paint(address, 'bold')}")
    if welcome:
        say(f"  {welcome}")
