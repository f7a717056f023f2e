"""The images that the target stands on, in one place. `image` of a resource wins over them.

Lines that their projects maintain: of nginx the stable one, of Node.js and Prometheus those with long support. What has
data (PostgreSQL, Redis) is of the version that the stack file asks for.
"""

from __future__ import annotations

from stackyard.model.system import Objects, Postgres, Redis
from stackyard.model.values import Version

NGINX_VERSION = (1, 30, 0)
"""From 1.27.3 on, the open-source nginx asks for the addresses of its upstreams again and again."""

NGINX = "nginx:1.30"
PYTHON = "python:{version}-slim"
NODE = "node:22-slim"
RCLONE = "rclone/rclone:1.75"

PROMETHEUS = "prom/prometheus:v3.13.2"
NODE_EXPORTER = "prom/node-exporter:v1.12.1"
POSTGRES_EXPORTER = "prometheuscommunity/postgres-exporter:v0.20.1"
REDIS_EXPORTER = "oliver006/redis_exporter:v1.90.0"
NGINX_EXPORTER = "nginx/nginx-prometheus-exporter:1.5.3"
GRAFANA = "grafana/grafana:13.2.0"


def of_resource(resource: Postgres | Redis | Objects) -> str:
    """The image of a resource."""
    if resource.image:
        return resource.image
    if isinstance(resource, Objects):
        return RCLONE
    return f"{'postgres' if isinstance(resource, Postgres) else 'redis'}:{_line(resource.version)}"


def _line(version: Version) -> str:
    """The tag for a version. ">=16" stays with 16: a newer server would not open the data that this one makes."""
    return ".".join(str(number) for number in version.numbers)
