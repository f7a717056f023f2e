"""What well-known images are: the table by which containers become resources, the edge, or services."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a container is in a stack file."""

    POSTGRES = "postgres"
    REDIS = "redis"
    OBJECTS = "objects"
    QUEUE = "queue"
    PROXY = "proxy"
    CERTIFICATES = "certificates"
    MONITORING = "monitoring"
    TOOL = "tool"
    SERVICE = "service"


@dataclass(frozen=True)
class Known:
    """Images that are the same thing. `becomes` says for people what that is, `advice` what to do by hand."""

    names: tuple[str, ...]
    role: Role
    becomes: str
    advice: str = ""
    extensions: tuple[str, ...] = ()
    port: int = 0


_NO_RESOURCE = "a service that runs an image: there is no resource of this kind"
_OWN = "Run it yourself and give its address in `environment`; or move the data to PostgreSQL."

KNOWN: tuple[Known, ...] = (
    Known(("postgres", "bitnami/postgresql"), Role.POSTGRES, "a resource: `postgres`", port=5432),
    Known(("postgis/postgis",), Role.POSTGRES, "`postgres` with `extensions: [postgis]`", "", ("postgis",), 5432),
    Known(
        ("timescale/timescaledb", "timescale/timescaledb-ha"),
        Role.POSTGRES,
        "`postgres` with `extensions: [timescaledb]`",
        "",
        ("timescaledb",),
        5432,
    ),
    Known(
        ("pgvector/pgvector", "ankane/pgvector"),
        Role.POSTGRES,
        "`postgres` with `extensions: [vector]`",
        "",
        ("vector",),
        5432,
    ),
    Known(
        ("supabase/postgres",),
        Role.POSTGRES,
        "a resource: `postgres`",
        "The roles and schemas that this image brings have to be made by `init` scripts.",
        port=5432,
    ),
    Known(
        ("redis", "valkey", "valkey/valkey", "bitnami/redis", "bitnami/valkey", "redis/redis-stack-server", "keydb",
         "eqalpha/keydb", "dragonflydb/dragonfly"),
        Role.REDIS, "a resource: `redis`", port=6379,
    ),
    Known(("minio", "minio/minio", "bitnami/minio"), Role.OBJECTS, "a resource: `objects`", port=9000),
    Known(("rabbitmq", "bitnami/rabbitmq"), Role.QUEUE, "a resource: `queue: rabbitmq`", port=5672),
    Known(("nginx", "nginxinc/nginx-unprivileged", "openresty/openresty", "bitnami/nginx"), Role.PROXY, "the edge"),
    Known(("traefik", "caddy"), Role.PROXY, "the edge"),
    Known(
        ("haproxy", "jwilder/nginx-proxy", "nginxproxy/nginx-proxy", "jc21/nginx-proxy-manager", "envoyproxy/envoy",
         "kong", "httpd"),
        Role.PROXY, "the edge", "Its own configuration is not read: write its routes under `edge.routes`.",
    ),
    Known(
        ("certbot/certbot", "nginxproxy/acme-companion", "jrcs/letsencrypt-nginx-proxy-companion"),
        Role.CERTIFICATES, "`edge.tls: acme`, in production",
    ),
    Known(
        ("prom/prometheus", "grafana/grafana", "grafana/grafana-oss", "prom/node-exporter", "prom/alertmanager",
         "cadvisor/cadvisor", "google/cadvisor", "prometheuscommunity/postgres-exporter",
         "oliver006/redis_exporter", "nginx/nginx-prometheus-exporter", "prom/blackbox-exporter", "prom/pushgateway"),
        Role.MONITORING, "`monitoring`; where it is the whole system, services that run images",
    ),
    Known(("adminer", "dpage/pgadmin4", "sosedoff/pgweb"), Role.TOOL, "left out",
          "`stackyard db shell` and `stackyard db stats`."),
    Known(("phpmyadmin", "phpmyadmin/phpmyadmin", "rediscommander/redis-commander", "redis/redisinsight"), Role.TOOL,
          "left out", "Start it by hand when it is needed."),
    Known(("containrrr/watchtower",), Role.TOOL, "left out",
          "A new version is an edit of the file and `stackyard up`."),
    Known(("minio/mc",), Role.TOOL, "left out", "Stackyard makes the bucket of a store itself."),
    Known(("portainer/portainer-ce", "amir20/dozzle"), Role.TOOL, "left out",
          "`stackyard status` and `stackyard logs`."),
    Known(("jwilder/dockerize", "dadarek/wait-for-dependencies", "willwill/wait-for-it"), Role.TOOL, "left out",
          "`needs` waits until a part is healthy."),
    Known(("offen/docker-volume-backup", "prodrigestivill/postgres-backup-local"), Role.TOOL, "left out",
          "Write `backups: {at: '02:00', keep: 30d}`."),
    Known(("mariadb", "mysql", "mysql/mysql-server", "bitnami/mariadb", "percona"), Role.SERVICE, _NO_RESOURCE,
          f"Many applications run on PostgreSQL, too. {_OWN}", port=3306),
    Known(("mongo", "bitnami/mongodb"), Role.SERVICE, _NO_RESOURCE, _OWN, port=27017),
    Known(("memcached", "bitnami/memcached"), Role.SERVICE, _NO_RESOURCE,
          "A Redis does the same for most applications: `cache: {redis: '>=7', persistence: none}`.", port=11211),
    Known(("elasticsearch", "elasticsearch/elasticsearch", "opensearchproject/opensearch",
           "getmeili/meilisearch", "typesense/typesense", "solr"), Role.SERVICE, _NO_RESOURCE,
          "PostgreSQL's full-text search (`extensions: [pg_trgm]`) serves until it is outgrown.", port=9200),
    Known(("clickhouse/clickhouse-server", "cassandra", "influxdb", "neo4j"), Role.SERVICE, _NO_RESOURCE, _OWN),
    Known(("zookeeper", "confluentinc/cp-kafka", "bitnami/kafka", "apache/kafka", "nats"), Role.SERVICE, _NO_RESOURCE,
          "A Redis or `queue: rabbitmq` serves for jobs and events."),
    Known(("mailhog/mailhog", "axllent/mailpit", "maildev/maildev"), Role.TOOL, "left out",
          "Give SMTP settings in `environment`; it is for development only."),
)  # fmt: skip
"""Every image that the importer knows, by its name without registry and tag."""

