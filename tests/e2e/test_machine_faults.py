"""What a machine can do to a system: a full disk, old data, a version that is not to be had, a build that fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Checkout, eventually

pytestmark = pytest.mark.real


def can_mount(place: Path, size: str = "12m") -> bool:
    if os.geteuid() != 0:
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)], check=False)
    return done.returncode == 0


@pytest.fixture
def small_disk(guestbook: Checkout) -> Iterator[Checkout]:
    """The guest book with 12 MB for everything that Stackyard writes."""
    place = guestbook.folder / ".stackyard"
    place.mkdir()
    if not can_mount(place):
        pytest.skip("a small disk needs root and the right to mount")
    yield guestbook
    guestbook.stackyard("down")
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_named_and_leaves_nothing_running(small_disk: Checkout) -> None:
    done = small_disk.stackyard("up", "--detach")
    assert done.code == 1
    assert "No space left on device" in done.error
    assert "Traceback" not in done.error
    assert "defect" not in done.error
    assert small_disk.is_gone()
    assert small_disk.stackyard("up", "--detach").code == 1
    subprocess.run(["mount", "-o", "remount,size=300m", str(small_disk.folder / ".stackyard")], check=True)
    small_disk.up()


def test_down_works_on_a_full_disk(guestbook: Checkout) -> None:
    place = guestbook.folder / ".stackyard"
    place.mkdir()
    if not can_mount(place, "300m"):
        pytest.skip("a small disk needs root and the right to mount")
    try:
        guestbook.up()
        filled = subprocess.run(
            ["dd", "if=/dev/zero", f"of={place / 'filler'}", "bs=1M"], capture_output=True, check=False
        )
        assert b"No space left" in filled.stderr
        assert guestbook.stackyard("down").code == 0
        assert guestbook.is_gone()
    finally:
        (place / "filler").unlink()
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_fills_up_while_it_runs_costs_no_acknowledged_write(guestbook: Checkout) -> None:
    """PostgreSQL gives up when it cannot write, again and again; it is there again by itself when there is room."""
    place = guestbook.folder / ".stackyard"
    place.mkdir()
    if not can_mount(place, "300m"):
        pytest.skip("a small disk needs root and the right to mount")
    try:
        guestbook.up()
        with guestbook.client("guestbook") as web:
            kept = write_until_refused(web, place / "filler")
            eventually(lambda: web.get("/entries").status_code == 200, 30)
            written = [entry["name"] for entry in web.get("/entries").json()]
        assert set(kept) <= set(written)
        assert len(written) == len(set(written))
        eventually(lambda: guestbook.status()["is_up"], 30)
        guestbook.up()
    finally:
        (place / "filler").unlink(missing_ok=True)
        guestbook.stackyard("down")
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def write_until_refused(web: httpx.Client, filler: Path) -> list[str]:
    """Fill the disk, write until nothing is taken any more, and make room again; the names that were acknowledged."""
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M"], capture_output=True, check=False)
    kept = []
    for number in range(2000):
        answer = web.post("/entries", json={"name": str(number), "message": "x" * 1000})
        if answer.status_code >= 500:
            assert "Traceback" not in answer.text
            break
        kept.append(str(number))
    else:
        pytest.fail("a full disk took two megabytes")
    filler.unlink()
    return kept


def test_a_version_that_cannot_be_had_is_an_error_with_its_line(guestbook: Checkout) -> None:
    """A version in the file is a promise, never a silent substitute."""
    guestbook.edit("stackyard.yaml", '">=15"', "12.1")
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "stackyard.yaml:9" in done.error
    assert "postgres 12.1 cannot be had" in done.error
    assert not (guestbook.folder / ".stackyard/development/data").exists()


def test_a_program_that_is_not_there_is_named_and_everything_else_stays(guestbook: Checkout) -> None:
    guestbook.up()
    before = guestbook.pids()
    guestbook.edit("stackyard.yaml", "uvicorn main:app", "no-such-server main:app")
    done = guestbook.up_in_turn()
    assert done.code == 1
    assert "there is no program no-such-server" in done.error
    assert "stackyard logs app" in done.error
    assert {name: guestbook.pids()[name] for name in ("db", "edge")} == {name: before[name] for name in ("db", "edge")}
    guestbook.edit("stackyard.yaml", "no-such-server main:app", "uvicorn main:app")
    assert guestbook.up_in_turn().code == 0
    assert guestbook.status()["is_up"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_data_that_belongs_to_somebody_else_is_left_alone_and_told_with_the_words_of_the_database(
    guestbook: Checkout,
) -> None:
    guestbook.up()
    with guestbook.client("guestbook") as web:
        assert web.post("/entries", json={"name": "Ada", "message": "hello"}).status_code == 201
    guestbook.stackyard("down")
    # The folder itself `up` would put right: it knows whose that must be. What lies in it is the database's own.
    data = guestbook.folder / ".stackyard/development/data/db/global/pg_control"
    owner = data.stat().st_uid
    os.chown(data, 0, -1)
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "db did not become ready" in done.error
    assert "pg_control" in done.error
    assert "Permission denied" in done.error
    assert "stackyard logs db" in done.error
    assert "database system is shut down" not in done.error, "last words are those of this start"
    assert guestbook.is_gone()
    os.chown(data, owner, -1)
    guestbook.up()
    with guestbook.client("guestbook") as web:
        assert [entry["name"] for entry in web.get("/entries").json()] == ["Ada"]


def test_data_of_another_version_is_refused_and_untouched(guestbook: Checkout) -> None:
    guestbook.up()
    guestbook.stackyard("down")
    mark = guestbook.folder / ".stackyard/development/data/db/PG_VERSION"
    mark.write_text("11\n")
    done = guestbook.stackyard("up", "--detach")
    assert done.code == 1
    assert "PostgreSQL 11" in done.error
    assert mark.read_text() == "11\n"
    assert guestbook.is_gone()


def test_a_state_file_that_is_broken_says_what_to_do(guestbook: Checkout) -> None:
    guestbook.up()
    (guestbook.folder / ".stackyard/development/state.json").write_text("{")
    done = guestbook.stackyard("plan")
    assert done.code == 1
    assert "delete it" in done.error
    (guestbook.folder / ".stackyard/development/state.json").unlink()
    guestbook.up()


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm on this machine")
def test_a_front_end_that_does_not_build_leaves_the_old_one_served(guestbook: Checkout) -> None:
    web = guestbook.folder / "web"
    web.mkdir()
    (web / "index.html").write_text("<p>first</p>")
    build = "mkdir -p dist && cp index.html dist/"
    (web / "package.json").write_text(f'{{"name": "web", "private": true, "scripts": {{"build": "{build}"}}}}')
    text = (guestbook.folder / "stackyard.yaml").read_text()
    text = text.replace("resources:", "  web: {static: ./web}\nresources:", 1)
    text = text.replace("edge: {host: guestbook.localhost}", "edge: {host: guestbook.localhost, routes: {/: web}}")
    (guestbook.folder / "stackyard.yaml").write_text(text)
    guestbook.up()
    current = guestbook.folder / ".stackyard/development/sites/web/current/index.html"
    assert current.read_text() == "<p>first</p>"
    (web / "index.html").write_text("<p>second</p>")
    (web / "package.json").write_text(
        '{"name": "web", "private": true, "scripts": {"build": "echo the glue is gone >&2; exit 3"}}'
    )
    done = guestbook.up_in_turn()
    assert done.code == 1
    assert "`npm run build` of web failed with code" in done.error
    assert "the glue is gone" in done.error
    assert current.read_text() == "<p>first</p>"
    assert guestbook.status()["is_up"]
