"""What watches a system, as an overlay: Prometheus, an exporter for each part, and Grafana when it is asked for.

Prometheus and Grafana answer on this machine only. Nobody signs in to Grafana: it shows, and changes nothing.
"""

from __future__ import annotations

import json
from typing import Any

from stackyard.model.system import Limits, Monitoring, Postgres, Probe, PythonSource, Redis, System
from stackyard.resources.postgres.catalog import database_name, monitor_role
from stackyard.resources.secrets import password_secret
from stackyard.targets.compose import entrance, hardening, health, images, networks, slots
from stackyard.targets.compose.draft import Body, Config, Draft, rendered
from stackyard.targets.compose.names import BACKUPS, ETC, MONITORING, SECRETS
from stackyard.targets.compose.parts import alerts, backups, edge, postgres, redis
from stackyard.targets.compose.rendering import Inputs, SecretPiece
from stackyard.targets.names import EDGE

_MB = 1024**2
_PROBE = Probe(interval=15.0, timeout=3.0, start_timeout=60.0, retries=3)
_NOBODY = "65534:65534"


def drafts(system: System, inputs: Inputs) -> tuple[Draft, ...]:
    """The containers of the overlay; nothing when the file asks for none."""
    wanted = system.monitoring
    if wanted is None or not wanted.prometheus:
        return ()
    exporters = [_host(inputs)]
    exporters += [_database(system, part, inputs) for part in system.resources if isinstance(part, Postgres)]
    exporters += [_cache(system, part, inputs) for part in system.resources if isinstance(part, Redis)]
    exporters += [_edge(inputs)] if system.edge is not None else []
    exporters += [backups.exporter(system, inputs, exporter(BACKUPS))] if system.backups is not None else []
    shown = (_grafana(inputs),) if wanted.grafana else ()
    return (_prometheus(system, wanted, inputs), *exporters, *shown)


def exporter(part: str) -> str:
    """The name of the exporter of a part."""
    return f"{part}-exporter"


def _prometheus(system: System, wanted: Monitoring, inputs: Inputs) -> Draft:
    data = "/prometheus"
    body: Body = {
        "image": images.PROMETHEUS,
        **hardening.ours(_NOBODY),
        "entrypoint": [
            "/bin/prometheus",
            f"--config.file={ETC}/prometheus.yml",
            f"--storage.tsdb.path={data}",
            f"--storage.tsdb.retention.time={round(wanted.retention)}s",
        ],
        "ports": [_published(inputs, slots.PROMETHEUS, 9090)],
        "healthcheck": health.check(health.shell(9090, "/-/healthy", _PROBE.timeout), _PROBE),
        "deploy": _limits(inputs, 1024),
    }
    reached = (networks.SERVICES,) if any(not service.is_static for service in system.services) else ()
    return _draft(
        "prometheus",
        body,
        configs=(
            rendered(MONITORING, "prometheus.yml", f"{ETC}/prometheus.yml", scrape_config(system)),
            *_alerts(system),
            health.script("probe.sh"),
        ),
        data={"prometheus-data": data},
        networks=(MONITORING, *reached),
    )


def _alerts(system: System) -> tuple[Config, ...]:
    if system.backups is None:
        return ()
    return (rendered(MONITORING, "alerts.json", f"{ETC}/alerts.json", alerts.rules(system, system.backups)),)


def scrape_config(system: System) -> str:
    """prometheus.yml. JSON is YAML, and needs no quoting of ours."""
    jobs: list[dict[str, Any]] = [_static("prometheus", "localhost:9090"), _static("host", f"{exporter('host')}:9100")]
    ports = {Postgres: 9187, Redis: 9121}
    for part in system.resources:
        if isinstance(part, Postgres | Redis):
            jobs.append(_static(part.name, f"{exporter(part.name)}:{ports[type(part)]}"))
    if system.edge is not None:
        jobs.append(_static(EDGE, f"{exporter(EDGE)}:9113"))
    for service in system.services:
        if isinstance(service.source, PythonSource) and service.port is not None and not service.schedule:
            found = {"names": [service.name], "type": "A", "port": service.port, "refresh_interval": "10s"}
            jobs.append({"job_name": service.name, "dns_sd_configs": [found]})
    watched: dict[str, Any] = {}
    if system.backups is not None:
        jobs.append(_static(BACKUPS, f"{exporter(BACKUPS)}:{backups.FIGURES}"))
        watched = {"rule_files": [f"{ETC}/alerts.json"]}
    whole = {"global": {"scrape_interval": "15s", "scrape_timeout": "10s"}, **watched, "scrape_configs": jobs}
    return json.dumps(whole, indent=2) + "\n"


