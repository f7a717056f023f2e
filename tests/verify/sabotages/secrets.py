"""Harm to the secrets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.verify.sabotage import FIRST, LAST, Ground, Sabotage

Harm = Callable[[Ground], None]


def _key(ground: Ground) -> Path:
    return ground.home / "secrets/api_key"


def _open_a_secret(ground: Ground) -> None:
    _key(ground).chmod(0o644)


def _close_it(ground: Ground) -> None:
    _key(ground).chmod(0o600)


def _lose_a_secret(ground: Ground) -> None:
    _key(ground).unlink()


def _choose_a_weak_one(ground: Ground) -> None:
    _key(ground).write_text("password-password-1")


def _use_one_twice(ground: Ground) -> None:
    _key(ground).write_text(ground.view.secret("cache.default"))


def _open_a_key(ground: Ground) -> None:
    (ground.home / "tls/edge/edge.key").chmod(0o644)


def _show_it_to_everybody(ground: Ground) -> None:
    ground.beside(sys.executable, "-c", "import time; time.sleep(600)", ground.view.secret("api_key"))


def _end_it(ground: Ground) -> None:
    ground.end_others()


def _tell_the_worker(ground: Ground) -> None:
    ground.tell_secret("worker-1", "cache.admin")


def _render_it(ground: Ground) -> None:
    with ground.path("edge/mime.types").open("a") as file:
        file.write(f"# {ground.view.secret('cache.admin')}\n")


def _serve_it(ground: Ground) -> None:
    ground.serve("config.js", f"key = '{ground.view.secret('cache.admin')}'\n")


def _note(ground: Ground) -> Path:
    return ground.checkout.folder / "notes.txt"


def _note_it_down(ground: Ground) -> None:
    _note(ground).write_text(f"the password of the cache: {ground.view.secret('cache.admin')}\n")


def _throw_the_note_away(ground: Ground) -> None:
    _note(ground).unlink()


def _sabotage(
    name: str, breaks: set[str], harm: Harm, undo: Harm | None = None, *, place: str = "", turn: int = 0
) -> Sabotage:
    return Sabotage(name, frozenset(breaks), harm, system="everything", undo=undo, place=place, turn=turn)


_DRIFT = "topology.as-described"

SABOTAGES = (
    # Nobody plans with a secret that others know: what else differs does not show.
    Sabotage("a secret is opened", frozenset({"secrets.private"}), _open_a_secret, "everything", _close_it, alone=True),
    _sabotage("a secret is lost", {"secrets.present", _DRIFT}, _lose_a_secret, place="api_key"),
    _sabotage("a secret is weak", {"secrets.strong", _DRIFT}, _choose_a_weak_one, _lose_a_secret, place="api_key"),
    _sabotage(
        "two secrets are the same", {"secrets.distinct", _DRIFT}, _use_one_twice, _lose_a_secret, place="api_key"
    ),
    _sabotage("the key of a certificate is opened", {"secrets.keys", _DRIFT}, _open_a_key),
    _sabotage("a command line shows a secret", {"secrets.command-lines"}, _show_it_to_everybody, _end_it),
    _sabotage(
        "a worker is told a secret too many",
        {"secrets.environments", _DRIFT},
        _tell_the_worker,
        turn=FIRST,
        place="worker",
    ),
    _sabotage(
        "a secret stands in a rendered file", {"secrets.rendered", "edge.files-in-use", _DRIFT}, _render_it, turn=LAST
    ),
    Sabotage(
        "a secret is served",
        frozenset({"secrets.served", _DRIFT}),
        _serve_it,
        system="everything",
        on_compose=frozenset({"secrets.served", "containers.read-only", _DRIFT}),
        turn=FIRST,
        place="site",
    ),
    _sabotage("a secret stands in the project", {"secrets.project"}, _note_it_down, _throw_the_note_away),
)
