"""Documents as YAML: whatever stands in them, every reader finds it again."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackyard.targets.compose.writing import text

TEXTS = st.one_of(
    st.sampled_from(
        ["no", "On", "~", "null", "1e3", "0x1F", "10s", "5432:5432", "-c", "--", "---", "a: b", "a #b", "", " a", "a ",
         "$HOME", "$$", "postgres:16", "0o7", "1_000", "=", "<<", "-", "- a", "[a]", "{a}", "*a", "&a", "!a", "%a",
         "@a", "2024-01-01", ".inf", "12:30:45", "y", "'", '"', "\\", "é", "a\nb", "\t"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)  # fmt: skip
VALUES: Any = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_any_document_reads_back(document: dict[str, Any]) -> None:
    assert _single(yaml.safe_load(text(document, "A comment.\n\nOf lines.")) or {}) == document


def _single(node: Any) -> Any:
    """With the dollar signs of values as Compose reads them."""
    if isinstance(node, dict):
        return {key: _single(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_single(item) for item in node]
    return node.replace("$$", "$") if isinstance(node, str) else node


def test_a_document_is_written_for_people() -> None:
    document = {
        "name": "shop",
        "services": {
            "db": {"image": "postgres:16", "command": ["postgres", "-c", "a=b"], "ports": [{"target": 5432}], "x": 1},
            "api": {"environment": {"PRICE": "$5", "ON": "yes"}, "restart": "no", "a": [], "b": {}},
        },
    }
    assert text(document, "The shop.") == (
        "# The shop.\n\n"
        "name: shop\n\n"
        "services:\n"
        "  db:\n"
        "    image: postgres:16\n"
        '    command: [postgres, -c, "a=b"]\n'
        "    ports:\n"
        "      - {target: 5432}\n"
        "    x: 1\n\n"
        "  api:\n"
        "    environment:\n"
        '      PRICE: "$$5"\n'
        '      "ON": "yes"\n'
        '    restart: "no"\n'
        "    a: []\n"
        "    b: {}\n"
    )
