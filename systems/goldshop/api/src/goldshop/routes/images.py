"""Images of items."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from goldshop import announce, images
from goldshop.imaging import FORMATS, LARGEST_BYTES, SIZES
from goldshop.items import image_shown
from goldshop.parts import ClerkDep, ManagerDep, PartsDep
from goldshop.pictures import Picture
from goldshop.refusals import missing, refused
from goldshop.schemas.catalogue import ImageChange, ImageOut
from stackyard_kit.access import public
from stackyard_kit.breaker import DependencyAwayError
from stackyard_kit.problems import ProblemError

router = APIRouter(prefix="/api", tags=["images"])

_LONGEST_ALT = 200
_AROUND = 64 * 1024
"""Bytes of a form beside its file."""

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "alt": {"type": "string", "maxLength": _LONGEST_ALT},
                    },
                }
            }
        },
    }
}

Form = Annotated[str, Path(pattern=rf"^({'|'.join(SIZES)})\.({'|'.join(FORMATS)})$")]


@router.post("/items/{item_id}/images", status_code=201, openapi_extra=_FORM)
async def add_image(item_id: uuid.UUID, request: Request, caller: ClerkDep, parts: PartsDep) -> ImageOut:
    """Upload a picture (JPEG, PNG or WebP). It is `pending` until its formats are made, which a live update tells."""
    data, alt = await _read_form(request)
    async with parts.acting(caller) as session:
        try:
            return image_shown(await images.add(session, parts.files, item_id, data, alt))
        except DependencyAwayError:
            raise _away() from None


@router.patch("/images/{image_id}")
async def change_image(image_id: uuid.UUID, wanted: ImageChange, caller: ManagerDep, parts: PartsDep) -> ImageOut:
    """Change an image's text or its place among the others."""
    async with parts.acting(caller) as session:
        image = image_shown(await images.change(session, image_id, wanted))
    await announce.changed(parts)
    return image


@router.delete("/images/{image_id}", status_code=204)
async def remove_image(image_id: uuid.UUID, caller: ManagerDep, parts: PartsDep) -> None:
    """Remove an image and its files."""
    store = await parts.files.store()
    async with parts.acting(caller) as session:
        keys = await images.remove(session, image_id)
    await announce.changed(parts)
    try:
        for key in keys:
            await store.delete(key)
    except DependencyAwayError:
        # Nobody can reach them any more; what is left over is swept up later.
        return


@router.get(
    "/images/{image_id}/{form}",
    dependencies=[public("The address holds a random id, which cannot be guessed.")],
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in FORMATS.values()}}},
)
async def read_image(image_id: uuid.UUID, form: Form, request: Request, parts: PartsDep) -> Response:
    """A format of an image: thumb, card or full, as webp, avif or jpg. It never changes."""
    tag = f'"{image_id}-{form}"'
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": tag}
    headers |= {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
    if (picture := parts.pictures.kept(image_id, form)) is None:
        async with parts.database.transaction() as session:
            key = await images.place_of(session, image_id, form)
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        picture = await _opened(parts, image_id, form, key)
    elif request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if picture.data is not None:
        return Response(picture.data, media_type=picture.media_type, headers=headers)
    headers["Content-Length"] = str(picture.size)
    return StreamingResponse(_chunks(picture), media_type=picture.media_type, headers=headers)


async def _opened(parts: PartsDep, image_id: uuid.UUID, form: str, key: str) -> Picture:
    from stackyard_kit.objects import NoSuchObjectError

    try:
        return await parts.pictures.open(image_id, form, key)
    except NoSuchObjectError:
        raise missing("image") from None
    except DependencyAwayError:
        raise _away() from None


async def _chunks(picture: Picture) -> AsyncIterator[bytes]:
    assert picture.chunks is not None
    assert picture.resources is not None
    async with picture.resources:
        async for chunk in picture.chunks:
            yield chunk


async def _read_form(request: Request) -> tuple[bytes, str]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ProblemError(415, "Send the picture as multipart/form-data.", kind="unsupported-media-type")
    try:
        form = await MultiPartParser(request.headers, _bounded(request), max_files=1, max_fields=4).parse()
    except (MultiPartException, KeyError) as failure:
        raise refused("/file", "The form cannot be read.") from failure
    try:
        file, alt = form.get("file"), form.get("alt") or ""
        if not isinstance(file, UploadFile):
            raise refused("/file", "The form has no file.")
        if not isinstance(alt, str) or len(alt) > _LONGEST_ALT or "\0" in alt:
            raise refused("/alt", f"A text of at most {_LONGEST_ALT} characters.")
        return await file.read(), alt.strip()
    finally:
        await form.close()


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    # Counted as it comes: nobody fills the disk before somebody looks.
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BYTES + _AROUND:
            detail = f"The file is larger than {LARGEST_BYTES // 1024**2} MB."
            raise ProblemError(413, detail, kind="too-large")
        yield chunk


def _away() -> ProblemError:
    detail = "The store of files does not answer. Please try again in a moment."
    return ProblemError(503, detail, kind="file-store-away", headers={"Retry-After": "2"})