def _static(name: str, address: str) -> dict[str, Any]:
    return {"job_name": name, "static_configs": [{"targets": [address]}]}


def _host(inputs: Inputs) -> Draft:
    body: Body = {
        "image": images.NODE_EXPORTER,
        **hardening.ours(_NOBODY, tmp=()),
        "command": ["--path.rootfs=/host"],
        "pid": "host",
        "volumes": [{"type": "bind", "source": "/", "target": "/host", "read_only": True}],
        "deploy": _limits(inputs, 64),
    }
    return _draft(exporter("host"), body)


def _database(system: System, part: Postgres, inputs: Inputs) -> Draft:
    secret = password_secret(part, monitor_role(system))
    name = exporter(part.name)
    mode = "require" if part.tls else "disable"
    body: Body = {
        "image": images.POSTGRES_EXPORTER,
        **hardening.ours(_NOBODY, tmp=()),
        "environment": {
            "DATA_SOURCE_URI": f"{part.name}:{postgres.PORT}/{database_name(system)}?sslmode={mode}",
            "DATA_SOURCE_USER": monitor_role(system),
            "DATA_SOURCE_PASS_FILE": f"{SECRETS}/{secret}",
        },
        "deploy": _limits(inputs, 128),
    }
    mount = entrance.whole(name, system.environment, secret, SecretPiece(secret))
    return _draft(name, body, secrets=(mount,), **_beside(part.name, networks.of_resource(part.name)))


def _cache(system: System, part: Redis, inputs: Inputs) -> Draft:
    name = exporter(part.name)
    address = f"{'rediss' if part.tls else 'redis'}://{part.name}:{redis.PORT}"
    file = f"{name}.json"
    tls = {"REDIS_EXPORTER_SKIP_TLS_VERIFICATION": "true"} if part.tls else {}
    body: Body = {
        "image": images.REDIS_EXPORTER,
        **hardening.ours("59000:59000", tmp=()),
        "environment": {"REDIS_ADDR": address, "REDIS_PASSWORD_FILE": f"{SECRETS}/{file}", **tls},
        "deploy": _limits(inputs, 64),
    }
    # Generated passwords have no character that JSON would write otherwise.
    value = (f'{{"{address}":"', SecretPiece(password_secret(part)), '"}\n')
    mount = entrance.whole(name, system.environment, file, *value)
    return _draft(name, body, secrets=(mount,), **_beside(part.name, networks.of_resource(part.name)))


def _edge(inputs: Inputs) -> Draft:
    body: Body = {
        "image": images.NGINX_EXPORTER,
        **hardening.ours(_NOBODY, tmp=()),
        "command": [f"--nginx.scrape-uri=http://{EDGE}:{edge.STATUS}/stub_status"],
        "deploy": _limits(inputs, 64),
    }
    return _draft(exporter(EDGE), body, **_beside(EDGE, networks.FRONT))


def _grafana(inputs: Inputs) -> Draft:
    data = "/var/lib/grafana"
    source = {
        "apiVersion": 1,
        "datasources": [
            {"name": "Prometheus", "type": "prometheus", "url": "http://prometheus:9090", "isDefault": True}
        ],
    }
    body: Body = {
        "image": images.GRAFANA,
        **hardening.ours("472:0"),
        "environment": {
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
            "GF_AUTH_BASIC_ENABLED": "false",
            "GF_AUTH_DISABLE_LOGIN_FORM": "true",
            "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        },
        "ports": [_published(inputs, slots.GRAFANA, 3000)],
        "healthcheck": health.check(health.shell(3000, "/api/health", _PROBE.timeout), _PROBE),
        "deploy": _limits(inputs, 512),
    }
    place = "/etc/grafana/provisioning/datasources/stackyard.yaml"
    return _draft(
        "grafana",
        body,
        configs=(
            rendered(MONITORING, "grafana-datasources.yaml", place, json.dumps(source, indent=2) + "\n"),
            health.script("probe.sh"),
        ),
        data={"grafana-data": data},
    )


def _draft(name: str, body: Body, **more: Any) -> Draft:
    given: dict[str, Any] = {"networks": (MONITORING,), **more}
    return Draft(name, MONITORING, body, overlay=MONITORING, **given)


def _beside(part: str, network: str) -> dict[str, Any]:
    """An exporter reaches its part, and has nothing to say before that is there."""
    return {"networks": (MONITORING, network), "needs": {part: "service_healthy"}}


def _limits(inputs: Inputs, megabytes: int) -> Body:
    return hardening.limits(Limits(), cores=inputs.cores, cpu=1.0, memory=megabytes * _MB, pids=128)


def _published(inputs: Inputs, slot: str, target: int) -> Body:
    return {"target": target, "published": str(inputs.ports[slot]), "host_ip": "127.0.0.1"}
