"""The control socket: what it answers to nonsense, to strangers, and to those who listen."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import StateError
from stackyard.targets.native.supervisor.client import connect
from stackyard.targets.native.supervisor.places import Places, read_json, socket_folder


def ask(yard: Any, words: bytes) -> dict[str, Any]:
    card = read_json(yard.places.card)
    assert card
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(card["socket"])
        connection.sendall(words)
        reply: dict[str, Any] = json.loads(connection.makefile().readline())
    return reply


@pytest.mark.parametrize(
    "words",
    [
        b"nonsense\n",
        b"[1, 2]\n",
        b"{}\n",
        b'{"do": "explode"}\n',
        b'{"do": "start", "programs": [{"id": 1}]}\n',
        b'{"do": "start"}\n',
        b'{"do": "wait", "ids": "api"}\n',
        b'{"do": "signal", "id": [], "signal": 9}\n',
        b"\xff\xfe\n",
    ],
)
def test_nonsense_gets_an_error_and_does_no_harm(yard: Any, words: bytes) -> None:
    client = yard.launch()
    reply = ask(yard, words)
    assert reply["ok"] is False
    assert reply["error"].startswith("the request is not understood: ")
    assert client.status().programs == ()
    assert (yard.folder / "log" / "supervisor.err").read_text() == ""


def test_names_cannot_lead_out_of_the_folder(yard: Any) -> None:
    client = yard.launch()
    for name in ("../x", "a/b", ".hidden", "", "supervisor"):
        with pytest.raises(StateError, match="cannot be the name of a program or a part"):
            client.start([yard.sh(name, "true", part="a")])


def test_unknown_programs_and_signals_are_refused_before_anything_is_done(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000")])
    pids = yard.ready(client, "a")
    requests: list[Callable[[], object]] = [
        lambda: client.stop([["a"], ["b"]]),
        lambda: client.restart(["a", "b"]),
        lambda: client.wait(["b"]),
        lambda: client.signal("a", "NOSUCH"),
    ]
    for refused in requests:
        with pytest.raises(StateError, match=r"there is no (program b|signal NOSUCH)"):
            refused()
    assert yard.ready(client, "a") == pids


def test_a_wait_that_takes_too_long_returns_what_there_is(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("job", "exec sleep 1000", restart="never")])
    (found,) = client.wait(["job"], timeout=0.1)
    assert (found.phase, found.pid is not None) == ("starting", True)


def test_events_tell_every_decision_with_its_sentence(yard: Any) -> None:
    client = yard.launch()
    events = client.events(logs=True)
    client.start([yard.sh("job", "echo hello", restart="never")])
    heard = []
    for event in events:
        heard.append(event)
        if event.get("phase") == "done":
            break
    sentences = [event["sentence"] for event in heard if event["type"] == "state"]
    assert sentences[0] == "starting job"
    assert sentences[-1].startswith("job is done after 0.")
    assert {"type": "log", "part": "job"} in heard


def test_a_stop_that_keeps_leaves_the_program_stopped(yard: Any) -> None:
    client = yard.launch()
    client.start([yard.sh("a", "exec sleep 1000")])
    yard.ready(client, "a")
    client.stop([["a"]], remove=False)
    assert yard.one(client, "a").phase == "stopped"
    client.restart(["a"])
    yard.ready(client, "a")


def test_everything_the_supervisor_writes_is_private(yard: Any) -> None:
    """SEC-01: directories 0700, files 0600."""
    client = yard.launch()
    client.start([yard.sh("a", "echo x; exec sleep 1000")])
    yard.ready(client, "a")
    folder = socket_folder(yard.folder)
    found = [yard.places.run, *yard.places.run.rglob("*"), *yard.places.log.rglob("*"), folder, *folder.iterdir()]
    assert len(found) > 8
    open_ones = [path for path in found if path.lstat().st_mode & 0o077]
    assert open_ones == []


def test_the_socket_has_a_short_path_even_deep_down(yard: Any) -> None:
    deep = yard.folder / "/".join(["a-rather-long-name"] * 10)
    deep.mkdir(parents=True)
    assert len(str(socket_folder(deep) / "control")) < 100
    socket_folder(deep).rmdir()


def test_the_socket_is_private_and_outlives_the_login_session(
    yard: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    place = socket_folder(yard.folder)
    assert place == Path(f"/tmp/stackyard-{os.geteuid()}-{Places(yard.folder).mark}")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.rmdir()


def test_a_folder_of_somebody_else_is_not_trusted(yard: Any) -> None:
    place = Path(f"/tmp/stackyard-{os.geteuid()}-{yard.places.mark}")
    place.symlink_to("/tmp")
    try:
        with pytest.raises(StateError, match="belongs to somebody else"):
            socket_folder(yard.folder)
    finally:
        place.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_another_user_is_not_heard(yard: Any) -> None:
    yard.launch()
    card = read_json(yard.places.card)
    assert card
    path = Path(card["socket"])
    path.parent.chmod(0o755)
    path.chmod(0o666)
    code = f"import socket; s = socket.socket(1); s.connect({str(path)!r}); print(s.makefile().readline())"
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "python3", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=10)
    assert "this socket belongs to another user" in done.stdout


def test_the_client_is_quick_to_import() -> None:
    code = (
        "import sys; import stackyard.targets.native.supervisor.client;"
        "print(sorted({'asyncio', 'pydantic', 'rich', 'logging', 'ssl', 'cronsim'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.strip() == "[]"


def test_nobody_answers_where_nothing_was_started(yard: Any) -> None:
    assert connect(yard.folder) is None
