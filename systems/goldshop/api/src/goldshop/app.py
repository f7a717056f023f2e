"""The service: `uvicorn goldshop.app:create_app --factory`."""

from __future__ import annotations

import os
import sys

from goldshop.files import STORE, Files
from stackyard_kit.health import Check
from stackyard_kit.probes import PostgresProbe, ping_redis
from stackyard_kit.service import Loaded, Service
from stackyard_kit.service import create_app as create_service
from stackyard_kit.settings import Settings, SettingsError


def settings_or_exit() -> Settings:
    """The settings of this process; one clear line and exit code 2 when the environment does not hold them."""
    try:
        return Settings.from_environment({"SERVICE": "goldshop", **os.environ})
    except SettingsError as error:
        sys.stderr.write(f"goldshop: {error}\n")
        raise SystemExit(2) from None


def create_app() -> Service:
    """The service as the environment describes it. Without Redis it is slower, without a store it shows no pictures:
    neither is vital.
    """
    settings = settings_or_exit()
    files = Files(os.environ)
    postgres = PostgresProbe(settings.database_url, settings.service)

    def load() -> Loaded:
        from goldshop.application import application

        return application(settings, files)

    checks = (
        Check("postgresql", postgres.ask),
        Check("redis", lambda: ping_redis(settings.redis_url), vital=False),
        *((Check(STORE, files.ask, vital=False),) if files.is_configured else ()),
    )
    return create_service(settings, load=load, checks=checks, close=postgres.close)
