"""Objects in S3, or in what speaks like it, through the same code: which of them it is, the environment says.

Private by default: others reach an object by a presigned URL only, for one object, one method and a while.
Extra: `stackyard-kit[objects]`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from stackyard_kit import spans
from stackyard_kit.breaker import DependencyAwayError
from stackyard_kit.settings import Secret, SettingsError

PART = 8 * 1024 * 1024
"""Bytes of each part of a large object; so much of it is in memory at a time."""

LARGEST = 100 * 1024 * 1024
"""Bytes that are taken or read at once when nothing else is said."""

PRESIGNED_SECONDS = 900

_KEY = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(; ?[a-z0-9-]+=[\w.-]+)*")


class NoSuchObjectError(Exception):
    """There is no object, or no such version of it, at this key."""


class TooLargeError(Exception):
    """An object has more bytes than are allowed."""


@dataclass(frozen=True)
class StoreSettings:
    """Where the objects are. Without an `endpoint` it is AWS; without a key AWS's own ways of finding one apply."""

    bucket: str
    endpoint: str = ""
    key: str = ""
    secret: Secret | None = None
    region: str = "us-east-1"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], name: str) -> StoreSettings:
        """The store `name`: NAME_BUCKET and NAME_ENDPOINT, and AWS's variables. Raises SettingsError."""
        prefix = name.upper().replace("-", "_")
        bucket = environment.get(f"{prefix}_BUCKET", "")
        if not bucket:
            raise SettingsError(f"The environment is not complete: {prefix}_BUCKET is not set.")
        secret = environment.get("AWS_SECRET_ACCESS_KEY", "")
        return cls(
            bucket=bucket,
            endpoint=environment.get(f"{prefix}_ENDPOINT", "") or environment.get("AWS_ENDPOINT_URL_S3", ""),
            key=environment.get("AWS_ACCESS_KEY_ID", ""),
            secret=Secret(secret) if secret else None,
            region=environment.get("AWS_REGION", "") or "us-east-1",
        )


@dataclass(frozen=True)
class Stored:
    """An object: `version` is "" where the store keeps none, `type` is "" in lists, which do not tell it."""

    key: str
    size: int
    type: str = ""
    changed: datetime | None = None
    version: str = ""


