"""Compose files as nobody would write them: never a traceback, and never a value that is dropped in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackyard.importing.compose import import_compose
from stackyard.importing.compose.folder import Folder
from stackyard.importing.compose.images import KNOWN
from stackyard.importing.compose.words import SERVICE
from stackyard.importing.result import Imported
from tests.importing.compose.test_import_cases import leaves, spots

WORDS = [*SERVICE, "x-own", "no_such_word", "container-name"]
NAMES = st.sampled_from(["web", "db", "cache", "api_v2", "Edge", "edge", "worker"])
TEXTS = st.one_of(
    st.sampled_from(
        [
            "8000:8000", "127.0.0.1:80:80/tcp", "db:5432", "redis://cache:6379/1", "postgres://a:b@db/c?x=y",
            "./web:/app",
            "${NAME:-x}", "${NAME", "$$", "always", "on-failure:3", "512m", "1m30s", "CMD",
            "curl -f http://localhost/x",
            "sh -c 'a && b'", "SECRET_KEY=abcdefghij", "PORT=", "NAME", "", "null", "0", "-1", "${db.url}", "~", "a: b",
        ]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12),
)  # fmt: skip
KEYS = st.one_of(NAMES, TEXTS.filter(bool))
SCALARS = st.one_of(TEXTS, st.integers(-9, 99999), st.booleans(), st.none(), st.floats(allow_nan=False, width=16))
VALUES: Any = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
IMAGES = st.sampled_from([known.names[0] + tag for known in KNOWN for tag in ("", ":1.2-alpine")])
SERVICES = st.dictionaries(
    NAMES,
    st.one_of(
        VALUES,
        st.builds(
            lambda image, words: {"image": image, **words},
            IMAGES,
            st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5),
        ),
        st.builds(
            lambda build, words: {"build": build, **words},
            VALUES,
            st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5),
        ),
    ),
    max_size=4,
)
FILES = st.builds(
    lambda services, top: {"services": services, **top},
    SERVICES,
    st.dictionaries(
        st.sampled_from(["volumes", "networks", "secrets", "configs", "name", "version", "x-a", "odd"]), VALUES
    ),
)


@given(FILES)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_every_value_of_any_file_is_carried_or_reported(tmp_path: Path, document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, allow_unicode=True)
    made = import_text(text)
    path = tmp_path / "compose.yaml"
    path.write_text(text)
    assert leaves(path) - spots(made, "compose.yaml") == set()
    assert yaml.safe_load(made.stack)["system"]


def import_text(text: str, **values: str) -> Imported:
    return import_compose(text, file="compose.yaml", folder=Folder(), project="any", values=values)
