"""Write the generated references from the one text that they share: `make docs`. A test holds them fresh."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stackyard.spec.explain import reference
from stackyard.spec.schema import json_schema
from stackyard.verify.areas import checks
from stackyard.verify.reference import reference as checks_reference

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.verify.matrix import matrix  # noqa: E402 - the sabotages are tests
from tests.verify.sabotages import SABOTAGES  # noqa: E402 - the same


def main() -> None:
    """Write the schema, for editors and for the loader, and the pages."""
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    (REPOSITORY / "src/stackyard/spec/stackyard.schema.json").write_text(schema)
    (REPOSITORY / "docs/reference/stackyard.schema.json").write_text(schema)
    (REPOSITORY / "docs/reference/stack-file.md").write_text(reference())
    (REPOSITORY / "docs/reference/checks.md").write_text(checks_reference(checks()))
    (REPOSITORY / "docs/reference/sabotage.md").write_text(matrix(checks(), SABOTAGES))


if __name__ == "__main__":
    main()