class ObjectStore:
    """One bucket. Made by `open_store`.

    Keys are words of letters, digits and !_.*'()- with slashes between them; anything else is a ValueError. Methods
    raise NoSuchObjectError and, when the store cannot be reached in time, DependencyAwayError.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def put(
        self, key: str, data: bytes | AsyncIterator[bytes], *, content_type: str, limit: int = LARGEST
    ) -> Stored:
        """Store `data`, whole or not at all. Raises TooLargeError when it has more than `limit` bytes."""
        place = self._place(key)
        about = {**place, "ContentType": _checked_type(content_type)}
        parts = _parts(data, limit)
        first = await anext(parts, b"")
        second = await anext(parts, None)
        if second is None:
            done = await self._call("put_object", **about, Body=first)
            return Stored(key, len(first), content_type, version=done.get("VersionId", ""))
        begun = await self._call("create_multipart_upload", **about)
        upload = {**place, "UploadId": begun["UploadId"]}
        try:
            return await self._put_parts(upload, content_type, first, second, parts)
        except BaseException:
            await self._call("abort_multipart_upload", **upload)
            raise

    async def get(self, key: str, *, version: str = "", limit: int = LARGEST) -> bytes:
        """The whole object. Raises TooLargeError when it has more than `limit` bytes."""
        async with self.stream(key, version=version) as (stored, chunks):
            if stored.size > limit:
                raise TooLargeError(f"{key} has {stored.size} bytes, more than {limit}")
            return b"".join([chunk async for chunk in chunks])

    @asynccontextmanager
    async def stream(self, key: str, *, version: str = "") -> AsyncIterator[tuple[Stored, AsyncIterator[bytes]]]:
        """What the object is, and its bytes as they come."""
        found = await self._call("get_object", **self._place(key, version))
        async with found["Body"] as body:
            yield _stored(key, found), body.iter_chunks(256 * 1024)

    async def head(self, key: str, *, version: str = "") -> Stored:
        """What the object is, without its bytes."""
        return _stored(key, await self._call("head_object", **self._place(key, version)))

    async def delete(self, key: str) -> None:
        """Remove the object; no matter whether there is one. A store with versions keeps the older ones."""
        await self._call("delete_object", **self._place(key))

    async def list(self, prefix: str = "") -> AsyncIterator[Stored]:
        """The objects whose keys begin with `prefix`, by key."""
        more: dict[str, str] = {}
        while True:
            page = await self._call("list_objects_v2", Bucket=self._bucket, Prefix=prefix, **more)
            for one in page.get("Contents", ()):
                yield Stored(one["Key"], one["Size"], changed=one["LastModified"])
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    async def versions(self, key: str) -> Sequence[Stored]:
        """Every version of the object that the store keeps, the newest first."""
        self._place(key)
        page = await self._call("list_object_versions", Bucket=self._bucket, Prefix=key)
        return [
            Stored(key, one["Size"], changed=one["LastModified"], version=one["VersionId"])
            for one in page.get("Versions", ())
            if one["Key"] == key
        ]

    async def presigned_get(self, key: str, *, seconds: int = PRESIGNED_SECONDS, save_as: str = "") -> str:
        """A URL that anybody may read the object by; with `save_as` browsers save it under that name."""
        more = {"ResponseContentDisposition": f'attachment; filename="{_file_name(save_as)}"'} if save_as else {}
        return await self._presign("get_object", seconds, **self._place(key), **more)

    async def presigned_put(self, key: str, *, content_type: str, length: int, seconds: int = PRESIGNED_SECONDS) -> str:
        """A URL by which anybody may write exactly `length` bytes of this type; the request must send both headers."""
        about = {"ContentType": _checked_type(content_type), "ContentLength": length}
        return await self._presign("put_object", seconds, **self._place(key), **about)

    async def ask(self) -> None:
        """For a health check: return when the bucket answers."""
        await self._call("head_bucket", Bucket=self._bucket)

    async def _put_parts(
        self, upload: dict[str, str], content_type: str, first: bytes, second: bytes, rest: AsyncIterator[bytes]
    ) -> Stored:
        done: list[dict[str, Any]] = []
        size = 0

        async def send(part: bytes) -> None:
            nonlocal size
            number = len(done) + 1
            answer = await self._call("upload_part", **upload, PartNumber=number, Body=part)
            done.append({"ETag": answer["ETag"], "PartNumber": number})
            size += len(part)

        await send(first)
        await send(second)
        async for part in rest:
            await send(part)
        ended = await self._call("complete_multipart_upload", **upload, MultipartUpload={"Parts": done})
        return Stored(upload["Key"], size, content_type, version=ended.get("VersionId", ""))

    async def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        with spans.span(f"S3 {operation}", "client"):
            try:
                answer: dict[str, Any] = await getattr(self._client, operation)(**arguments)
                return answer
            except ClientError as failure:
                if failure.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    raise NoSuchObjectError(str(arguments.get("Key", self._bucket))) from failure
                if failure.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                    raise DependencyAwayError("objects", 1.0) from failure
                raise
            except (BotoCoreError, OSError, TimeoutError) as failure:
                raise DependencyAwayError("objects", 1.0) from failure

    async def _presign(self, operation: str, seconds: int, **arguments: Any) -> str:
        url: str = await self._client.generate_presigned_url(operation, Params=arguments, ExpiresIn=seconds)
        return url

    def _place(self, key: str, version: str = "") -> dict[str, str]:
        if len(key) > 512 or not _KEY.fullmatch(key) or {".", ".."} & set(key.split("/")):
            raise ValueError("not a key for an object")
        place = {"Bucket": self._bucket, "Key": key}
        return {**place, "VersionId": version} if version else place


@asynccontextmanager
async def open_store(settings: StoreSettings, *, seconds: float = 10.0) -> AsyncIterator[ObjectStore]:
    """The store of `settings` until the block ends. An answer that takes more than `seconds` to begin is none."""
    own: dict[str, Any] = {}
    if settings.endpoint:
        # Others than AWS know neither bucket names as host names nor its newest checksums.
        own["s3"] = {"addressing_style": "path"}
        own |= {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
    config = AioConfig(
        signature_version="s3v4",
        connect_timeout=2,
        read_timeout=seconds,
        retries={"max_attempts": 3, "mode": "standard"},
        max_pool_connections=20,
        **own,
    )
    client = get_session().create_client(
        "s3",
        region_name=settings.region,
        endpoint_url=settings.endpoint or None,
        aws_access_key_id=settings.key or None,
        aws_secret_access_key=settings.secret.reveal() if settings.secret else None,
        config=config,
    )
    async with client as opened:
        yield ObjectStore(opened, settings.bucket)


async def _parts(data: bytes | AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    """The data in parts of PART bytes, the last as long as it is."""
    gathered, size = bytearray(), 0
    async for chunk in _chunks(data):
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f"more than {limit} bytes")
        gathered += chunk
        while len(gathered) >= PART:
            yield bytes(gathered[:PART])
            del gathered[:PART]
    if gathered:
        yield bytes(gathered)


async def _chunks(data: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    async for chunk in data:
        yield chunk


def _stored(key: str, answer: dict[str, Any]) -> Stored:
    version = answer.get("VersionId", "")
    return Stored(key, answer["ContentLength"], answer.get("ContentType", ""), answer.get("LastModified"), version)


def _checked_type(content_type: str) -> str:
    if not _TYPE.fullmatch(content_type):
        raise ValueError("not a content type")
    return content_type


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9 _.()-]", "_", name)
