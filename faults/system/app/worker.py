"""A worker that takes each job at least once, and whose work is the same when it is done twice."""

import os

import psycopg
from redis import Redis

# A wait of five seconds for a job must not look like a server that is gone: some releases give up after as many.
queue = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=30)
while queue.lmove("taken", "jobs", "RIGHT", "RIGHT"):
    pass  # what a worker before us took and did not finish
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
    while True:
        job = queue.blmove("jobs", "taken", 5, "RIGHT", "LEFT")
        if job is not None:
            database.execute("insert into jobs_done values (%s) on conflict do nothing", (job,))
            queue.lrem("taken", 1, job)
