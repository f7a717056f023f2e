"""Which images of past releases are kept, and which make room."""

from __future__ import annotations

import json

from stackyard.targets.compose.releases import outdated, remember


def row(repository: str, tag: str, identity: str = "sha256:1") -> str:
    return json.dumps({"Repository": repository, "Tag": tag, "ID": identity})


def test_two_releases_before_the_one_that_runs_are_kept() -> None:
    kept: dict[str, str] = {}
    for tag in ("a", "b", "c", "d"):
        kept = remember(kept, {"api": f"shop-api:{tag}"})
    assert kept == {"api": "shop-api:d shop-api:c shop-api:b"}


def test_a_release_that_was_rolled_back_to_is_the_newest_again() -> None:
    before = {"api": "shop-api:d shop-api:c shop-api:b"}
    assert remember(before, {"api": "shop-api:b"}) == {"api": "shop-api:b shop-api:d shop-api:c"}


def test_the_same_release_again_changes_nothing_and_a_service_that_is_gone_is_remembered() -> None:
    before = {"api": "shop-api:b shop-api:a", "old": "shop-old:a"}
    assert remember(before, {"api": "shop-api:b"}) == before


def test_what_is_no_release_that_is_kept_makes_room_by_its_name_or_else_its_id() -> None:
    rows = [row("shop-api", "c"), row("shop-api", "b"), row("shop-api", "a"), row("<none>", "<none>", "sha256:9"), ""]
    assert outdated(rows, {"api": "shop-api:c shop-api:b"}) == ["shop-api:a", "sha256:9"]
