"""Harm that only a system on Compose can come to, and what of everybody's harm looks different there."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

from tests.engine.ground import PROJECT, ComposeGround, Harm, docker

_PLANNED = "topology.as-described"
_TOOLS = "stackyard-test-with-tools"
_STRANGER = "stackyard-test-stranger"


def _redefined(service: str, **changes: Any) -> Callable[[ComposeGround], None]:
    def harm(ground: ComposeGround) -> None:
        ground.redefine(service, **changes)

    return harm


def _updated(*options: str) -> Callable[[ComposeGround], None]:
    def harm(ground: ComposeGround) -> None:
        docker("update", *options, ground.name("api"))

    return harm


def _tell_a_secret(ground: ComposeGround) -> None:
    ground.redefine("api", environment={"CACHE_ADMIN": ground.secret("cache.admin")})


def _build_with_tools(ground: ComposeGround) -> None:
    image = docker("inspect", "--format", "{{.Config.Image}}", ground.name("api"))
    recipe = f"FROM {image}\nUSER 0:0\nRUN touch /usr/local/bin/gcc && chmod 755 /usr/local/bin/gcc\nUSER 10001:10001\n"
    subprocess.run(("docker", "build", "--quiet", "--tag", _TOOLS, "-"), input=recipe.encode(), check=True, timeout=120)
    ground.redefine("api", image=_TOOLS)


def _connect(ground: ComposeGround) -> None:
    docker("network", "connect", f"{PROJECT}_db-net", ground.name("edge"))


def _invite(_ground: ComposeGround) -> None:
    docker(
        "run", "--detach", "--name", _STRANGER, "--network", f"{PROJECT}_db-net", "debian:trixie-slim", "sleep", "600"
    )


def _send_away(_ground: ComposeGround) -> None:
    docker("rm", "--force", _STRANGER)


def _trust(ground: ComposeGround) -> None:
    ground.edit("db/pg_hba.conf", "scram-sha-256", "trust")
    docker("kill", "--signal", "HUP", ground.name("db"))


def _replace_a_file(ground: ComposeGround) -> None:
    """As an editor does it: the container goes on with the file that it was given."""
    path = ground.rendered / "config/edge/headers.conf"
    other = path.with_suffix(".new")
    other.write_text(f"{path.read_text()}# of another day\n")
    other.replace(path)


def _open_a_secret(ground: ComposeGround) -> None:
    (ground.home / "secrets/jwt_secret").chmod(0o644)


def _close_a_secret(ground: ComposeGround) -> None:
    (ground.home / "secrets/jwt_secret").chmod(0o600)


def _open_the_assembled(ground: ComposeGround) -> None:
    (ground.rendered / "secrets").chmod(0o755)


def _close_the_assembled(ground: ComposeGround) -> None:
    (ground.rendered / "secrets").chmod(0o700)


def _slip_in(ground: ComposeGround) -> None:
    """Root of this machine starts something among the processes of a container, and the engine knows nothing of it."""
    words = (
        "setsid",
        "--fork",
        "nsenter",
        "--target",
        str(ground.pid("api")),
        "--pid",
        "--",
        "setpriv",
        "--reuid=10001",
        "--regid=10001",
    )
    more = ("--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
    subprocess.run((*words, *more, "sleep", "600"), check=True, timeout=30, stdout=subprocess.DEVNULL)


def _run_as_root(ground: ComposeGround) -> None:
    docker("exec", "--detach", "--user", "0:0", ground.name("api"), "sleep", "600")


def _restart(ground: ComposeGround) -> None:
    done = ground.checkout.stackyard("restart", "api")
    assert done.code == 0, done.error


HARMS = (
    Harm(
        "a container with a right of root",
        frozenset({"containers.privileges", "topology.confined", _PLANNED}),
        _redefined("api", cap_add=["NET_RAW"]),
    ),
    Harm(
        "a container that may gain privileges",
        frozenset({"containers.privileges", "topology.confined", _PLANNED}),
        _redefined("api", security_opt="!reset"),
    ),
    Harm(
        "a container that runs as root",
        frozenset({"containers.users", "topology.unprivileged", _PLANNED}),
        _redefined("api", user="0:0"),
    ),
    Harm(
        "a container that can write to its programs",
        frozenset({"containers.read-only", _PLANNED}),
        _redefined("api", read_only=False),
    ),
    Harm(
        "a container without a limit of processes",
        frozenset({"containers.limits", _PLANNED}),
        _updated("--pids-limit", "-1"),
    ),
    Harm(
        "a container that nobody starts again",
        frozenset({"containers.restart", _PLANNED}),
        _updated("--restart", "no"),
    ),
    Harm(
        "a health check in a shell",
        frozenset({"containers.health", _PLANNED}),
        _redefined("api", healthcheck={"test": "true"}),
    ),
    Harm(
        "a log without an end",
        frozenset({"containers.logs", _PLANNED}),
        _redefined("api", logging={"driver": "json-file", "options": "!reset"}),
    ),
    Harm(
        "a container that is told something else",
        frozenset({"containers.environment", "logs.level", "services.correlation", _PLANNED}),
        _redefined("api", environment={"LOG_LEVEL": "error"}),
    ),
    Harm(
        "a secret where everybody with Docker reads it",
        frozenset({"containers.environment", "containers.secrets", "secrets.environments", _PLANNED}),
        _tell_a_secret,
    ),
    Harm(
        "an image with a compiler",
        frozenset({"containers.build-tools", "containers.image", _PLANNED}),
        _build_with_tools,
    ),
    Harm(
        "the database is published to everybody",
        frozenset({"containers.published", "topology.loopback", _PLANNED}),
        _redefined("db", ports=[{"target": 5432, "published": "26199"}]),
    ),
    Harm(
        "the edge is in the network of the database",
        frozenset({"containers.networks", "edge.routes", _PLANNED}),
        _connect,
    ),
    Harm("a stranger in the network of the database", frozenset({"containers.networks"}), _invite, _send_away),
    Harm("the database trusts everybody", frozenset({"database.login", "database.rules", _PLANNED}), _trust),
    Harm("a mounted file is replaced", frozenset({"edge.files-in-use", _PLANNED}), _replace_a_file),
    Harm("a secret that others can read", frozenset({"secrets.private"}), _open_a_secret, _close_a_secret),
    Harm(
        "assembled secrets that others can read",
        frozenset({"secrets.private"}),
        _open_the_assembled,
        _close_the_assembled,
    ),
    Harm("a process slips into a container", frozenset({"topology.supervised"}), _slip_in, _restart),
    Harm("somebody works as root in a container", frozenset({"topology.unprivileged"}), _run_as_root, _restart),
)
