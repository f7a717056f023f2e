"""Names that all targets use: their own, as the command line and the stack file spell them, and of places."""

from __future__ import annotations

NATIVE = "native"
COMPOSE = "compose"

EDGE = "edge"
"""The part that no stack file names."""

LOOPBACK = "127.0.0.1"
