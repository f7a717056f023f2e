"""The S3 store: its command line and environment as literals, and the real thing with boto3."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.model.system import Objects
from stackyard.model.values import Ref, Value
from stackyard.resources.objects import bucket_folder, command, environment, service_environment, unsupported

from .servers import free_port, need, private_folder, running, wait_until
from .systems import HERE

KEYS = {"access_key": "an-access-key", "secret_key": "a-secret-key-of-these-tests"}
PHOTOS = Objects("photos", HERE, "shop-photos")


def test_no_key_stands_on_the_command_line() -> None:
    """SEC-01: the keys go through the environment."""
    argv = command("/usr/bin/rclone", Path("/data"), Path("/cache"), 9000)
    assert argv[:4] == ("/usr/bin/rclone", "serve", "s3", "/data")
    assert "--auth-key" not in argv
    pair = ('"', Ref("photos", "access_key"), ",", Ref("photos", "secret_key"), '"')
    assert environment(PHOTOS) == {"RCLONE_AUTH_KEY": pair}


def test_a_service_is_told_of_every_store_and_libraries_find_the_first() -> None:
    """OBJ-02: what the libraries of AWS read by themselves, so that the same code runs on S3."""
    told = service_environment([PHOTOS, Objects("raw-files", HERE, "raw")])
    assert told["PHOTOS_BUCKET"] == ("shop-photos",)
    assert told["RAW_FILES_ENDPOINT"] == (Ref("raw-files", "endpoint"),)
    assert told["AWS_ENDPOINT_URL_S3"] == (Ref("photos", "endpoint"),)
    assert told["AWS_SECRET_ACCESS_KEY"] == (Ref("photos", "secret_key"),)
    assert service_environment([]) == {}


def test_what_the_store_does_not_keep_is_said() -> None:
    """OBJ-01: limits are stated, with their place."""
    wishes = Objects("photos", HERE, "b", versioning=True, public=("logos/",), expire={"tmp/": 7}, encrypt=True)
    said = unsupported(wishes)
    assert [line.split(" ")[:2] for line in said] == [
        ["stackyard.yaml:7:", "`versioning`"],
        ["stackyard.yaml:7:", "`expire`"],
        ["stackyard.yaml:7:", "`public`"],
        ["stackyard.yaml:7:", "`encrypt`"],
    ]
    assert unsupported(PHOTOS) == ()


def text(value: Value, port: int) -> str:
    known = KEYS | {"endpoint": f"http://127.0.0.1:{port}"}
    return "".join(piece if isinstance(piece, str) else known.get(piece.attribute, "") for piece in value)


@pytest.fixture(scope="module")
def store(place: Path) -> Iterator[int]:
    tool = need("rclone")
    folder = place / "objects"
    data, scratch, port = private_folder(folder / "data"), private_folder(folder / "cache"), free_port()
    private_folder(bucket_folder(data, PHOTOS))
    told = {name: text(value, port) for name, value in environment(PHOTOS).items()}
    argv = command(str(tool.path), data, scratch, port)
    log = folder / "server.log"
    with running(argv, log, {**told, **tool.environment, "HOME": str(scratch)}) as process:
        wait_until(lambda: _status(port) != 0)
        assert not [key for key in KEYS.values() if key in Path(f"/proc/{process.pid}/cmdline").read_text()]
        yield port
    assert not [key for key in KEYS.values() if key in log.read_text()]


def _status(port: int, path: str = "/") -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def s3(port: int, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Any:
    import boto3  # type: ignore[import-untyped]

    for name, value in service_environment([PHOTOS]).items():
        monkeypatch.setenv(name, text(value, port))
    return boto3.client("s3", **more)


@pytest.mark.real
def test_the_libraries_of_aws_work_with_nothing_but_the_environment(
    store: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OBJ-02: put, get, range, list, presigned address, delete."""
    client = s3(store, monkeypatch)
    client.put_object(Bucket="shop-photos", Key="a/cat.txt", Body=b"a photo of a cat")
    assert client.get_object(Bucket="shop-photos", Key="a/cat.txt")["Body"].read() == b"a photo of a cat"
    part = client.get_object(Bucket="shop-photos", Key="a/cat.txt", Range="bytes=2-6")
    assert part["Body"].read() == b"photo"
    listed = client.list_objects_v2(Bucket="shop-photos")["Contents"]
    assert [entry["Key"] for entry in listed] == ["a/cat.txt"]
    client.delete_object(Bucket="shop-photos", Key="a/cat.txt")
    assert "Contents" not in client.list_objects_v2(Bucket="shop-photos")


@pytest.mark.real
def test_the_store_is_private(store: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """OBJ-01: private by default, presigned access."""
    from botocore.config import Config  # type: ignore[import-untyped]
    from botocore.exceptions import ClientError  # type: ignore[import-untyped]

    client = s3(store, monkeypatch, config=Config(signature_version="s3v4"))
    client.put_object(Bucket="shop-photos", Key="private.txt", Body=b"mine")
    assert _status(store, "/shop-photos/private.txt") >= 400
    address = client.generate_presigned_url("get_object", Params={"Bucket": "shop-photos", "Key": "private.txt"})
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert answer.read() == b"mine"
    stranger = s3(store, monkeypatch, aws_access_key_id="an-access-key", aws_secret_access_key="wrong")
    with pytest.raises(ClientError):
        stranger.get_object(Bucket="shop-photos", Key="private.txt")
