"""Spans as the other modules see them: nothing, until `traces` puts a tracer in place. Standard library only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Literal, Protocol

Kind = Literal["internal", "client", "server", "consumer"]


class Tracer(Protocol):
    """What records spans; `traces.Traces` is one."""

    def span(
        self, name: str, kind: Kind, parent: Mapping[str, str] | None, attributes: Mapping[str, str]
    ) -> AbstractContextManager[None]:
        """A span below the current one, or the one of the headers `parent`; it ends, or fails, with the block."""

    def headers(self) -> dict[str, str]:
        """The headers that carry the current span to another service."""

    def ids(self) -> dict[str, str]:
        """`trace_id` and `span_id` of the current span, for the log."""


_tracer: ContextVar[Tracer | None] = ContextVar("tracer", default=None)


@contextlib.contextmanager
def recorded_by(tracer: Tracer | None) -> Iterator[None]:
    """Let `tracer` record what is done in the block."""
    token = _tracer.set(tracer)
    try:
        yield
    finally:
        _tracer.reset(token)


def is_recording() -> bool:
    """Whether anybody records."""
    return _tracer.get() is not None


def span(
    name: str,
    kind: Kind = "internal",
    *,
    parent: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> AbstractContextManager[None]:
    """A span of what the block does; nothing where nobody records. `parent` is what `headers` gave elsewhere."""
    tracer = _tracer.get()
    return contextlib.nullcontext() if tracer is None else tracer.span(name, kind, parent, attributes or {})


def headers() -> dict[str, str]:
    """The headers that carry the current span on; none where nobody records."""
    tracer = _tracer.get()
    return {} if tracer is None else tracer.headers()


def ids() -> dict[str, str]:
    """What the log tells of the current span; nothing where nobody records."""
    tracer = _tracer.get()
    return {} if tracer is None else tracer.ids()
