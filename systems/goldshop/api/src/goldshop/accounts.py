"""Who may sign in, as the sign-in of the kit sees it."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from goldshop.tables import User
from stackyard_kit.identity import Account


class Users:
    """The accounts in the table of users; one signs in with the e-mail address."""

    async def by_login(self, session: AsyncSession, login: str) -> Account | None:
        """The user with this e-mail address."""
        return _account(await session.scalar(select(User).where(User.email == login)))

    async def by_id(self, session: AsyncSession, id: uuid.UUID) -> Account | None:
        """The user with this id."""
        return _account(await session.get(User, id))


def _account(user: User | None) -> Account | None:
    if user is None or not user.active:
        return None
    return Account(user.id, user.email, user.name, user.role, user.password_hash)
