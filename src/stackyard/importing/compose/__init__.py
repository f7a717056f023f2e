"""Compose files: read with positions, interpolated, understood part by part, and written as a stack file."""

from stackyard.importing.compose.importer import import_compose

__all__ = ["import_compose"]
