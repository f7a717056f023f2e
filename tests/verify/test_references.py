"""DOC-01: the pages about checks are written from the checks, and are fresh."""

from __future__ import annotations

from stackyard.targets.names import COMPOSE, NATIVE
from stackyard.verify.areas import checks
from stackyard.verify.check import Verdict
from stackyard.verify.parity import page, read
from stackyard.verify.promises import PROMISES
from stackyard.verify.reference import reference
from tests.e2e.conftest import REPOSITORY
from tests.verify.matrix import matrix
from tests.verify.parity import PAGE, SYSTEMS
from tests.verify.sabotages import SABOTAGES

_RENEW = "`make docs` writes it anew"
_COMPARE = "`scripts/parity` writes it anew"


def test_the_page_of_checks_is_fresh() -> None:
    assert (REPOSITORY / "docs/reference/checks.md").read_text() == reference(checks()), _RENEW


def test_the_matrix_of_sabotages_is_fresh() -> None:
    assert (REPOSITORY / "docs/reference/sabotage.md").read_text() == matrix(checks(), SABOTAGES), _RENEW


def test_the_comparison_shows_every_system_on_every_target_and_every_check() -> None:
    """What came of each check is said anew by tests that have just looked; this is what the page has to have."""
    found = read(PAGE.read_text())
    assert page(found, checks()) == PAGE.read_text(), _COMPARE
    assert list(found) == SYSTEMS, _COMPARE
    for sides in found.values():
        assert [one.target for one in sides] == [NATIVE, COMPOSE]
        for one in sides:
            assert list(one.verdicts) == [check.id for check in checks()], _COMPARE
            assert set(one.verdicts.values()) == {Verdict.KEPT, Verdict.NOT_APPLICABLE}, _COMPARE


def test_every_promise_that_a_check_can_show_has_its_row_in_the_comparison() -> None:
    text = PAGE.read_text()
    systems = len(read(text))
    for name in {promise for check in checks() for promise in check.promises}:
        assert text.count(f"\n| {name} | {PROMISES[name]} |") == systems, _COMPARE
