"""The services: Python projects, Dockerfiles and images; web processes, workers, jobs and what runs at its times."""

from __future__ import annotations

from dataclasses import replace

from stackyard.errors import MachineError
from stackyard.model.system import DockerSource, ImageSource, Probe, PythonSource, Restart, Service, System
from stackyard.resources import environment
from stackyard.resources.migrations import first_database, migrators
from stackyard.targets.compose import entrance, hardening, health, names, networks
from stackyard.targets.compose.draft import Body, Config, Draft, SecretMount, rendered
from stackyard.targets.compose.names import CRON, SERVICE_USER, relative
from stackyard.targets.compose.parts.cron import script as cron_script
from stackyard.targets.compose.rendering import Build, Inputs, Recipe

_MB = 1024**2
_RESTART = {Restart.ALWAYS: "unless-stopped", Restart.ON_FAILURE: "on-failure", Restart.NEVER: "no"}
_NOBODY = "127.0.0.1"
"""Whose word about a client is believed where there is no edge: only that of the container itself."""
HEALTHY, STARTED, DONE = "service_healthy", "service_started", "service_completed_successfully"


def migration(service: str) -> str:
    """The name of the job that migrates for a service."""
    return f"{service}-migrate"


class Services:
    """The drafts of a system's services."""

    def __init__(self, system: System, inputs: Inputs, addresses: environment.Addresses) -> None:
        self._system = system
        self._inputs = inputs
        self._addresses = addresses
        self._fronted = fronted(system)
        self._migrators = migrators(system)

    def drafts(self, service: Service) -> tuple[Draft, ...]:
        """The containers of a service: its migration first, when it has one."""
        job = (self._migration(service),) if self._database(service) is not None and service.migrate else ()
        return (*job, self._service(service))

    def _service(self, service: Service) -> Draft:
        command = self._command(service, service.command)
        draft = self._process(service, service.name, command, migrating=False)
        body = draft.body
        if service.schedule:
            body["command"] = ["/bin/sh", CRON, *body["command"]]
            # The loop always runs; whether a run that failed is tried again, the next time decides.
            body["restart"] = _RESTART[Restart.ALWAYS]
            script = rendered(service.name, "cron.sh", CRON, cron_script(service))
            return replace(draft, kind="cron", configs=(*draft.configs, script))
        checks = self._health(service, has_entrance=bool(draft.secrets))
        if checks is not None:
            body["healthcheck"], scripts = checks
            draft = replace(draft, configs=(*draft.configs, *scripts))
        self._publish(service, body)
        return replace(draft, replicas=service.replicas)

    def _migration(self, service: Service) -> Draft:
        """The same image and environment, but as the owner of the database; one after the other."""
        name = migration(service.name)
        command = self._command(service, service.migrate)
        draft = self._process(service, name, command, migrating=True)
        draft.body["restart"] = "no"
        draft.body.pop("develop", None)
        others = [one.name for one in self._migrators[self._database(service) or ""]]
        before = others[: others.index(service.name)]
        waited = {need.name: HEALTHY for need in service.needs if need.name in networks.data_parts(self._system)}
        return replace(draft, kind="job", needs={**waited, **{migration(other): DONE for other in before[-1:]}})

    def _process(self, service: Service, name: str, command: tuple[str, ...], *, migrating: bool) -> Draft:
        told = environment.of_service(self._system, service, self._seen_by(service), migrating=migrating)
        plain, secret = entrance.told(told)
        if service.port is not None and not migrating:
            plain = {**environment.listening("0.0.0.0", service.port), **plain}
        is_python = isinstance(service.source, PythonSource)
        build = self._build(service)
        body: Body = {
            "image": build.image if build is not None else _image(service),
            **(hardening.ours(SERVICE_USER) if is_python else hardening.foreign()),
            **self._argv(service, command, has_entrance=bool(secret)),
            "environment": {**({"HOME": "/tmp"} if is_python else {}), **plain},
            "deploy": hardening.limits(
                service.limits, cores=self._inputs.cores, cpu=float(self._inputs.cores), memory=512 * _MB, pids=512
            ),
            "stop_signal": service.stop_signal,
            "restart": _RESTART[service.restart],
        }
        if build is not None and self._system.is_development and not migrating:
            body["develop"] = {"watch": self._watched(service)}
        mounts: tuple[SecretMount, ...] = ()
        if secret:
            mounts = (entrance.of_environment(name, self._system.environment, secret),)
        return Draft(
            name,
            service.name,
            body,
            secrets=mounts,
            networks=networks.of_service(self._system, service, () if migrating else self._fronted),
            needs=self._needs(service),
            build=build,
            stop_grace=service.stop_grace,
        )

    def _seen_by(self, service: Service) -> environment.Addresses:
        """The addresses for one service: nobody stands in front of what the edge passes nothing to."""
        return self._addresses if service.name in self._fronted else replace(self._addresses, proxies=_NOBODY)

    def _watched(self, service: Service) -> list[Body]:
        """What a person changes while developing, for `docker compose watch`."""
        source = service.source
        own = (source.path,) if isinstance(source, PythonSource | DockerSource) else ()
        paths = dict.fromkeys(relative(path, self._inputs.places.folder) for path in (*own, *service.watch))
        return [{"action": "rebuild", "path": path, "ignore": [".stackyard/"]} for path in paths]

    def _command(self, service: Service, own: tuple[str, ...]) -> tuple[str, ...]:
        """The whole command line, where it is known: the image's own entrypoint comes before an image's command."""
        given = self._inputs.entrances.get(service.name)
        if isinstance(service.source, PythonSource) or given is None:
            return own
        return (*given.entrypoint, *(own or given.command))

    def _argv(self, service: Service, command: tuple[str, ...], *, has_entrance: bool) -> Body:
        if isinstance(service.source, PythonSource) or has_entrance or service.schedule:
            if not command:
                raise MachineError(
                    f"{service.position}: what the image of {service.name} runs is not known, so its secrets cannot "
                    "be brought in",
                    hint="Give the service a `command`, or let the engine look at the image first: pull or build it.",
                )
            first = {"entrypoint": entrance.entrypoint()} if has_entrance else {"entrypoint": []}
            return {**first, "command": list(command)}
        # The image's own entrypoint stays where nothing has to come before it.
        own = service.command
        return {"command": list(own)} if own else {}

    def _build(self, service: Service) -> Build | None:
        source, inputs = service.source, self._inputs
        image = names.image(self._system, service.name, inputs.tags.get(service.name, ""))
        folder = inputs.places.folder
        if isinstance(source, DockerSource):
            return Build(service.name, "dockerfile", image, relative(source.path, folder), source.dockerfile)
        if not isinstance(source, PythonSource):
            return None
        recipe = inputs.recipes.get(service.name, Recipe(()))
        context = recipe.context or source.path
        dockerfile = folder / "images" / service.name / "Dockerfile"
        return Build(
            service.name,
            "python",
            image,
            relative(context, folder),
            relative(dockerfile, context),
            {name: relative(path, folder) for name, path in recipe.contexts.items()},
            recipe.arguments,
        )

    def _health(self, service: Service, *, has_entrance: bool) -> tuple[Body, tuple[Config, ...]] | None:
        probe = service.health
        if probe is not None and probe.command:
            command = (*entrance.entrypoint(), *probe.command) if has_entrance else probe.command
            return health.check(command, probe), ()
        if service.port is None:
            return None
        path = probe.path if probe is not None else ""
        asked = probe or _CONNECTS
        if isinstance(service.source, PythonSource):
            command = health.python(service.port, path, asked.timeout)
            return health.check(command, asked), (health.script("probe.py"),)
        return health.check(health.shell(service.port, path, asked.timeout), asked), (health.script("probe.sh"),)

    def _publish(self, service: Service, body: Body) -> None:
        """Its own port on this machine. Behind an edge that is the edge's doing: it knows all the replicas."""
        slot = f"{service.name}-1"
        if self._system.edge is not None or slot not in self._inputs.ports or service.port is None:
            return
        first = self._inputs.ports[slot]
        last = first + service.replicas - 1
        published = str(first) if first == last else f"{first}-{last}"
        body["ports"] = [{"target": service.port, "published": published, "host_ip": "127.0.0.1"}]

    def _needs(self, service: Service) -> dict[str, str]:
        made: dict[str, str] = {}
        data = networks.data_parts(self._system)
        for need in service.needs:
            if need.name in data:
                made[need.name] = HEALTHY
                # Whoever uses a database waits for everybody's migrations of it: for the last, which waits for others.
                made |= {migration(last.name): DONE for last in self._migrators.get(need.name, ())[-1:]}
            elif need.name in self._system.services_by_name:
                other = self._system.service(need.name)
                if not other.is_static:
                    made[need.name] = HEALTHY if is_checked(other) else STARTED
        return made

    def _database(self, service: Service) -> str | None:
        return first_database(self._system, service)


_CONNECTS = Probe()


def is_checked(service: Service) -> bool:
    """Whether the engine can tell that it is healthy."""
    return not service.schedule and (service.port is not None or bool(service.health and service.health.command))


def fronted(system: System) -> tuple[str, ...]:
    """The services that the edge passes requests to: its routes, and outside production each that has a port."""
    routed = {route.service for route in system.edge.routes} if system.edge is not None else set()
    return tuple(
        service.name
        for service in system.services
        if not service.is_static
        and service.port is not None
        and (service.name in routed or (system.edge is not None and not system.is_production))
    )


def _image(service: Service) -> str:
    assert isinstance(service.source, ImageSource)
    return service.source.image
