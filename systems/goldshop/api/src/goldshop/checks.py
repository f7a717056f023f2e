"""What the API and the worker ask when somebody asks whether they are ready. Imports no framework: probes are early."""

from __future__ import annotations

from goldshop.files import STORE, Files
from stackyard_kit.health import Check
from stackyard_kit.probes import PostgresProbe, ping_redis
from stackyard_kit.settings import Settings


def checks(settings: Settings, postgres: PostgresProbe, files: Files) -> tuple[Check, ...]:
    """Without the database there is nothing to be done; without Redis, or the store, less."""
    store = (Check(STORE, files.ask, vital=False),) if files.is_configured else ()
    return (
        Check("postgresql", postgres.ask),
        Check("redis", lambda: ping_redis(settings.redis_url), vital=False),
        *store,
    )
