"""The service: `uvicorn inventr.app:create_app --factory`."""

from __future__ import annotations

import os

from stackyard_kit.health import Check
from stackyard_kit.probes import PostgresProbe, ping_redis
from stackyard_kit.service import Loaded, Service
from stackyard_kit.service import create_app as create_service
from stackyard_kit.settings import settings_or_exit


def create_app() -> Service:
    """The service as the environment describes it. Redis is not vital: without it inventr is slower, not dead."""
    settings = settings_or_exit("inventr", os.environ)
    postgres = PostgresProbe(settings.database_url, settings.service)

    def load() -> Loaded:
        from inventr.application import application

        return application(settings)

    checks = (
        Check("postgresql", postgres.ask),
        Check("redis", lambda: ping_redis(settings.redis_url), vital=False),
    )
    return create_service(settings, load=load, checks=checks, close=postgres.close)
