"""What Lighthouse says of goldshop as the edge serves it. `npm ci` in tests/e2e/lighthouse installs the judge."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Checkout
from tests.e2e.windows import CHROMIUM, NEEDS_A_BROWSER

LIGHTHOUSE = Path(__file__).parent / "lighthouse/node_modules/.bin/lighthouse"
CHROME_FLAGS = "--headless=new --disable-gpu --disable-dev-shm-usage --ignore-certificate-errors"

LARGEST_PAINT_MS = 2000
SCORE = 0.9
TRIES = 2
"""Scores contain how long the processor was busy; on a loaded machine one run may be slow by no fault of the page."""

pytestmark = [
    *NEEDS_A_BROWSER,
    pytest.mark.skipif(not LIGHTHOUSE.exists(), reason="Lighthouse is not installed: npm ci in tests/e2e/lighthouse"),
]


@dataclass(frozen=True)
class Verdict:
    """Scores from 0 to 1, and when the largest part of the page was painted, in milliseconds."""

    performance: float
    accessibility: float
    largest_paint: float


def judged(url: str, report: Path) -> Verdict:
    """Lighthouse's verdict on a page, loaded as a desktop does by a visitor who has never been there."""
    flags = CHROME_FLAGS + (" --no-sandbox" if os.geteuid() == 0 else "")
    words = ["--quiet", "--preset", "desktop", "--only-categories", "performance,accessibility", "--output", "json"]
    command = [str(LIGHTHOUSE), url, *words, "--output-path", str(report), f"--chrome-flags={flags}"]
    done = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": CHROMIUM}, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(report.read_text())
    # Lighthouse ends well, too, when it could not load the page.
    assert "runtimeError" not in said, said["runtimeError"]
    scores = {name: float(category["score"]) for name, category in said["categories"].items()}
    return Verdict(
        scores["performance"],
        scores["accessibility"],
        float(said["audits"]["largest-contentful-paint"]["numericValue"]),
    )


def test_the_first_load_takes_less_than_two_seconds(goldshop: Checkout, tmp_path: Path) -> None:
    """WEB-01: a code-split app with a first load below two seconds."""
    url = f"https://goldshop.localhost:{goldshop.ports()['edge.https']}/"
    for attempt in range(TRIES):
        verdict = judged(url, tmp_path / f"{attempt}.json")
        print(verdict)  # noqa: T201
        if verdict.performance >= SCORE:
            break
    assert verdict.largest_paint < LARGEST_PAINT_MS
    assert verdict.performance >= SCORE
    assert verdict.accessibility >= SCORE
