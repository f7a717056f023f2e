"""Write the generated references from the one text that they share: `make docs`. A test holds them fresh."""

from __future__ import annotations

import json
from pathlib import Path

from stackyard.spec.explain import reference
from stackyard.spec.schema import json_schema

REPOSITORY = Path(__file__).parents[1]


def main() -> None:
    """Write the schema, for editors and for the loader, and the page."""
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    (REPOSITORY / "src/stackyard/spec/stackyard.schema.json").write_text(schema)
    (REPOSITORY / "docs/reference/stackyard.schema.json").write_text(schema)
    (REPOSITORY / "docs/reference/stack-file.md").write_text(reference())


if __name__ == "__main__":
    main()
