"""From words to a command, and from every error to words: never a traceback, and an exit code that says what kind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stackyard.cli import main as command_line
from stackyard.cli.main import COMMANDS, main
from stackyard.errors import MachineError, PartError, UsageError

from .conftest import Terminal

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_without_a_command_it_shows_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert all(re.search(rf"^    {name}\s", shown, re.MULTILINE) for name in COMMANDS)


def test_help_and_version_are_no_errors(capsys: pytest.CaptureFixture[str]) -> None:
    for word, shown in (("--help", "One file describes a web system"), ("--version", "stackyard 0.")):
        with pytest.raises(SystemExit) as caught:
            main([word])
        assert caught.value.code == 0
        assert shown in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_place_in_the_readme(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: stackyard {name} ")
    assert COMMANDS[name].capitalize() in " ".join(shown.split())
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    assert re.search(rf"`{name}\b", " ".join(rows)), f"README's table does not name {name}"


def test_the_readme_names_no_command_that_there_is_not() -> None:
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    named = {words.split()[0] for row in rows for words in re.findall(r"`([^`]+)`", row)}
    assert named == set(COMMANDS)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("stauts", "there is no command 'stauts'. Did you mean `stackyard status`? See `stackyard --help`."),
        ("upp", "Did you mean `stackyard up`?"),
        ("frobnicate", "there is no command 'frobnicate'. See `stackyard --help`."),
    ],
)
def test_a_misspelt_command_is_told_with_the_nearest_one(
    word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["up", "--detatch"], ["up", "everything"], ["db"], ["secrets", "show"], ["--loud"]])
def test_words_that_it_does_not_know_are_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: stackyard" in capsys.readouterr().err


def test_options_are_not_guessed_from_their_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["up", "--det"])
    assert "unrecognized arguments: --det" in capsys.readouterr().err


def test_words_after_two_dashes_are_for_another_program(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["status", "--", "--json"])
    assert caught.value.code == 2
    assert "status takes nothing after --" in capsys.readouterr().err


def test_what_stands_after_two_dashes_reaches_the_other_program_untouched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from stackyard.operate import run as operate_run
    from stackyard.operate import scale as operate_scale

    seen: list[object] = []

    def note(system: object, name: str, argv: tuple[str, ...], *, owner: bool) -> int:
        seen.append((name, argv, owner))
        return 17

    (tmp_path / "stackyard.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(operate_scale, "load", lambda *_: None)
    monkeypatch.setattr(operate_run, "run", note)
    assert main(["run", "api", "--owner", "--", "alembic", "--help", "--", "-x", "up"]) == 17
    assert seen == [("api", ("alembic", "--help", "--", "-x", "up"), True)]


class Raising:
    """A command that fails in some way."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_arguments(self, parser: object) -> None: ...

    def run(self, args: object) -> int:
        raise self.error


def ended(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """What the command line ends with when a command raises this."""
    monkeypatch.setattr(command_line, "import_module", lambda _: Raising(error))
    return main(["status"])


def test_an_error_is_told_with_its_evidence_and_the_next_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = PartError(
        "db", "db did not become ready", hint="`stackyard logs db` shows more.", details=("no space", "left")
    )
    assert ended(error, monkeypatch) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: db did not become ready",
        "  | no space",
        "  | left",
        "next: `stackyard logs db` shows more.",
    ]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MachineError("there is no redis 7"), 1, "error: there is no redis 7"),
        (UsageError("which database?"), 2, "error: which database?"),
        (PermissionError(13, "Permission denied", "/srv/shop"), 1, "error: /srv/shop: Permission denied"),
        (OSError(28, "No space left on device"), 1, "error: No space left on device"),
        (KeyboardInterrupt(), 130, "stopped by Ctrl-C"),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(error, monkeypatch) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


def test_a_defect_of_ours_is_confessed_with_a_file_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert ended(KeyError("process:db"), monkeypatch) == 1
    shown = capsys.readouterr().err
    (report,) = tmp_path.iterdir()
    assert "this is a defect of Stackyard" in shown
    assert "Traceback" not in shown
    assert str(report) in shown
    assert "KeyError: 'process:db'" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_a_wrong_stack_file_is_told_with_every_finding(terminal: Terminal) -> None:
    terminal.write("system: shop\nservces: {}\nedge: {hots: shop.localhost}\n")
    for command in ("check", "plan", "up"):
        done = terminal.stackyard(command)
        assert done.code == 1
        assert "stackyard.yaml:2" in done.error
        assert "stackyard.yaml:3" in done.error
        assert "Traceback" not in done.error


@pytest.mark.parametrize("command", ["up", "status", "down", "logs", "plan", "check", "clean"])
def test_a_folder_without_a_stack_file_is_told_with_the_way_out(terminal: Terminal, command: str) -> None:
    done = terminal.stackyard(command, "--file", str(terminal.folder / "api"))
    assert done.code != 0
    assert "Traceback" not in done.error
    assert "stackyard.yaml" in done.error
    assert not (terminal.folder / "api" / ".stackyard").exists()


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("up", "--help"), (), ("schema",), ("explain",)])
def test_a_reader_that_goes_away_ends_it_without_a_word(terminal: Terminal, words: tuple[str, ...]) -> None:
    """As with `| head -0`, buffered or not."""
    read, write = os.pipe()
    os.close(read)
    argv = [sys.executable, "-m", "stackyard.cli.main", *words]
    done = subprocess.run(argv, cwd=terminal.folder, env=terminal.environment(), stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == 1


def test_a_closed_output_is_no_defect(terminal: Terminal) -> None:
    argv = f"exec {sys.executable} -m stackyard.cli.main clean >&-"
    done = subprocess.run(["sh", "-c", argv], cwd=terminal.folder, env=terminal.environment(), stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_imports_nothing_heavy(terminal: Terminal) -> None:
    """Start-up time is a feature: the libraries are imported by the commands that use them."""
    code = (
        "import sys\nfrom stackyard.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'rich', 'yaml', 'cryptography', 'psycopg', 'redis', 'jinja2', 'watchfiles', 'asyncio'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, env=terminal.environment(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize(
    ("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals_that_want_it(terminal: Terminal, more: dict[str, str], coloured: bool) -> None:
    shown = terminal.typed("restart", answer="", **more)
    assert shown.code == 1
    assert ("\033[31;1merror:\033[0m nothing runs here" in shown.out) == coloured
    assert "error:" in shown.out


def test_where_nobody_looks_there_is_no_colour(terminal: Terminal) -> None:
    assert terminal.stackyard("restart").error.startswith("error: nothing runs here\n")


LOST_CTRL_C = """
import os, signal, sys, time, weakref
from stackyard.cli import main as command_line

class Lock: pass

def callback(_):
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1_000): pass

def busy(*_):
    lock = Lock()
    ref = weakref.ref(lock, callback)
    del lock
    time.sleep(20)

command_line._dispatch = busy
sys.exit(command_line.main())
"""


def test_ctrl_c_where_python_lets_no_exception_pass_is_heard_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", LOST_CTRL_C], capture_output=True, text=True, timeout=15, check=False)
    assert (done.returncode, done.stderr) == (130, "stopped by Ctrl-C\n")
