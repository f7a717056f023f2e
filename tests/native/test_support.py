"""What this target does not run yet is said with its line; what it cannot run at all is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.model.system import (
    Backups,
    DockerSource,
    ImageSource,
    Limits,
    Monitoring,
    Objects,
    Queue,
    Redis,
    Source,
    System,
    Tls,
)
from stackyard.model.values import Version
from stackyard.targets.native.refusals import refuse
from stackyard.targets.native.support import extension_notices, notices

from .literals import edge, fetch, here, machine, postgres, service, system


def test_a_system_that_runs_whole_needs_no_word() -> None:
    one = system(service("api", "db", port=8000), resources=[postgres(replicas=1)], edge=edge(("/", "api")))
    refuse(one)
    assert notices(one) == ()


def test_everything_that_is_left_out_is_told_with_its_line() -> None:
    one = system(
        service("api", limits=Limits(memory=512 * 1024**2), position=here(4)),
        resources=[
            Redis("cache", Version((7,)), here(9), replicas=2),
            Objects("photos", here(10), "pictures", versioning=True, expire={"tmp/": 7}, encrypt=True),
        ],
        backups=Backups(here(12)),
        monitoring=Monitoring(here(13)),
    )
    refuse(one)
    assert notices(one) == (
        "stackyard.yaml:13: monitoring is not run by the native target yet",
        "stackyard.yaml:4: the limits of api are not enforced by the native target yet",
        "stackyard.yaml:9: the native target runs one cache, without replicas, yet",
        "stackyard.yaml:10: `versioning` of photos: the native store keeps the newest version of an object only",
        "stackyard.yaml:10: `expire` of photos: the native store never removes an object by itself",
        "stackyard.yaml:10: `encrypt` of photos: the native store writes plain files; "
        "encrypt the disk that they are on",
    )


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (DockerSource(Path("/srv/shop/api")), "runs from a Dockerfile, which the native target cannot run"),
        (ImageSource("redis:7"), "runs from an image, which the native target cannot run"),
    ],
)
def test_a_service_that_is_no_python_project_is_refused(source: Source, what: str) -> None:
    one = system(service("api", source=source, position=here(4)))
    with pytest.raises(MachineError, match=f"stackyard.yaml:4: api {what}") as caught:
        refuse(one)
    assert "Python project" in caught.value.hint


def test_certificates_over_acme_and_queues_are_refused_with_another_way() -> None:
    acme = system(service("api", port=8000), edge=replace(edge(("/", "api"), tls=Tls.ACME), position=here(20)))
    queue = system(resources=[Queue("jobs", "rabbitmq", here(9))])
    with pytest.raises(
        MachineError, match=r"stackyard\.yaml:20: the native target does not fetch certificates"
    ) as caught:
        refuse(acme)
    assert "self-signed" in caught.value.hint
    with pytest.raises(
        MachineError, match=r"stackyard\.yaml:9: the native target does not run rabbitmq \(jobs\)"
    ) as caught:
        refuse(queue)
    assert "Redis" in caught.value.hint


def test_an_extension_that_the_server_lacks_is_told_once_the_server_is_known(tmp_path: Path) -> None:
    """DB-01: TimescaleDB where the platform has it, else native partitioning, and it says which."""
    one: System = system(resources=[replace(postgres(extensions=("timescaledb",)), position=here(8))])
    there = machine(one)
    empty = replace(there, tools={"db": replace(there.tool("db"), path=tmp_path / "bin" / "postgres")})
    (told,) = [line for line in extension_notices(one, empty) if "TimescaleDB" in line]
    assert told == "stackyard.yaml:8: TimescaleDB is not on this server: tables are partitioned natively instead"
    assert extension_notices(one, replace(there, tools={"db": fetch("postgres")})) == ()
