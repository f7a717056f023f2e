"""The parts around the core, together: the API, the worker, Redis and the object store."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis as redis_client
from parts import Api, Shop, ShopPostgres, start_worker, store_environment
from PIL import Image
from test_imaging import gps, picture

from stackyard_kit.testing import Objects, Redis, Running, wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def worker(api: Api, postgres: ShopPostgres, redis: Redis, objects: Objects, parts_folder: Any) -> Iterator[Running]:
    with postgres.connect() as owner:
        # All drawings take half a minute; two are like the others.
        few = "select id from images where status = 'pending' order by id limit 2"
        owner.execute(f"delete from images where status = 'pending' and id not in ({few})")
    started = start_worker(postgres, redis, parts_folder / "worker.log", **store_environment(objects))
    yield started
    started.stop()


@pytest.fixture
def stranger(api: Api) -> Iterator[httpx.Client]:
    """Somebody who is not signed in."""
    with api.client() as client:
        yield client


@pytest.fixture
def heard(redis: Redis) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Everything on the channels of live updates and of events since the test began."""
    with redis_client.Redis.from_url(redis.url) as client, client.pubsub(ignore_subscribe_messages=True) as channels:
        channels.subscribe("goldshop:live", "goldshop:events")
        channels.get_message(timeout=1)
        events: list[dict[str, Any]] = []

        def read() -> list[dict[str, Any]]:
            while (message := channels.get_message(timeout=0.02)) is not None:
                told = json.loads(message["data"])["events"]
                events.extend({**one, "channel": message["channel"].decode()} for one in told)
            return events

        yield read


def upload(client: httpx.Client, item: str, data: bytes, name: str = "ring.jpg") -> httpx.Response:
    return client.post(f"/api/items/{item}/images", files={"file": (name, data)}, data={"alt": "A ring"})


def settled(client: httpx.Client, item: str, image: str) -> dict[str, Any]:
    """The image when the worker is through with it."""
    found: dict[str, Any] = {}

    def look() -> bool:
        images = client.get(f"/api/items/{item}").json()["images"]
        found.update(next(one for one in images if one["id"] == image))
        return bool(found["status"] != "pending")

    wait_until(look, "the worker's answer", 40)
    return found


