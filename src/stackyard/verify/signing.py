"""Presigned requests to an S3-compatible store (AWS Signature Version 4, in the query string)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

_SERVICE = "s3"


@dataclass(frozen=True)
class Keys:
    """What a client of a store signs with."""

    access: str = field(repr=False)
    secret: str = field(repr=False)
    region: str = "us-east-1"


def presigned(method: str, url: str, keys: Keys, at: datetime, seconds: int) -> str:
    """The URL with a signature that is good for `seconds` from `at` (in UTC). `url` has a path and no query."""
    parts = urlsplit(url)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{keys.region}/{_SERVICE}/aws4_request"
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys.access}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    text = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))
    request = "\n".join((method, quote(parts.path), text, f"host:{parts.netloc}\n", "host", "UNSIGNED-PAYLOAD"))
    said = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    signature = hmac.new(_key(keys, stamp[:8]), said.encode(), hashlib.sha256).hexdigest()
    return f"{url}?{text}&X-Amz-Signature={signature}"


def _key(keys: Keys, day: str) -> bytes:
    key = f"AWS4{keys.secret}".encode()
    for word in (day, keys.region, _SERVICE, "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key
