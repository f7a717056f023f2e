"""DOC-01: the pages about checks are written from the checks, and are fresh."""

from __future__ import annotations

from stackyard.verify.areas import checks
from stackyard.verify.reference import reference
from tests.e2e.conftest import REPOSITORY
from tests.verify.matrix import matrix
from tests.verify.sabotages import SABOTAGES

_RENEW = "`make docs` writes it anew"


def test_the_page_of_checks_is_fresh() -> None:
    assert (REPOSITORY / "docs/reference/checks.md").read_text() == reference(checks()), _RENEW


def test_the_matrix_of_sabotages_is_fresh() -> None:
    assert (REPOSITORY / "docs/reference/sabotage.md").read_text() == matrix(checks(), SABOTAGES), _RENEW
