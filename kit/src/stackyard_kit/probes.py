"""Light questions to PostgreSQL and Redis, for health: they need neither SQLAlchemy nor a Redis client."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import asyncpg

    from stackyard_kit.settings import Secret

STATEMENT_SECONDS = 15.0
"""How long a service waits for a statement."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def connect_postgres(
    url: Secret, application: str, patience: float | None = STATEMENT_SECONDS
) -> asyncpg.Connection[Any]:
    """A new connection to the database at `url` (any libpq URL). Raises OSError or asyncpg.PostgresError.

    A statement is given up after `patience` seconds, or never.
    Statement caches are off: every statement carries its request's id, so no text comes twice.
    """
    import asyncpg

    dsn = url.reveal()
    parts = urlsplit(dsn)
    plain = parts.hostname in _LOOPBACK and "sslmode=" not in parts.query
    return await asyncpg.connect(
        dsn,
        ssl=False if plain else None,
        timeout=5,
        command_timeout=patience,
        statement_cache_size=0,
        server_settings={"application_name": application, "jit": "off"},
    )


class PostgresProbe:
    """Asks `select 1` on a connection of its own, so that a busy pool does not look like a database that is away."""

    def __init__(self, url: Secret, application: str) -> None:
        self._url = url
        self._application = application
        self._connection: asyncpg.Connection[Any] | None = None

    async def ask(self) -> None:
        """Return when the database answers. Raises whatever the driver raises when it does not."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect_postgres(self._url, f"{self._application} health")
        try:
            await self._connection.execute("select 1")
        except BaseException:
            self._connection.terminate()
            raise

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close(timeout=1)


async def ping_redis(url: Secret) -> None:
    """Sign in, PING, and leave. Raises OSError when nothing answers and ConnectionError when the answer is no."""
    parts = urlsplit(url.reveal())
    secured = ssl.create_default_context() if parts.scheme == "rediss" else None
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 6379, ssl=secured)
    try:
        if parts.password:
            sign_in = [unquote(part) for part in (parts.username, parts.password) if part]
            await _say(reader, writer, "AUTH", *sign_in)
        await _say(reader, writer, "PING")
    finally:
        writer.close()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *words: str) -> None:
    encoded = [word.encode() for word in words]
    writer.write(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
    answer = await reader.readline()
    if not answer.startswith(b"+"):
        raise ConnectionError(f"Redis refused {words[0]}")