def test_an_upload_becomes_a_picture_that_everybody_may_keep(
    shop: Shop, worker: Running, objects: Objects, stranger: httpx.Client, heard: Callable[[], list[dict[str, Any]]]
) -> None:
    """APP-09, OBJ-01, OBJ-02: processed on upload, private in the store, served with an address nobody can guess."""
    item = shop.item()["id"]
    answer = upload(shop.clerk, item, picture(1200, 800, exif=gps()))
    assert answer.status_code == 201, answer.text
    image = answer.json()
    assert (image["status"], image["formats"]) == ("pending", [])

    ready = settled(shop.clerk, item, image["id"])
    assert (ready["status"], ready["width"], ready["height"]) == ("ready", 1200, 800)
    assert {"thumb.webp", "card.jpg", "full.webp"} <= set(ready["formats"])
    told = {"type": "image", "item_id": item, "image_id": image["id"], "status": "ready", "channel": "goldshop:live"}
    wait_until(lambda: any(told.items() <= event.items() for event in heard()), "the live update")

    served = stranger.get(f"/api/images/{image['id']}/full.jpg")
    assert served.status_code == 200
    assert served.headers["content-type"] == "image/jpeg"
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(served.content)).size == (1200, 800)
    assert b"Secret Camera" not in served.content
    again = stranger.get(f"/api/images/{image['id']}/full.jpg", headers={"If-None-Match": served.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    row = shop.clerk.get(f"/api/items/{item}").json()
    assert stranger.get(f"/api/images/{row['images'][0]['id']}/thumb.webp").status_code == 200

    endpoint = store_environment(objects)["FILES_ENDPOINT"]
    unsigned = httpx.get(f"{endpoint}/{store_environment(objects)['FILES_BUCKET']}/images/{image['id']}/full.jpg")
    assert unsigned.status_code in (400, 403)
    kept = sorted(path.name for path in (objects.folder / "test/images" / image["id"]).iterdir())
    assert kept == sorted(ready["formats"])
    wait_until(lambda: not (objects.folder / "test/uploads" / image["id"]).exists(), "the upload to be removed")

    assert shop.manager.delete(f"/api/images/{image['id']}").status_code == 204
    assert stranger.get(f"/api/images/{image['id']}/card.jpg").status_code == 404
    wait_until(lambda: not list((objects.folder / "test/images").glob(f"{image['id']}/*")), "the files to be removed")


def test_what_is_no_picture_is_refused_at_the_door_or_by_the_worker_with_a_reason(shop: Shop, worker: Running) -> None:
    """APP-09: hostile files are refused."""
    item = shop.item()["id"]
    script = upload(shop.clerk, item, b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    assert (script.status_code, script.json()["type"]) == (422, "urn:problem:refused-image")
    large = upload(shop.clerk, item, picture() + b"\0" * 13_000_000)
    assert (large.status_code, large.json()["type"]) == (413, "urn:problem:too-large")
    assert upload(shop.clerk, item, b"").status_code == 422
    plain = shop.clerk.post(f"/api/items/{item}/images", json={"file": "x"})
    assert plain.status_code == 415
    stranger = httpx.post(f"{shop.api.url}/api/items/{item}/images", files={"file": picture()})
    assert stranger.status_code == 401

    # Its bytes look right; that its pixels are not there only decoding shows.
    data = bytearray(picture(400, 400, "PNG"))
    data[60:120] = b"\0" * 60
    broken = upload(shop.clerk, item, bytes(data))
    assert broken.status_code == 201, broken.text
    refused = settled(shop.clerk, item, broken.json()["id"])
    assert (refused["status"], refused["formats"]) == ("refused", [])
    assert "damaged" in refused["reason"]
    assert shop.clerk.get(f"/api/images/{broken.json()['id']}/thumb.webp").status_code == 404
    assert shop.clerk.get(f"/api/images/{broken.json()['id']}/thumb.svg").status_code == 422


def test_every_sale_is_told_at_least_once_though_the_worker_is_killed(
    shop: Shop,
    postgres: ShopPostgres,
    redis: Redis,
    objects: Objects,
    parts_folder: Any,
    heard: Callable[[], list[dict[str, Any]]],
) -> None:
    """APP-11: the outbox delivers each event at least once after SIGKILL; what runs low is told exactly once."""
    variant = shop.variant("40")
    item = shop.clerk.get("/api/movements", params={"variant": variant}).json()["items"][0]["item_id"]
    assert shop.manager.patch(f"/api/items/{item}", json={"reorder_level": "30"}).status_code == 200
    first = start_worker(postgres, redis, parts_folder / "killed.log", **store_environment(objects))
    sold: list[str] = []
    for number in range(16):
        answer = shop.clerk.post("/api/sales", json=shop.sale(variant))
        assert answer.status_code == 201, answer.text
        sold.append(answer.json()["id"])
        if number == 9:
            first.stop(9)
    second = start_worker(postgres, redis, parts_folder / "second.log", **store_environment(objects))
    try:

        def told() -> list[str]:
            return [event["id"] for event in heard() if event["type"] == "sale.completed"]

        wait_until(lambda: set(sold) <= set(told()), "every sale to be told")
        wait_until(lambda: any(one["type"] == "low-stock" and one["item_id"] == item for one in heard()), "the notice")
        low = {one["event_id"] for one in heard() if one["type"] == "low-stock" and one["item_id"] == item}
        assert len(low) == 1
    finally:
        second.stop()


def test_lists_and_reports_come_from_the_cache_until_something_changes(shop: Shop) -> None:
    """CACHE-03: cache-aside; the hit rate is measured."""
    variant = shop.variant("5")
    shop.clerk.get("/api/reports/dashboard")

    def hits() -> float:
        lines = httpx.get(f"{shop.api.url}/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith('cache_reads_total{result="hit"}'))

    before, sales = hits(), shop.clerk.get("/api/reports/dashboard").json()["today"]["sales"]
    assert hits() == before + 1
    assert shop.clerk.post("/api/sales", json=shop.sale(variant)).status_code == 201
    assert shop.clerk.get("/api/reports/dashboard").json()["today"]["sales"] == sales + 1


def test_the_figures_of_the_business_are_told_and_the_books_are_in_balance(shop: Shop) -> None:
    """APP-02: business figures. DB-01: which of the two ways movements are kept is said."""
    about = shop.clerk.get("/api/reports/about").json()
    figures = dict(
        line.rsplit(" ", 1)
        for line in httpx.get(f"{shop.api.url}/metrics").text.splitlines()
        if line.startswith("goldshop_")
    )
    assert float(figures["goldshop_ledger_imbalance_eur"]) == 0
    assert float(figures["goldshop_sales"]) > 1000
    assert float(figures["goldshop_stock_value_eur"]) > 1_000_000
    assert float(figures["goldshop_movements_hypertable"]) == (about["movements"] == "timescaledb")


def test_the_worker_draws_the_pictures_of_the_sample(worker: Running, postgres: ShopPostgres) -> None:
    """Pictures that nobody uploaded: there are some for development, once the shop is up."""
    with postgres.connect() as owner:
        pending = "select count(*) from images where status = 'pending'"
        wait_until(lambda: owner.execute(pending).fetchone() == (0,), "the drawings", 40)


def test_labels_and_invoices_come_as_pdf(shop: Shop) -> None:
    """APP-09: labels with QR codes, printed by whoever works here."""
    variant = shop.variant("5")
    wanted = {"variants": [{"variant_id": variant, "copies": 2}], "layout": "roll-58x40"}
    labels = shop.clerk.post("/api/labels", json=wanted)
    assert (labels.status_code, labels.headers["content-type"], labels.content[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )
    drawn = shop.clerk.get(f"/api/variants/{variant}/qr.svg")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    sale = shop.clerk.post("/api/sales", json=shop.sale(variant)).json()["id"]
    invoice = shop.clerk.get(f"/api/sales/{sale}/invoice.pdf")
    assert (invoice.status_code, invoice.content[:5]) == (200, b"%PDF-")

    nobody = "00000000-0000-4000-8000-000000000000"
    assert shop.clerk.post("/api/labels", json={"variants": [{"variant_id": nobody}]}).status_code == 404
    assert shop.clerk.get(f"/api/sales/{nobody}/invoice.pdf").status_code == 404
    assert shop.clerk.get(f"/api/variants/{nobody}/qr.svg").status_code == 404
    many = {"variants": [{"variant_id": variant, "copies": 100}] * 21}
    assert shop.clerk.post("/api/labels", json=many).status_code == 422


def test_the_worker_says_that_it_works_and_what(worker: Running) -> None:
    """APP-01, APP-02: probes and figures of the worker."""
    address = f"http://127.0.0.1:{worker.port}"
    wait_until(lambda: httpx.get(f"{address}/api/health/readiness").status_code == 200, "the worker to be ready")
    text = httpx.get(f"{address}/metrics").text
    assert "job_runs_total" in text
    assert "outbox_lag_seconds" in text
