"""DOC-01: the pages about checks are written from the checks, and are fresh."""

from __future__ import annotations

from stackyard.verify.areas import checks
from stackyard.verify.parity import page, read
from stackyard.verify.reference import reference
from tests.e2e.conftest import REPOSITORY
from tests.engine.sabotages import HARMS
from tests.verify.matrix import matrix
from tests.verify.sabotages import SABOTAGES

_RENEW = "`make docs` writes it anew"


def test_the_page_of_checks_is_fresh() -> None:
    assert (REPOSITORY / "docs/reference/checks.md").read_text() == reference(checks()), _RENEW


def test_the_matrix_of_sabotages_is_fresh() -> None:
    assert (REPOSITORY / "docs/reference/sabotage.md").read_text() == matrix(checks(), (*SABOTAGES, *HARMS)), _RENEW


def test_the_comparison_of_targets_knows_every_check() -> None:
    """What came of each check only an engine can say anew; which checks there are, and what they show, is said here."""
    text = (REPOSITORY / "docs/reference/parity.md").read_text()
    found = read(text)
    assert page(found, checks()) == text, "`scripts/parity` writes it anew"
    for sides in found.values():
        for one in sides:
            assert set(one.verdicts) == {check.id for check in checks()}, "`scripts/parity` writes it anew"
