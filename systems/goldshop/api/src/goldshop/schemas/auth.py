"""Signing in."""

from __future__ import annotations

from typing import Literal

RoleName = Literal["clerk", "manager", "admin"]
