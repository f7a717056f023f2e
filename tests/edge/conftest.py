"""A real nginx on loopback with real upstreams, for the tests of the edge."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .yard import Echo, Yard, find_nginx, free_port


@pytest.fixture(scope="session")
def nginx() -> tuple[str, dict[str, str]]:
    """The nginx binary and the environment that it needs."""
    found = find_nginx()
    if found is None:
        pytest.skip("no nginx: put it on the PATH, name it in NGINX, or let `stackyard doctor` fetch one")
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that an unprivileged nginx can reach, whoever runs the tests; socket paths in it are short."""
    path = Path(tempfile.mkdtemp(prefix="edge-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def echo() -> Iterator[Callable[..., Echo]]:
    """Starts upstreams that answer with what they were asked."""
    started: list[Echo] = []

    def start(name: str = "api", **options: Any) -> Echo:
        started.append(Echo(name, **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def yard(nginx: tuple[str, dict[str, str]], folder: Path) -> Iterator[Callable[..., Yard]]:
    """Starts an edge."""
    started: list[Yard] = []

    def start(**options: Any) -> Yard:
        place = folder / str(len(started))
        place.mkdir()
        started.append(Yard(nginx, place, **options))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def front(folder: Path) -> Path:
    """A built front end: a page, a fingerprinted script, an icon, and things that nobody should see."""
    root = folder / "front"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>shop</title>" + "<p>shelf</p>" * 200)
    (root / "assets/index-4f3a2b1c.js").write_text("console.log('shop');" * 200)
    (root / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'>" + "<g/>" * 500 + "</svg>")
    (root / "data.json").write_text('{"shelves": [' + "1," * 1000 + "1]}")
    for name in (".env", ".git/config", "dump.sql", "index.html~", "page.bak", "x.swp", "metrics"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("SECRET")
    (root / ".well-known").mkdir()
    (root / ".well-known/security.txt").write_text("Contact: mailto:security@example.org\n")
    root.chmod(0o755)
    return root


@pytest.fixture
def free() -> Callable[[], int]:
    """Finds a free port."""
    return free_port
