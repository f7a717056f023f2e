"""A service that touches everything it was given, and says what it found."""

import os
import socket

import boto3
import psycopg
import redis
from botocore.config import Config
from fastapi import FastAPI

app = FastAPI()


@app.get("/ready")
def ready() -> dict[str, bool]:
    return {"ok": cache().ping()}


def cache() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"], ssl_cert_reqs="none")


@app.get("/who")
def who() -> dict[str, str]:
    return {"host": socket.gethostname(), "port": os.environ["PORT"]}


@app.get("/everything")
def everything() -> dict[str, object]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute(
            "select current_user, (select array_agg(word order by id) from words), ssl from pg_stat_ssl"
            " where pid = pg_backend_pid()"
        ).fetchone()
    store = boto3.client("s3", config=Config(signature_version="s3v4"))
    bucket = os.environ["PHOTOS_BUCKET"]
    store.put_object(Bucket=bucket, Key="a/photo", Body=b"bytes")
    return {
        "user": row[0],
        "words": row[1],
        "encrypted": row[2],
        "photo": store.get_object(Bucket=bucket, Key="a/photo")["Body"].read().decode(),
        "greeting": os.environ["GREETING"],
        "cache": os.environ["CACHE_PLACE"],
        "key": os.environ["API_KEY"] == os.environ["KEY_AGAIN"] and len(os.environ["API_KEY"]) > 20,
        "worked": cache().get("worked"),
        "ticked": cache().get("ticked"),
    }
