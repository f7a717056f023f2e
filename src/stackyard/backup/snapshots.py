"""What restic says: of the snapshots that it holds, and of what it put into one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.backup.pipes import Flow


@dataclass(frozen=True)
class Snapshot:
    """One snapshot. `tags` holds "name=value" as a mapping, a bare tag with the value "". `time` is ISO 8601.

    `original` is the snapshot that this is a copy of, "" for none.
    """

    id: str
    time: str
    tags: Mapping[str, str]
    paths: tuple[str, ...]
    original: str = ""

    def has(self, tags: Mapping[str, str]) -> bool:
        return all(self.tags.get(name) == value for name, value in tags.items())


@dataclass(frozen=True)
class Kept:
    """What a backup put into the repository: bytes read, bytes it grew by (before compression, where
    restic is older than 0.17 and tells no better), the SHA-256 of a stream."""

    snapshot: str
    size: int
    added: int
    sha256: str = ""
    files: int = 0
    said: str = ""


def summary(output: str) -> dict[str, Any]:
    """The summary of a backup that names its snapshot, empty when there is none."""
    for line in reversed(output.splitlines()):
        told = _json(line)
        if told.get("message_type") == "summary" and told.get("snapshot_id"):
            return told
    return {}


def kept(summary: Mapping[str, Any], flow: Flow | None) -> Kept:
    """What a backup put in, by its summary; `flow` is what went through, where it was a stream."""
    snapshot, added = str(summary["snapshot_id"]), int(summary.get("data_added_packed", summary["data_added"]))
    if flow:
        return Kept(snapshot, flow.size, added, flow.sha256, said=flow.said)
    return Kept(snapshot, int(summary["total_bytes_processed"]), added, files=int(summary["total_files_processed"]))


def snapshot_of(told: Mapping[str, Any]) -> Snapshot:
    """A snapshot, from restic's list of them. Raises KeyError and TypeError when it is none."""
    tags = dict(tag.partition("=")[::2] for tag in told.get("tags") or ())
    return Snapshot(told["id"], told["time"], tags, tuple(told["paths"]), told.get("original", ""))


def unread(errors: str) -> list[str]:
    """The files that restic complains of."""
    lines = [_json(line) for line in errors.splitlines()]
    return [str(line.get("item", "")) for line in lines if line.get("message_type") == "error"]


def _json(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
