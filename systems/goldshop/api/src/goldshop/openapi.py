"""`python -m goldshop.openapi`: the OpenAPI document, for the front end's typed client. It needs no database."""

from __future__ import annotations

import json
import sys
from typing import Any

from goldshop import __version__
from goldshop.application import ROUTERS
from stackyard_kit import access
from stackyard_kit.application import create_fastapi
from stackyard_kit.settings import Secret, Settings
from stackyard_kit.tokens import Caller, TokenRefusedError


def document() -> dict[str, Any]:
    """The document, as the service answers it."""
    nowhere = Secret("")
    settings = Settings(database_url=nowhere, redis_url=nowhere, jwt_secret=nowhere, service="goldshop")
    app = create_fastapi(settings, title="goldshop", version=__version__, routers=ROUTERS)
    access.install(app, _nobody)
    return app.openapi()


def text() -> str:
    """The document as a file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


async def _nobody(token: str) -> Caller:
    del token
    raise TokenRefusedError("nobody asks")


if __name__ == "__main__":
    sys.stdout.write(text())