_RUBY = "Ruby with its gems; natively Ruby is not run"

APPLICATIONS: dict[str, str] = {
    "wordpress": "PHP with php-fpm and a MySQL; natively neither is run",
    "nextcloud": "PHP with php-fpm; natively PHP is not run",
    "matomo": "PHP with php-fpm and a MySQL; natively neither is run",
    "drupal": "PHP with php-fpm; natively PHP is not run",
    "ghost": "Node.js (`ghost` from npm) and a MySQL",
    "discourse/discourse": _RUBY,
    "bitnami/discourse": _RUBY,
    "tootsuite/mastodon": _RUBY,
    "mastodon/mastodon": _RUBY,
    "mastodon/mastodon-streaming": "Node.js and its source",
    "gitea": "one program: put it beside a requirements.txt that is empty and give `command: ./gitea web`",
    "n8nio/n8n": "Node.js (`n8n` from npm)",
    "metabase/metabase": "a Java runtime and metabase.jar: `command: java -jar metabase.jar`",
    "apache/superset": "Python: a folder with `apache-superset` in its requirements.txt, and a command",
    "paperless-ngx/paperless-ngx": "Python: its source as `build`, with the system packages that it names",
    "umami-software/umami": "Node.js: its source, built",
    "plausible/community-edition": "an Erlang release and ClickHouse; natively neither is run",
    "wagtail": "Python: a folder with `wagtail` in its requirements.txt, and a command",
    "prom/prometheus": "Debian's package prometheus, and a folder with its configuration and an empty requirements.txt",
    "prom/node-exporter": "Debian's package prometheus-node-exporter, and `command: prometheus-node-exporter`",
    "prom/blackbox-exporter": "Debian's package prometheus-blackbox-exporter, and a folder with its configuration",
    "prom/alertmanager": "Debian's package prometheus-alertmanager, and `command: prometheus-alertmanager`",
    "mher/flower": "Python: `flower` in the requirements.txt of the worker, and `command: celery ... flower`",
}
"""What it would take to run an application natively, for those that are met most."""


@dataclass(frozen=True)
class Image:
    """An image, taken apart. `tag` is "" when there is none or it is a digest."""

    whole: str
    name: str
    tag: str

    @property
    def known(self) -> Known | None:
        """What it is, when it is well known."""
        return next((known for known in KNOWN if any(_is(self.name, name) for name in known.names)), None)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The version in the tag, such as ("16", "3"); () when there is none."""
        match = re.match(r"(?:pg|v|RELEASE\.)?([0-9]+(?:\.[0-9]+){0,2})(?![0-9])", self.tag)
        found = re.search(r"(?:^|-)pg([0-9]+)", self.tag) or match
        return tuple(found[1].split(".")) if found else ()


def _is(name: str, known: str) -> bool:
    return name == known or (name.endswith(f"/{known}") and ("/" in known or name in (f"library/{known}",)))


def read_image(text: str) -> Image:
    """An image taken apart."""
    plain = text.partition("@")[0]
    path, _, last = plain.rpartition("/")
    base, _, tag = last.partition(":")
    name = f"{path}/{base}".lstrip("/")
    host, _, rest = name.partition("/")
    if rest and (host == "localhost" or "." in host or ":" in host):
        # A registry: what it holds is known by the rest. Some mirror the usual one below a folder of their own.
        name = rest.removeprefix("docker/")
    return Image(text, name.removeprefix("library/"), tag)


def needed_natively(name: str) -> str:
    """What it would take to run an application without its image."""
    for known, words in APPLICATIONS.items():
        if name == known or name.endswith(f"/{known}"):
            return words
    return "a Python project, or a program in the folder of one (`build` and `command`)"
