"""What is asked of Docker, word by word."""

from __future__ import annotations

from pathlib import Path

from stackyard.targets.compose import commands
from stackyard.targets.compose.commands import Project
from stackyard.targets.compose.rendering import Build

SHOP = Project("shop-testing", Path("/srv/shop/.stackyard/testing/compose"), ("compose.yaml", "compose.testing.yaml"))
BEGIN = (
    "docker compose --ansi never --project-name shop-testing"
    " --project-directory /srv/shop/.stackyard/testing/compose"
    " --file /srv/shop/.stackyard/testing/compose/compose.yaml"
    " --file /srv/shop/.stackyard/testing/compose/compose.testing.yaml "
)


def told(argv: tuple[str, ...]) -> str:
    return " ".join(argv).removeprefix(BEGIN)


def test_services_are_started_alone_and_nothing_is_built_in_passing() -> None:
    assert told(commands.up(SHOP, ["db", "cache"])) == "up --detach --no-deps --no-build --quiet-pull db cache"


def test_compose_is_never_told_that_everything_is_all_right() -> None:
    """It would remove a volume whose description has changed."""
    every = [commands.up(SHOP, ["db"]), commands.run(SHOP, "api"), commands.stop(SHOP, ["db"])]
    assert not {"--yes", "-y", "--volumes", "-v", "--renew-anon-volumes", "-V"} & {
        word for argv in every for word in argv
    }


def test_a_job_runs_once_and_is_removed() -> None:
    assert told(commands.run(SHOP, "api-migrate", name="x")) == "run --rm --no-deps --no-TTY --name x api-migrate"


def test_secrets_go_into_a_container_by_name_and_never_by_value() -> None:
    argv = commands.execute("aa", ("psql",), user="postgres", variables=("PGPASSWORD",))
    assert " ".join(argv) == "docker exec --interactive --user postgres --env PGPASSWORD aa psql"


def test_a_build_with_its_contexts_and_secrets() -> None:
    build = Build("api", "python", "shop-api:1", "../../..", ".stackyard/x/Dockerfile", {"kit": "../kit"}, {"A": "1"})
    argv = commands.build(build, Path("/c"), {"l": "v"}, {"ca": Path("/ca.pem")})
    assert " ".join(argv) == (
        "docker build --progress plain --tag shop-api:1 --file /c/../../../.stackyard/x/Dockerfile"
        " --build-context kit=/c/../kit --build-arg A=1 --secret id=ca,src=/ca.pem --label l=v /c/../../.."
    )


def test_what_would_make_compose_read_something_else_is_left_out() -> None:
    made = commands.environment(
        {"COMPOSE_FILE": "x", "COMPOSE_PROFILES": "y", "DOCKER_HOST": "ssh://there", "PATH": "/bin"}
    )
    assert {key for key in made if key.startswith("COMPOSE_")} == set()
    assert (made["DOCKER_HOST"], made["PATH"], made["LC_ALL"]) == ("ssh://there", "/bin", "C")
