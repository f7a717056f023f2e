"""The small forms of a Compose file: commands, ports, sizes, durations, images, Dockerfiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.importing.compose.commands import understand
from stackyard.importing.compose.dockerfile import read_dockerfile
from stackyard.importing.compose.forms import Mount, PortMapping, duration, mount, port_mapping, size, split
from stackyard.importing.compose.images import read_image
from stackyard.importing.compose.writing import write
from stackyard.spec.parser import parse
from stackyard.spec.report import Report
from stackyard.spec.source import source_of
from stackyard.spec.tree import Scalar, walk
from tests.importing.compose.test_import_any import import_text


@pytest.mark.parametrize(
    ("command", "words", "migrate"),
    [
        ("python manage.py migrate", "", "python manage.py migrate"),
        ('sh -c "alembic upgrade head && uvicorn a:b --host 0.0.0.0 --port 80"', "uvicorn a:b", "alembic upgrade head"),
        ("gunicorn -b :8000 -w 2 a.wsgi --reload", "gunicorn -w 2 a.wsgi", ""),
        ("python -m uvicorn a:b --host=0.0.0.0 --reload --reload-dir /app", "python -m uvicorn a:b", ""),
        ("./wait-for-it.sh db:5432 -t 30 -- celery -A a worker", "celery -A a worker", ""),
        ("bash -c 'sleep 5; exec celery -A a beat'", "celery -A a beat", ""),
        ("sh -c 'a && b | c'", "sh -c 'a && exec b | c'", ""),
        ("sh -c 'while true; do work; sleep 1; done'", "sh -c 'while true; do work; sleep 1; done'", ""),
    ],
)
def test_commands_are_understood(command: str, words: str, migrate: str) -> None:
    found = understand(split(command))
    assert (found.words, found.migrate) == (split(words), split(migrate))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("8000", PortMapping(8000, 8000)),
        ("8080:80", PortMapping(80, 8080)),
        ("127.0.0.1:8080:80/udp", PortMapping(80, 8080, "127.0.0.1", "udp")),
        ("[::1]:8080:80", PortMapping(80, 8080, "::1")),
        ("127.0.0.1::80", PortMapping(80, None, "127.0.0.1")),
        ("3000-3005:3000-3005", PortMapping(3000, 3000)),
        ("${PORT}:80x", None),
    ],
)
def test_ports_are_read(text: str, found: PortMapping | None) -> None:
    assert port_mapping(Scalar(text, text, 1, 1)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("./a:/b:ro", Mount("./a", "/b", True, "ro")),
        ("data:/b", Mount("data", "/b", False)),
        ("/only", Mount("", "/only", False)),
        ("~/a:/b", Mount("~/a", "/b", True)),
    ],
)
def test_volumes_are_read(text: str, found: Mount) -> None:
    assert mount(Scalar(text, text, 1, 1)) == found


def test_sizes_and_durations_are_those_of_a_stack_file() -> None:
    assert [size(text) for text in ("512m", "1.5G", "2gb", "1073741824", "0", "much")] == [
        "512MB", "1.5GB", "2GB", "1GB", "", "",
    ]  # fmt: skip
    assert [duration(text) for text in ("90s", "1m30s", "2m", "1.5s", "36h", "soon", "0")] == [
        "90s", "90s", "2m", "1500ms", "36h", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "numbers"),
    [
        ("postgres:16.3-alpine", "postgres", ("16", "3")),
        ("registry.example.org/library/redis", "redis", ()),
        ("timescale/timescaledb:2.15.0-pg16", "timescale/timescaledb", ("16",)),
        ("registry.example.org:5000/team/app:v1.2", "team/app", ("1", "2")),
        ("postgres@sha256:00", "postgres", ()),
    ],
)
def test_images_are_taken_apart(text: str, name: str, numbers: tuple[str, ...]) -> None:
    found = read_image(text)
    assert (found.name, tuple(".".join(found.numbers).split(".")) if found.numbers else ()) == (name, numbers)


def test_only_the_last_stage_of_a_dockerfile_runs() -> None:
    found = read_dockerfile(
        'FROM node:20 AS build\nCMD ["npm", "start"]\nRUN apt-get update && \\\n  apt-get install -y git\n'
        "FROM python:3.12\nWORKDIR /code\nEXPOSE 8000/tcp 9000\nCMD exec gunicorn a --bind :$PORT\n"
    )
    assert found.bases == ("node:20", "python:3.12")
    assert found.command == ("sh", "-c", "exec gunicorn a --bind :$PORT")
    assert (found.port, found.packages) == (8000, ("git",))


def test_packages_of_debian_are_those_that_more_than_a_build_needs() -> None:
    found = read_dockerfile(
        "FROM node:20 AS front\nRUN apt-get install -y git\n"
        "FROM python:3.12 AS base\nRUN apt-get update && apt-get install -y --no-install-recommends libpq5 gcc g++\n"
        "FROM base\nRUN apt-get install -y ffmpeg build-essential libpq-dev curl=8.0 && apk add musl\n"
    )
    assert found.debian == ("libpq5", "ffmpeg")


def test_replicas_of_gunicorn_each_listen_on_their_own_port() -> None:
    command = "command: gunicorn a --bind 0.0.0.0:8000, expose: [8000]"
    one = import_text(f"services: {{web: {{build: ., {command}}}}}\n")
    two = import_text(f"services: {{web: {{build: ., {command}, scale: 2}}}}\n")
    assert "GUNICORN_CMD_ARGS: '--bind=${web.host}:${web.port}'" in one.stack
    assert "replicas: 2" in two.stack
    assert "GUNICORN" not in two.stack


def test_a_migration_without_a_postgres_stays_in_the_command() -> None:
    made = import_text("services: {web: {image: x, command: sh -c 'php artisan migrate && run'}}\n")
    assert "command: [sh, -c, php artisan migrate && exec run]" in made.stack


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain words", "plain words"),
        ("yes", "'yes'"),
        ("012", "'012'"),
        ("12", "12"),
        ("a: b", "'a: b'"),
        ("# no", "'# no'"),
        ("it's", "it's"),
        ("'quoted'", "\"'quoted'\""),
        ("two\nlines", '"two\\nlines"'),
        ("*star", "'*star'"),
        ("", "''"),
        ("${db.url}", "${db.url}"),
        ("- x", "'- x'"),
        ("a #b", "'a #b'"),
    ],
)
def test_values_are_quoted_only_where_they_have_to_be(value: str, written: str) -> None:
    assert write({"description": value}, "x", {}) == f"# x\ndescription: {written}\n"


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][A-Z_]{0,8}", fullmatch=True), st.text(st.characters(exclude_categories=["C", "Z"]))
    )
)
def test_what_is_written_reads_back_the_same(values: dict[str, str]) -> None:
    """By the reader of stack files, whatever the values are."""
    text = write({"services": {"web": {"environment": values, "command": list(values.values())}}}, "x", {})
    source = source_of("stackyard.yaml", Path("stackyard.yaml"), text)
    report = Report(source)
    tree = parse(source, report)
    assert not report
    found: dict[str, str] = {}
    for path, node in walk(tree) if tree else ():
        if isinstance(node, Scalar):
            found[".".join(map(str, path))] = node.text
    assert found == {f"services.web.environment.{name}": value for name, value in values.items()} | {
        f"services.web.command.{place}": value for place, value in enumerate(values.values())
    }
