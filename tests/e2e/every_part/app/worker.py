"""A worker: it counts, and knows where the API is."""

import os
import time

import redis

cache = redis.Redis.from_url(os.environ["REDIS_URL"], ssl_cert_reqs="none")
print("working for", os.environ.get("API_URL", "nobody"), flush=True)
while True:
    cache.incr("worked")
    time.sleep(0.2)
