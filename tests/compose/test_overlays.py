"""What environments have in common, and how it comes together again: for any documents at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.targets.compose.overlays import factor, merge

from .test_compose_cases import ALL
from .yard import ENVIRONMENTS, case, ejected, rendered

KEYS = st.sampled_from(["services", "db", "labels", "ports", "image"])
VALUES: Any = st.recursive(
    st.sampled_from([1, 2, "a", "b", True, ["x"], ["x", "y"], []]),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(ENVIRONMENTS), st.dictionaries(KEYS, VALUES, max_size=4), min_size=1)


def test_what_is_equal_goes_below_and_what_differs_above() -> None:
    base, rest = factor(
        {
            "development": {"name": "a", "db": {"image": "postgres:16", "ports": ["5432"], "user": "postgres"}},
            "production": {"name": "b", "db": {"image": "postgres:16", "ports": [], "user": "postgres"}, "x": {"y": 1}},
        }
    )
    assert base == {"db": {"image": "postgres:16", "user": "postgres"}}
    assert rest == {
        "development": {"name": "a", "db": {"ports": ["5432"]}},
        "production": {"name": "b", "db": {"ports": []}, "x": {"y": 1}},
    }


@given(DOCUMENTS)
def test_base_and_overlay_are_the_document_again(documents: dict[str, dict[str, Any]]) -> None:
    base, rest = factor(documents)
    assert {name: merge(base, rest[name]) for name in documents} == documents


@given(DOCUMENTS)
def test_no_list_stands_in_both_for_compose_would_join_them(documents: dict[str, dict[str, Any]]) -> None:
    base, rest = factor(documents)
    for over in rest.values():
        assert not _lists(base) & _lists(over)


def _lists(node: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(node, list):
        return {path}
    return (
        {one for key, value in node.items() for one in _lists(value, (*path, key))} if isinstance(node, dict) else set()
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", ALL)
def test_base_and_overlay_of_a_system_are_its_environment(name: str, environment: str, tmp_path: Path) -> None:
    """TGT-01: as it is rendered by itself, but for the folder that its files are in."""
    shared = ejected(tmp_path, case(name), environment).document
    alone = rendered(tmp_path, case(name), environment, ejected=True).document
    placed = {"configs", "secrets"}
    assert {key: value for key, value in shared.items() if key not in placed} == {
        key: value for key, value in alone.items() if key not in placed
    }
    assert {section: set(shared.get(section, ())) for section in placed} == {
        section: set(alone.get(section, ())) for section in placed
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_files_that_differ_between_environments_stand_apart(environment: str, tmp_path: Path) -> None:
    """TOP-03: each environment has its own edge; the database is the same in all of them, and stands there once."""
    shared = ejected(tmp_path, case("shop"), environment)
    own = {file["file"] for file in shared.document["configs"].values()}
    assert {f"./config/{environment}/edge/nginx.conf", "./config/db/pg_hba.conf"} <= own
    written = {str(file.path): file.content for file in shared.files}
    alone = {str(file.path): file.content for file in rendered(tmp_path, case("shop"), environment).files}
    assert written[f"config/{environment}/edge/nginx.conf"] == alone["config/edge/nginx.conf"]
    assert written["config/db/pg_hba.conf"] == alone["config/db/pg_hba.conf"]


def test_every_environment_has_its_own_secrets(tmp_path: Path) -> None:
    """SEC-01: generated per environment."""
    files = ejected(tmp_path, case("shop")).secret_files
    assert {(one.path.parts[1], one.environment) for one in files} == {(name, name) for name in ENVIRONMENTS}
