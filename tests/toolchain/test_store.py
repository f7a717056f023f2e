from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.targets.native.toolchain.store import Store

MANIFEST = {
    "tools": {"redis": {"path": "usr/bin/redis-server", "version": [7, 0, 15]}},
    "libraries": ["usr/lib/x86_64-linux-gnu"],
    "source": "distribution",
    "why": "redis-server=7 from the machine's distribution",
}


def _silent(_: str) -> None:
    return None


def _unpack(folder: Path) -> Path:
    program = folder / "usr/bin/redis-server"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o4700)
    return program


def test_a_tool_that_was_admitted_is_there_with_its_libraries(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    place = store.entry("redis-server", (7, 0, 15), "distribution")
    with store.locked(_silent), store.partial() as folder:
        _unpack(folder)
        assert store.tools("redis") == []
        store.admit(folder, place, MANIFEST)
    (tool,) = store.tools("redis")
    assert tool.path == place / "usr/bin/redis-server"
    assert tool.version == (7, 0, 15)
    assert tool.environment == {"LD_LIBRARY_PATH": f"{place}/usr/lib/x86_64-linux-gnu"}
    assert store.tools("nginx") == []


def test_an_admitted_tool_is_open_to_readers_and_keeps_no_set_uid_bit(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with store.locked(_silent), store.partial() as folder:
        _unpack(folder)
        store.admit(folder, store.entry("redis-server", (7,), "distribution"), MANIFEST)
    (tool,) = store.tools("redis")
    assert stat.S_IMODE(tool.path.stat().st_mode) == 0o755
    assert stat.S_IMODE(tool.folder.stat().st_mode) == 0o755


def test_an_interrupted_unpacking_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")

    def unpack_and_interrupt() -> None:
        with store.locked(_silent), store.partial() as folder:
            _unpack(folder)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack_and_interrupt()
    assert [path.name for path in store.root.iterdir()] == [".lock"]


def test_what_a_killed_fetch_left_is_removed_by_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.prepare()
    _unpack(store.root / ".partial-dead")
    with store.locked(_silent):
        assert [path.name for path in store.root.iterdir()] == [".lock"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tools": 3}', json.dumps({"tools": {"redis": {"path": "x"}}})])
def test_a_broken_manifest_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "redis-server-7-distribution"
    folder.mkdir()
    (folder / "tool.json").write_text(text)
    assert Store(tmp_path).tools("redis") == []


def test_tools_of_a_shared_store_are_found_too(tmp_path: Path) -> None:
    shared = Store(tmp_path / "shared")
    with shared.locked(_silent), shared.partial() as folder:
        _unpack(folder)
        shared.admit(folder, shared.entry("redis-server", (7,), "distribution"), MANIFEST)
    assert [str(tool) for tool in Store(tmp_path / "mine", (shared.root,)).tools("redis")] == ["redis 7.0.15"]


def test_a_disk_without_room_is_an_error_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"no room for postgres 16.14: .* MB free, 1000000200 MB are needed"):
        Store(tmp_path).require_space(10**15, "postgres 16.14")


def test_a_store_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="tools cannot be kept in"):
        Store(tmp_path / "file" / "tools").prepare()
