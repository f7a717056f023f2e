"""Pictures of items: taken in, handed to the worker, shown, and removed.

An upload waits below `uploads/` until the worker has made its formats; they are kept below `images/`, and the upload is
removed. Addresses hold the random id of the image: who knows one may look at it, and it never changes.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop import imaging
from goldshop.files import Files
from goldshop.imaging import Rendered
from goldshop.refusals import missing, refused
from goldshop.schemas.catalogue import ImageChange
from goldshop.shared import OUTBOX
from goldshop.tables import Image, Item
from stackyard_kit.jobs import Job, Retry, enqueue
from stackyard_kit.outbox import Event
from stackyard_kit.problems import ProblemError

if TYPE_CHECKING:
    from stackyard_kit.objects import ObjectStore

MOST_IMAGES = 20
"""Images of one item."""


class Uploaded(BaseModel):
    """The payload of the job that makes the formats of an upload."""

    image_id: uuid.UUID


PROCESS = Job("goldshop.image", Uploaded, retry=Retry(attempts=6), timeout=120.0)


def upload_key(identifier: uuid.UUID) -> str:
    """Where the upload waits for the worker."""
    return f"uploads/{identifier}"


def key_of(identifier: uuid.UUID, form: str) -> str:
    """Where a format of an image is kept: `thumb.webp` and the like."""
    return f"images/{identifier}/{form}"


async def add(session: AsyncSession, files: Files, item_id: uuid.UUID, data: bytes, alt: str) -> Image:
    """A new image of an item, pending until the worker has made its formats. Raises ProblemError 404, 409, 422 or 503.

    What its bytes alone give away is refused at once; what only decoding shows, by the worker.
    """
    try:
        imaging.check(data)
    except imaging.RefusedImageError as refusal:
        raise refused("/file", str(refusal), kind="refused-image") from None
    # Uploads to one item come one after the other, so that each gets a place of its own.
    if await session.get(Item, item_id, with_for_update=True) is None:
        raise missing("item")
    places = select(func.count(), func.coalesce(func.max(Image.position), -1)).where(Image.item_id == item_id)
    count, last = (await session.execute(places)).one()
    if count >= MOST_IMAGES:
        raise ProblemError(409, f"An item has at most {MOST_IMAGES} images.", kind="too-many-images")
    image = Image(id=uuid.uuid4(), item_id=item_id, position=last + 1, alt=alt, bytes=len(data), formats={})
    session.add(image)
    await session.flush()
    await session.refresh(image)
    # Before the commit: a job never meets an image without its upload. One that stays alone is swept up later.
    store = await files.store()
    await store.put(upload_key(image.id), data, content_type="application/octet-stream")
    await enqueue(session, PROCESS, Uploaded(image_id=image.id))
    return image


async def change(session: AsyncSession, identifier: uuid.UUID, wanted: ImageChange) -> Image:
    """Change what is named of an image. Raises ProblemError 404."""
    image = await _get(session, identifier)
    for name, value in wanted.model_dump(exclude_unset=True, exclude_none=True).items():
        setattr(image, name, value)
    await session.flush()
    return image


async def remove(session: AsyncSession, identifier: uuid.UUID) -> list[str]:
    """Remove an image and say which objects were only for it, to delete after the commit. Raises ProblemError 404."""
    image = await _get(session, identifier)
    await session.delete(image)
    own = [place["key"] for form, place in image.formats.items() if place["key"] == key_of(identifier, form)]
    return [*own, upload_key(identifier)]


async def place_of(session: AsyncSession, identifier: uuid.UUID, form: str) -> str:
    """The key of a format of a ready image. Raises ProblemError 404."""
    query = select(Image.formats[form]["key"].astext).where(Image.id == identifier, Image.status == "ready")
    key = await session.scalar(query)
    if key is None:
        raise missing("image")
    return str(key)


async def settle(session: AsyncSession, identifier: uuid.UUID, outcome: Rendered | str) -> None:
    """Write down what became of an upload: its formats, or why it was refused. Whoever comes second changes nothing."""
    image = await session.get(Image, identifier, with_for_update=True)
    if image is None or image.status != "pending":
        return
    if isinstance(outcome, str):
        image.status, image.reason = "refused", outcome
    else:
        image.status, image.width, image.height = "ready", outcome.width, outcome.height
        image.formats = formats_of(outcome, f"images/{identifier}")
    told = {"item_id": str(image.item_id), "image_id": str(identifier), "status": image.status}
    await OUTBOX.write(session, Event("image", told, key=str(image.item_id)))


async def store_files(store: ObjectStore, made: Rendered, folder: str) -> None:
    """Put the files of a picture where `formats_of` says that they are."""
    for one in made.files:
        await store.put(f"{folder}/{one.size}.{one.format}", one.data, content_type=imaging.FORMATS[one.format])


def formats_of(made: Rendered, folder: str) -> dict[str, Any]:
    """What the row of an image says of the files that were made for it."""
    return {
        f"{one.size}.{one.format}": {"key": f"{folder}/{one.size}.{one.format}", "bytes": len(one.data)}
        for one in made.files
    }


async def _get(session: AsyncSession, identifier: uuid.UUID) -> Image:
    image = await session.get(Image, identifier, with_for_update=True)
    if image is None:
        raise missing("image")
    return image
