"""The tree of categories. A category is where its path says, and its path is spelt after the names on the way."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections import Counter

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.refusals import missing, refused
from goldshop.schemas.catalogue import CategoryChange, CategoryIn, CategoryList, CategoryOut
from goldshop.tables import Category, Item
from stackyard_kit.problems import ProblemError

DEEPEST = 8
"""Levels of the tree."""

_LONGEST_LABEL = 60

_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('goldshop categories', 0))")

_MOVE = text(
    """
    update categories set path = case when nlevel(path) = nlevel(text2ltree(:old)) then text2ltree(:new)
        else text2ltree(:new) || subpath(path, nlevel(text2ltree(:old))) end
    where path <@ text2ltree(:old)
    """
)


async def tree(session: AsyncSession) -> CategoryList:
    """All categories in the order of the tree, each with the number of active items in it and below."""
    rows = list(await session.scalars(select(Category).order_by(Category.path)))
    counted = select(Item.category_id, func.count()).where(Item.active).group_by(Item.category_id)
    own: dict[uuid.UUID, int] = {row[0]: row[1] for row in await session.execute(counted)}
    sums: Counter[str] = Counter()
    for row in rows:
        labels = row.path.split(".")
        for depth in range(1, len(labels) + 1):
            sums[".".join(labels[:depth])] += own.get(row.id, 0)
    return CategoryList(items=[_shown(row, sums[row.path]) for row in rows])


async def create(session: AsyncSession, wanted: CategoryIn) -> CategoryOut:
    """A new category below its parent, or at the top. Raises ProblemError 409 or 422."""
    await session.execute(_ONE_AT_A_TIME)
    path = await _place(session, wanted.parent_id, wanted.name)
    category = Category(id=uuid.uuid4(), name=wanted.name, path=path)
    session.add(category)
    await _flush(session)
    return _shown(category, 0)


async def change(session: AsyncSession, identifier: uuid.UUID, wanted: CategoryChange) -> CategoryOut:
    """Rename a category or move it with all below it. Raises ProblemError 404, 409 or 422."""
    await session.execute(_ONE_AT_A_TIME)
    category = await _get(session, identifier)
    named = wanted.model_fields_set
    if not named:
        raise ProblemError(422, "Nothing to change was named.", kind="validation")
    if wanted.name is not None:
        await session.execute(update(Category).where(Category.id == identifier).values(name=wanted.name))
    parent = await _parent(session, category.path) if "parent_id" not in named else wanted.parent_id
    path = await _place(session, parent, wanted.name or category.name)
    if f"{path}.".startswith(f"{category.path}.") and path != category.path:
        raise refused("/parent_id", "A category cannot be moved below itself.")
    if path != category.path:
        await _move(session, category.path, path)
    await session.refresh(category)
    found = await tree(session)
    return next(one for one in found.items if one.id == identifier)


async def remove(session: AsyncSession, identifier: uuid.UUID) -> None:
    """Remove an empty category. Raises ProblemError 404, and 409 when there is something in it or below."""
    await session.execute(_ONE_AT_A_TIME)
    category = await _get(session, identifier)
    below = select(func.count()).where(Category.path.bool_op("<@")(category.path), Category.id != identifier)
    if await session.scalar(below):
        raise ProblemError(409, "There are categories below it.", kind="category-used")
    await session.delete(category)
    try:
        await session.flush()
    except IntegrityError:
        raise ProblemError(409, "There are items in it.", kind="category-used") from None


def label(name: str) -> str:
    """The name as a label of a path: `Wedding rings` is wedding_rings."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST_LABEL] or "category"


def _shown(category: Category, items: int) -> CategoryOut:
    depth = category.path.count(".") + 1
    return CategoryOut(id=category.id, name=category.name, path=category.path, depth=depth, items=items)


async def _get(session: AsyncSession, identifier: uuid.UUID) -> Category:
    category = await session.get(Category, identifier)
    if category is None:
        raise missing("category")
    return category


async def _parent(session: AsyncSession, path: str) -> uuid.UUID | None:
    above = path.rpartition(".")[0]
    return await session.scalar(select(Category.id).where(Category.path == above)) if above else None


async def _place(session: AsyncSession, parent_id: uuid.UUID | None, name: str) -> str:
    if parent_id is None:
        return label(name)
    parent = await session.get(Category, parent_id)
    if parent is None:
        raise refused("/parent_id", "There is no such category.")
    if parent.path.count(".") + 2 > DEEPEST:
        raise refused("/parent_id", f"Categories are at most {DEEPEST} levels deep.")
    return f"{parent.path}.{label(name)}"


async def _move(session: AsyncSession, old: str, new: str) -> None:
    deepest = select(func.max(func.nlevel(Category.path))).where(Category.path.bool_op("<@")(old))
    levels = (await session.scalar(deepest) or 0) - (old.count(".") + 1) + new.count(".") + 1
    if levels > DEEPEST:
        raise refused("/parent_id", f"Categories are at most {DEEPEST} levels deep.")
    try:
        await session.execute(_MOVE, {"old": old, "new": new})
    except IntegrityError:
        raise _taken() from None


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise _taken() from None


def _taken() -> ProblemError:
    errors = [{"pointer": "/name", "detail": "There is one of this name."}]
    return ProblemError(409, "There is a category of this name here.", kind="category-taken", errors=errors)
