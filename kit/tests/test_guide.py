"""The guide is held true: its blocks become files, and the service that they are passes its own tests."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[1] / "GUIDE.md"


def files():
    """What the blocks are named after, and what is in them."""
    blocks = re.findall(r"```(?:python|yaml|toml)\n# (\S+)\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return dict(blocks)


@pytest.mark.real
def test_the_service_of_the_guide_passes_its_own_tests(tmp_path, postgres, redis):
    """DOC-01: the guide cannot go stale. (`postgres` and `redis` are asked for so that it is skipped without them.)"""
    written = files()
    assert {"stackyard.yaml", "shelf/app.py", "shelf/worker.py", "tests/test_shelf.py"} <= set(written)
    for name, text in written.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "1 passed" in done.stdout


def test_every_block_of_the_guide_is_a_file():
    assert len(files()) == GUIDE.read_text().count("```") / 2
