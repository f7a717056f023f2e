"""The keeper seen from outside: whether it is at work, and its figures over HTTP."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from stackyard.backup import alive, exporting, health
from stackyard.backup.health import Health


def state(folder: Path, seen: float) -> Path:
    file = folder / "state.json"
    file.write_text(json.dumps({"runs": {}, "health": health.to_data(Health(seen=seen))}))
    return file


def test_a_keeper_that_was_seen_just_now_is_at_work(tmp_path: Path) -> None:
    assert alive.complaint(state(tmp_path, 1000.0), 1030.0) == ""


@pytest.mark.parametrize("seen", [0.0, 900.0])
def test_one_that_is_silent_is_not(seen: float, tmp_path: Path) -> None:
    """MON-03: the container is unhealthy then, and `status` says why."""
    assert alive.complaint(state(tmp_path, seen), 1000.0) == (
        f"the keeper of backups was last seen {round(1000 - seen)} s ago"
    )


def test_nor_is_one_that_has_never_said_anything(tmp_path: Path) -> None:
    assert alive.complaint(tmp_path / "state.json", 1000.0) == "the keeper of backups has not begun its work"


def test_figures_are_given_out_as_they_are_at_that_moment(tmp_path: Path) -> None:
    """MON-01: nothing else is, and nothing at all is an error, so that a scrape fails."""
    figures = tmp_path / "metrics.prom"
    server = exporting.server(figures, 0, "127.0.0.1")
    address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for path, code in (("/metrics", 503), ("/repository", 404)):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{address}{path}", timeout=5)
            assert caught.value.code == code
            caught.value.close()
        for text in ("stackyard_backup_sets 1\n", "stackyard_backup_sets 2\n"):
            figures.write_text(text)
            with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
                assert answer.read().decode() == text
                assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
