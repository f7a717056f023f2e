"""The one start of a Redis that is not like the others: on data whose form the stack file has changed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from stackyard.errors import PartError
from stackyard.model.system import Redis
from stackyard.resources import redis
from stackyard.resources.secrets import password_secret
from stackyard.targets.local import secrets
from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor.client import Client

if TYPE_CHECKING:
    from stackyard.targets.native.target import NativeTarget

_LIMIT = 600.0
"""Seconds for writing all data anew; 2 million keys take about two."""


def load_old_data(target: NativeTarget, client: Client, resource: Redis, program: Program) -> None:
    """Start once in the way that loads the data which is there, have it written in the new form, and stop again.

    Does nothing where data and file agree. Raises PartError when the data could not be brought over; it is then as it
    was.
    """
    from stackyard.targets.native import processes

    data = target.layout.data(resource.name)
    log = data / redis.LOG_FOLDER
    way = redis.start(
        resource,
        has_snapshot=(data / redis.SNAPSHOT).is_file(),
        has_log=log.is_dir() and any(log.glob("*.manifest")),
    )
    if not way.arguments:
        return
    once = replace(program, argv=(*program.argv, *way.arguments), restart="never")
    processes.run(client, once, target.layout.log)
    try:
        _bring_over(target, resource, way)
    finally:
        client.stop([[program.id]])
    for name in way.retired:
        (data / name).rename(data / f"{name}.{int(time.time())}.retired")


def _bring_over(target: NativeTarget, resource: Redis, way: redis.Start) -> None:
    from redis import Redis as Connection
    from redis.exceptions import RedisError

    password = secrets.read(target.layout.secrets, password_secret(resource, redis.ADMIN_USER))
    try:
        with Connection(
            port=target.machine.ports[resource.name],
            username=redis.ADMIN_USER,
            password=password,
            ssl=resource.tls,
            ssl_cert_reqs="none",
            decode_responses=True,
        ) as connection:
            for command in way.commands:
                connection.execute_command(*command)
            _await(resource, connection, way.until)
    except RedisError as error:
        raise PartError(
            resource.name,
            f"the data of {resource.name} could not be brought over: {error}",
            hint="Nothing was removed.",
        ) from error


def _await(resource: Redis, connection: object, lines: tuple[str, ...]) -> None:
    deadline = time.monotonic() + _LIMIT
    while time.monotonic() < deadline:
        information = connection.info("persistence")  # type: ignore[attr-defined]
        if all(
            f"{key}:{information.get(key)}" == f"{key}:{value}"
            for key, _, value in (one.partition(":") for one in lines)
        ):
            return
        time.sleep(0.05)
    raise PartError(resource.name, f"{resource.name} did not write its data in the new form within {_LIMIT:.0f} s")
