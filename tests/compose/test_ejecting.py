"""`render compose`: a folder of its own, written whole, the same every time, and nothing of people's is touched."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stackyard.errors import MachineError, UsageError
from stackyard.operate.compose.ejecting import Ejected, eject
from stackyard.targets.compose.ejected import NOTE, all_secrets_in_place

FILE = """\
system: shop
services:
  api: {build: ./api, command: serve, port: 8000, needs: [db]}
resources: {db: {postgres: 16}}
edge: {host: shop.localhost, tls: off}
environments:
  testing: {services: {api: {replicas: 2}}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop" / "api").mkdir(parents=True)
    (tmp_path / "shop" / "api" / "requirements.txt").touch()
    (tmp_path / "shop" / "stackyard.yaml").write_text(FILE)
    return tmp_path / "shop"


def render(shop: Path, *, force: bool = False, with_secrets: bool = True) -> Ejected:
    return eject(shop, "testing", shop / "out", force=force, with_secrets=with_secrets)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_render_differs_in_nothing(shop: Path) -> None:
    first = render(shop)
    before = content(shop / "out")
    second = render(shop)
    assert content(shop / "out") == before
    assert (second.written, second.removed, second.unchanged) == ((), (), len(first.written))
    assert first.order == ("compose.yaml", "compose.testing.yaml")
    assert {"compose.yaml", "compose.development.yaml", "compose.production.yaml", "README.md"} <= before.keys()


def test_secrets_lie_behind_a_closed_door_and_nothing_else_tells_them(shop: Path) -> None:
    """SEC-01: no secret in a file that is committed, and none that others on the machine can open."""
    render(shop)
    secrets = {name: text for name, text in content(shop / "out").items() if name.startswith("secrets/")}
    assert "secrets/testing/api.env" in secrets
    assert stat.S_IMODE((shop / "out/secrets").stat().st_mode) == 0o700
    store = shop / ".stackyard/testing/secrets"
    values = [path.read_bytes().strip() for path in store.iterdir()]
    told = [name for name, text in content(shop / "out").items() if any(value in text for value in values)]
    assert told
    assert set(told) <= secrets.keys()
    assert "/secrets/" in (shop / "out/.gitignore").read_text()


def test_secrets_in_their_place_are_known_and_copies_of_them_are_not(shop: Path) -> None:
    """SEC-01: what `verify` searches the project for is found wherever else it stands, or where others can reach it."""
    render(shop)
    out = shop / "out"
    files = [path for path in out.rglob("*") if path.is_file()]
    assert all_secrets_in_place(files) == {path for path in files if (out / "secrets") in path.parents}
    copy = out / "secrets/testing/copy.env"
    copy.write_text((out / "secrets/testing/api.env").read_text())
    assert copy not in all_secrets_in_place(files)
    (out / "secrets").chmod(0o755)
    assert all_secrets_in_place(files) == frozenset()
    (out / "secrets").chmod(0o700)
    (out / ".gitignore").write_text("# everything is committed\n")
    assert all_secrets_in_place(files) == frozenset()


def test_without_secrets_nothing_is_made_on_this_machine(shop: Path) -> None:
    render(shop, with_secrets=False)
    assert not (shop / "out/secrets").exists()
    assert not (shop / ".stackyard").exists()


def test_a_folder_that_holds_something_else_is_refused(shop: Path) -> None:
    (shop / "out").mkdir()
    (shop / "out/notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty") as caught:
        render(shop)
    assert "--force" in caught.value.hint
    assert content(shop / "out") == {"notes.txt": b"mine"}
    render(shop, force=True)
    assert (shop / "out/notes.txt").read_text() == "mine"
    assert (shop / "out/compose.yaml").exists()


def test_a_file_that_somebody_changed_is_named_and_not_written_over(shop: Path) -> None:
    render(shop)
    with (shop / "out/compose.yaml").open("a") as file:
        file.write("# by hand\n")
    before = content(shop / "out")
    with pytest.raises(UsageError, match="changed 1 rendered file") as caught:
        render(shop)
    assert caught.value.details == ("compose.yaml",)
    assert content(shop / "out") == before
    assert render(shop, force=True).written == ("compose.yaml",)


def test_what_the_stack_file_no_longer_has_goes_with_the_next_render_and_what_people_made_stays(shop: Path) -> None:
    render(shop)
    (shop / "out/mine.yaml").write_text("services: {}\n")
    text = (shop / "stackyard.yaml").read_text()
    (shop / "stackyard.yaml").write_text(text.replace("edge: {host: shop.localhost, tls: off}\n", ""))
    gone = render(shop).removed
    assert "images/edge/Dockerfile" in gone
    assert not (shop / "out/images/edge/Dockerfile").exists()
    assert (shop / "out/mine.yaml").exists()


def test_an_environment_with_something_wrong_is_left_out_with_a_word(shop: Path) -> None:
    with (shop / "stackyard.yaml").open("a") as file:
        file.write("  production: {edge: {tls: {certificate: ./no.pem, key: ./no.key}}}\n")
    ejected = render(shop)
    assert [sentence.split(":")[0] for sentence in ejected.left_out] == ["production is not rendered"]
    assert not (shop / "out/compose.production.yaml").exists()


def test_what_compose_does_not_keep_is_refused_and_another_environment_that_asks_for_it_is_left_out(shop: Path) -> None:
    """TGT-01: what a target cannot keep is an error with its line."""
    text = (shop / "stackyard.yaml").read_text()
    (shop / "stackyard.yaml").write_text(f"{text}  production: {{monitoring: {{alerts: ops@example.org}}}}\n")
    (sentence,) = render(shop).left_out
    assert sentence.startswith("production is not rendered: ")
    assert "`monitoring.alerts` is not kept" in sentence
    with pytest.raises(MachineError, match=r"stackyard.yaml:8: `monitoring.alerts` is not kept"):
        eject(shop, "production", shop / "another")
    assert not (shop / "another").exists()


def test_a_note_that_cannot_be_read_makes_every_other_file_somebody_elses(shop: Path) -> None:
    render(shop)
    (shop / "out" / NOTE).write_text("{")
    (shop / "out/compose.yaml").write_text("by hand")
    with pytest.raises(UsageError, match="changed 1 rendered file"):
        render(shop)
