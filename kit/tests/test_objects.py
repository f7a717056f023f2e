"""One interface to objects: on rclone as Stackyard runs it, and on moto, which stands for S3 with its versions."""

import asyncio

import httpx
import pytest

from stackyard_kit import objects as objects_module
from stackyard_kit.breaker import DependencyAwayError
from stackyard_kit.objects import NoSuchObjectError, StoreSettings, TooLargeError, open_store
from stackyard_kit.settings import Secret, SettingsError
from stackyard_kit.testing import free_port

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def moto():
    from moto.server import ThreadedMotoServer

    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield {
        "PHOTOS_BUCKET": "photos",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }
    server.stop()


@pytest.fixture(params=["rclone", "moto"])
def settings(request):
    if request.param == "rclone":
        return StoreSettings.from_environment(request.getfixturevalue("objects").environment, "photos")
    made = StoreSettings.from_environment(request.getfixturevalue("moto"), "photos")

    async def make_bucket():
        async with open_store(made) as store:
            await store._call("create_bucket", Bucket="photos")

    asyncio.run(make_bucket())
    return made


def story(settings, tell):
    async def go():
        async with open_store(settings, seconds=5) as store:
            await tell(store)

    asyncio.run(go())


def test_what_is_put_is_got_listed_and_removed(settings):
    """OBJ-02: the same code on the local store and on S3."""

    async def tell(store):
        await store.put("items/7/front.webp", b"front", content_type="image/webp")
        await store.put("items/7/back.webp", b"back!!", content_type="image/webp")
        await store.put("labels/7.pdf", b"%PDF", content_type="application/pdf")
        assert await store.get("items/7/front.webp") == b"front"
        head = await store.head("items/7/back.webp")
        assert (head.size, head.type) == (6, "image/webp")
        listed = [(one.key, one.size) async for one in store.list("items/7/")]
        assert listed == [("items/7/back.webp", 6), ("items/7/front.webp", 5)]
        for key in ("items/7/front.webp", "items/7/front.webp", "items/7/back.webp", "labels/7.pdf"):
            await store.delete(key)
        assert [one async for one in store.list()] == []
        with pytest.raises(NoSuchObjectError):
            await store.get("items/7/front.webp")
        with pytest.raises(NoSuchObjectError):
            await store.head("items/7/front.webp")
        await store.ask()

    story(settings, tell)


def test_a_large_object_goes_in_and_out_in_pieces_and_one_too_large_leaves_nothing(settings, monkeypatch):
    part = 5 * 1024 * 1024  # the least that S3 takes for a part that is not the last
    monkeypatch.setattr(objects_module, "PART", part)

    async def chunks(count):
        for number in range(count):
            yield bytes([number]) * 1_000_000

    async def tell(store):
        stored = await store.put("films/one.mp4", chunks(12), content_type="video/mp4")
        assert stored.size == 12_000_000
        async with store.stream("films/one.mp4") as (about, body):
            received = b"".join([chunk async for chunk in body])
        assert (about.size, about.type) == (12_000_000, "video/mp4")
        assert received == b"".join([bytes([number]) * 1_000_000 for number in range(12)])
        with pytest.raises(TooLargeError):
            await store.put("films/two.mp4", chunks(12), content_type="video/mp4", limit=11_000_000)
        with pytest.raises(TooLargeError):
            await store.get("films/one.mp4", limit=1_000_000)
        assert [one.key async for one in store.list("films/")] == ["films/one.mp4"]
        await store.delete("films/one.mp4")

    story(settings, tell)


def test_presigned_urls_open_one_object_for_one_method(settings):
    """OBJ-01: private by default, presigned access."""

    async def tell(store):
        async with httpx.AsyncClient() as stranger:
            put = await store.presigned_put("items/8/front.webp", content_type="image/webp", length=5)
            sent = await stranger.put(put, content=b"front", headers={"Content-Type": "image/webp"})
            assert sent.status_code == 200, sent.text
            url = await store.presigned_get("items/8/front.webp", save_as='fr"ont\r\n.webp')
            got = await stranger.get(url)
            assert (got.status_code, got.content, got.headers["content-type"]) == (200, b"front", "image/webp")
            assert "fr_ont__.webp" in url.replace("%20", " ").replace("%28", "(")
        await store.delete("items/8/front.webp")

    story(settings, tell)


def test_without_a_signature_or_with_another_length_nothing_opens(objects):
    """OBJ-01: as the local store has it; moto checks no signature."""
    settings = StoreSettings.from_environment(objects.environment, "photos")

    async def tell(store):
        await store.put("items/9.webp", b"front", content_type="image/webp")
        put = await store.presigned_put("items/9.webp", content_type="image/webp", length=5)
        get = await store.presigned_get("items/9.webp")
        async with httpx.AsyncClient() as stranger:
            refused = [
                await stranger.get(get.split("?")[0]),
                await stranger.get(get.replace("items/9", "items/8")),
                await stranger.put(get, content=b"other"),
                await stranger.put(put, content=b"much longer", headers={"Content-Type": "image/webp"}),
                await stranger.put(put, content=b"front", headers={"Content-Type": "text/html"}),
            ]
        assert {answer.status_code for answer in refused} <= {400, 403}
        assert await store.get("items/9.webp") == b"front"
        await store.delete("items/9.webp")

    story(settings, tell)


def test_versions_are_kept_where_the_store_keeps_them(moto):
    settings = StoreSettings.from_environment({**moto, "PHOTOS_BUCKET": "versioned"}, "photos")

    async def tell(store):
        await store._call("create_bucket", Bucket="versioned")
        on = {"Status": "Enabled"}
        await store._call("put_bucket_versioning", Bucket="versioned", VersioningConfiguration=on)
        first = await store.put("a.txt", b"first", content_type="text/plain")
        await store.put("a.txt", b"second", content_type="text/plain")
        await store.delete("a.txt")
        assert [one.size for one in await store.versions("a.txt")] == [6, 5]
        assert await store.get("a.txt", version=first.version) == b"first"

    story(settings, tell)


def test_a_store_that_is_away_is_told_apart_from_an_object_that_is_not_there():
    """APP-08: timeouts towards dependencies."""
    away = StoreSettings("photos", f"http://127.0.0.1:{free_port()}", "any", Secret("any"))

    async def tell(store):
        with pytest.raises(DependencyAwayError):
            await store.get("a.txt")
        for key in ("../etc/passwd", "/a", "a//b", "a/./b", "", "a\nb", "a" * 513, "a?b"):
            with pytest.raises(ValueError, match="not a key"):
                await store.get(key)
        with pytest.raises(ValueError, match="not a content type"):
            await store.put("a", b"", content_type="text/html\r\nX-Evil: 1")

    story(away, tell)


def test_the_environment_tells_where_the_objects_are():
    with pytest.raises(SettingsError, match="PHOTOS_BUCKET is not set"):
        StoreSettings.from_environment({}, "photos")
    on_aws = StoreSettings.from_environment({"PHOTOS_BUCKET": "acme", "AWS_REGION": "eu-central-1"}, "photos")
    assert (on_aws.endpoint, on_aws.secret, on_aws.region) == ("", None, "eu-central-1")
