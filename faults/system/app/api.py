"""An API that acknowledges a note when the database has it and the job for the worker is queued."""

import os

import psycopg
from fastapi import FastAPI
from redis import Redis

app = FastAPI()
queue = Redis.from_url(os.environ["REDIS_URL"])


@app.get("/api/ready")
def ready() -> dict[str, bool]:
    """Ready when both the database and the queue answer."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("select 1")
    return {"ok": bool(queue.ping())}


@app.post("/api/notes/{key}", status_code=201)
def write(key: str) -> dict[str, str]:
    """Keep a note, once for every time that this is called."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("insert into notes values (%s)", (key,))
    queue.lpush("jobs", key)
    return {"key": key}
