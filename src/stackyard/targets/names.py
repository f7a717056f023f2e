"""The names of the targets, as the command line and the stack file spell them."""

from __future__ import annotations

NATIVE = "native"
COMPOSE = "compose"
