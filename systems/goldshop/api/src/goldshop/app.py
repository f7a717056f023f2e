"""The service: `uvicorn goldshop.app:create_app --factory`."""

from __future__ import annotations

import os

from goldshop.checks import checks
from goldshop.files import Files
from stackyard_kit.probes import PostgresProbe
from stackyard_kit.service import Loaded, Service
from stackyard_kit.service import create_app as create_service
from stackyard_kit.settings import settings_or_exit


def create_app() -> Service:
    """The service as the environment describes it. Without Redis it is slower, without a store it shows no pictures:
    neither is vital.
    """
    settings = settings_or_exit("goldshop", os.environ)
    files = Files(os.environ)
    postgres = PostgresProbe(settings.database_url, settings.service)

    def load() -> Loaded:
        from goldshop.application import application

        return application(settings, files)

    return create_service(settings, load=load, checks=checks(settings, postgres, files), close=postgres.close)
