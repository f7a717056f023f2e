"""A guest book: the kind of small FastAPI and PostgreSQL project that people already have. It knows no Stackyard."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from fastapi import FastAPI
from pydantic import BaseModel, Field

DATABASE_URL = os.environ["DATABASE_URL"]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """The table is made by the application itself, as in many a small project."""
    with psycopg.connect(DATABASE_URL) as connection:
        # "if not exists" is not enough for two replicas that start in the same moment.
        connection.execute("select pg_advisory_xact_lock(1)")
        connection.execute(
            "create table if not exists entries (id serial primary key, name text not null, message text not null)"
        )
    yield


app = FastAPI(lifespan=lifespan)


class Entry(BaseModel):
    """What a guest writes."""

    name: str = Field(min_length=1, max_length=80)
    message: str = Field(min_length=1, max_length=1000)


@app.get("/healthz")
def healthz() -> dict[str, bool]:
    """Healthy when the database answers."""
    with psycopg.connect(DATABASE_URL) as connection:
        connection.execute("select 1")
    return {"ok": True}


@app.post("/entries", status_code=201)
def write(entry: Entry) -> Entry:
    """Keep an entry."""
    with psycopg.connect(DATABASE_URL) as connection:
        connection.execute("insert into entries (name, message) values (%s, %s)", (entry.name, entry.message))
    return entry


@app.get("/entries")
def read() -> list[Entry]:
    """All entries, oldest first."""
    with psycopg.connect(DATABASE_URL) as connection:
        rows = connection.execute("select name, message from entries order by id").fetchall()
    return [Entry(name=name, message=message) for name, message in rows]
