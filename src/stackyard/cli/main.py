"""`stackyard`: reads the arguments, runs one command, and turns every error into words a person can act on."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from stackyard import __version__
from stackyard.errors import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, SpecError, StackyardError, cause_of

# As `typing` has it, whose import would be a tenth of `--help`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class _Command(Protocol):
        def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

        def run(self, args: argparse.Namespace) -> int: ...


# The modules are imported only when their command runs: `stackyard --help` must feel instant.
COMMANDS = {
    "up": "start the system, or bring it in line with the stack file",
    "down": "stop the system; data stays",
    "restart": "restart services, or all of them",
    "status": "what runs, since when, and why not",
    "logs": "read or follow the logs",
    "run": "run a command in the environment of a service",
    "plan": "what `up` would do, and why",
    "clean": "remove what can be made again; data only on request",
    "doctor": "what this machine lacks, and put it right",
    "verify": "does the running system keep its promises? With evidence",
    "backup": "make backups, look at them, read them back",
    "drill": "restore a backup on trial, compare, and measure",
    "mark": "give this moment a name, to come back to",
    "restore": "go back to a backup, or to any moment since; with a way back",
    "runbook": "the page to open when something is broken, for this system",
    "scale": "how many of a service run",
    "upgrade": "move a database to another major version of PostgreSQL, with a way back",
    "switchover": "have a replica of a database lead in its place",
    "check": "check the stack file",
    "explain": "the annotated reference of a key",
    "schema": "the JSON Schema of the stack file, for editors",
    "secrets": "list and set secrets; values are never shown",
    "db": "look into a database, and keep it up: stats, shell, upkeep",
    "import": "make a stack file from a Compose file",
    "render": "write the files with which another tool runs it",
    "targets": "what each target keeps, approximates and refuses",
    "trust": "let browsers trust the development certificates",
}


TAKES_REST = ("run", "db")
"""Commands that run another one, whose words stand behind `--`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage, 3 changes pending, 4 promise broken."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = next((word for word in words if not word.startswith("-")), "")
    if argv is None:
        _take_ctrl_c()
    code = _run(words, name)
    if argv is None and name == "up" and code == EXIT_DONE:
        _leave()
    return code


_LOST = 0.01
"""Seconds after which a Ctrl-C is heard again that was lost."""


class _CtrlC(KeyboardInterrupt):
    """Ctrl-C, in a class of our own.

    A KeyboardInterrupt that passes through an `exec` (every dataclass is made by one) counts as unhandled for the
    interpreter, even when it was caught later: it then ends itself with the signal instead of our exit code.
    """


def _take_ctrl_c() -> None:
    import signal

    def stop(*_: object) -> None:
        raise _CtrlC

    def once_more(lost: sys.UnraisableHookArgs) -> None:
        # Raised where Python lets nothing pass (a finaliser, the callback of a weak reference: importing has those).
        if isinstance(lost.exc_value, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, _LOST)
        else:
            sys.__unraisablehook__(lost)

    # A shell that starts us in the background has it ignored, and so it stays.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        sys.unraisablehook = once_more


def _leave() -> None:
    """End at once: everything is closed and said, and an interpreter that takes itself apart takes a while over it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(EXIT_DONE)


def _run(words: list[str], name: str) -> int:
    try:
        try:
            return _dispatch(words, name)
        finally:
            # Here, where a reader that is gone is a case like others; at exit the interpreter would lament it.
            if sys.stdout is not None:
                sys.stdout.flush()
    except SpecError as error:
        from stackyard.spec import render_findings

        print(render_findings(error), file=sys.stderr)
        return error.exit_code
    except StackyardError as error:
        _complain(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader (a pager, `head`) has seen enough; nothing may be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        _complain(StackyardError(cause_of(error), hint="`stackyard doctor` looks at what can be wrong."))
        return EXIT_FAILED
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:  # noqa: BLE001 - the last resort: people get a sentence, and a file to report
        # What is raised while a class is made comes wrapped.
        return _interrupted() if isinstance(error.__cause__, KeyboardInterrupt) else _confess(error)


def _interrupted() -> int:
    print("stopped by Ctrl-C", file=sys.stderr)
    return 130


def _confess(error: Exception) -> int:
    """A defect of ours: said as such, with the traceback in a file and nothing of it on the terminal."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="stackyard-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    what = f"this is a defect of Stackyard {__version__}: {type(error).__name__}"
    _complain(StackyardError(what, hint=f"Please report it with {file.name}. Nothing more was done."))
    return EXIT_FAILED


def _dispatch(words: list[str], name: str) -> int:
    parser = argparse.ArgumentParser(
        prog="stackyard",
        description="One file describes a web system. Stackyard runs it, operates it, and proves that it keeps its "
        "promises.",
        epilog="Every command has its own --help.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"stackyard {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    command: _Command | None = None
    # With the command first, no list of the others can be asked for.
    shown = {name: COMMANDS[name]} if words[:1] == [name] and name in COMMANDS else COMMANDS
    for each, title in shown.items():
        own = commands.add_parser(each, help=title, description=title.capitalize() + ".", allow_abbrev=False)
        if each == name:
            command = import_module(f"stackyard.cli.{_module(each)}")
            command.add_arguments(own)
    if name and name not in COMMANDS:
        return _unknown(name)
    ours, rest = _split(words)
    args = parser.parse_args(ours)
    args.rest = rest
    if rest and name not in TAKES_REST:
        parser.error(f"{name} takes nothing after --")
    if command is None:
        parser.print_help()
        return EXIT_USAGE
    return command.run(args)


def _module(command: str) -> str:
    """The module of a command; one that Python has taken as a word of its own ends with an underscore."""
    from keyword import iskeyword

    return f"{command}_" if iskeyword(command) else command


def _split(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """The words for us, and those behind `--`, which are for the command that we run."""
    if "--" not in words:
        return words, ()
    place = words.index("--")
    return words[:place], tuple(words[place + 1 :])


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 1)
    hint = f" Did you mean `stackyard {near[0]}`?" if near else ""
    print(f"stackyard: there is no command {name!r}.{hint} See `stackyard --help`.", file=sys.stderr)
    return EXIT_USAGE


def _complain(error: StackyardError) -> None:
    from stackyard.cli.output import complain

    complain(error)


if __name__ == "__main__":
    sys.exit(main())
