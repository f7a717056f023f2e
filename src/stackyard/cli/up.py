"""`stackyard up`: start the system, or bring it in line with the stack file."""

from __future__ import annotations

import argparse

from stackyard.cli.output import paint, profile_argument, say, system_arguments, warn
from stackyard.errors import EXIT_DONE

# As `typing` has it, which is imported while the supervisor starts.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from stackyard.operate.session import Session
    from stackyard.targets.native.supervisor.status import Mode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    system_arguments(parser)
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
    ahead = None if args.new_ports else mode
    with open_early(args.file, args.env, tuple(args.profile), ahead, patience=patience) as opening:
        # Late, for the supervisor and what it starts ahead are on their way meanwhile.
        from stackyard.operate.session import Session
        from stackyard.spec.load import load

        system = load(args.file, args.env, tuple(args.profile))
        session = Session(system, "up", new_ports=args.new_ports, supervise=mode, patience=patience, opening=opening)
        return _bring_up(args, session)


def _bring_up(args: argparse.Namespace, opened: Session) -> int:
    with opened as session:
        from stackyard.cli.progress import View, describe
        from stackyard.operate.up import follow, up

        plan = session.plan()
        if not args.quiet and not args.brief:
            for notice in session.notices:
                warn(notice)
            for line in describe(plan):
                say(line)
        view = View(plan, quiet=args.quiet)
        with view.shown():
            outcome = up(session, detached=args.detach, tell=view.tell)
        if not args.quiet and not args.brief:
            _welcome(outcome.addresses, outcome.welcome, outcome.seconds)
        if outcome.client is not None:
            from stackyard.cli.logs import show

            say(paint("Ctrl-C stops everything.", "dim"))
            follow(session, outcome.client, show)
    return EXIT_DONE


def _welcome(addresses: tuple[tuple[str, str], ...], welcome: str, seconds: float) -> None:
    say(f"{paint('ready', 'green', 'bold')} after {seconds:.1f} s")
    width = max((len(name) for name, _ in addresses), default=0)
    for name, address in addresses:
        say(f"  {name.ljust(width)}  {paint(address, 'bold')}")
    if welcome:
        say(f"  {welcome}")
