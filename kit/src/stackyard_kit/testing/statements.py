"""How many statements something takes: what finds the query that a list runs once for each of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass
class Statements:
    """The texts of the statements that ran, in order; BEGIN, COMMIT and the pool's own questions are not among them."""

    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def __str__(self) -> str:
        return "\n".join(self.texts)


@contextmanager
def counted(engine: AsyncEngine | Engine) -> Iterator[Statements]:
    """The statements that `engine` runs until the block ends, whoever asks for them.

    with counted(database.engine) as few:
        await list_of(10)
    with counted(database.engine) as many:
        await list_of(100)
    assert len(few) == len(many), str(many)
    """
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    found = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.texts.append(statement)

    event.listen(target, "after_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(target, "after_cursor_execute", note)
