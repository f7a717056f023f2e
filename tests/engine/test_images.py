"""The images of inventr, built for real: small, without tools, for nobody special, and quick to build again."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.spec.load import load
from stackyard.targets.compose import images
from stackyard.targets.compose.dockerfiles import recipes
from stackyard.targets.compose.rendering import Recipe

from .docker import build, container, docker, wait
from .standins import provide

ROOT = Path(__file__).parents[2]
API, EDGE = (f"stackyard-test-inventr-{name}" for name in ("api", "edge"))

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Recipe]]:
    """A copy of inventr, and its recipes; the images are built."""
    provide([images.PYTHON.format(version="3.13"), images.NODE, images.NGINX])
    root = tmp_path_factory.mktemp("checkout")
    products = shutil.ignore_patterns("node_modules", "dist", ".stackyard", "__pycache__", ".*_cache", ".venv")
    for name in ("kit", "web-kit", "systems/inventr"):
        shutil.copytree(ROOT / name, root / name, ignore=products)
    out = root / "systems" / "inventr" / ".stackyard" / "development" / "compose"
    found = recipes(load(root / "systems" / "inventr" / "stackyard.yaml"), out)
    build(found["api"], out / "images" / "api", API)
    build(found["edge"], out / "images" / "edge", EDGE)
    yield found
    docker("image", "rm", "--force", API, EDGE, check=False)


def test_the_api_runs_as_nobody_special_on_a_read_only_disk(made: dict[str, Recipe]) -> None:
    """TOP-06, TOP-10: an unprivileged user with a number, and nothing that it would have to write."""
    assert docker("image", "inspect", "--format", "{{.Config.User}}", API) == "10001:10001"
    options = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges=true")
    with container(
        API, "python", "-c", "import inventr.app, stackyard_kit, uvicorn; print('loaded')", options=options
    ) as name:
        assert docker("wait", name) == "0", docker("logs", name)
        assert docker("logs", name) == "loaded"


def test_the_api_holds_nothing_to_build_with_and_nothing_left_over(made: dict[str, Recipe]) -> None:
    """TOP-10: no build tools in the last stage."""
    tools = docker(
        "run", "--rm", API, "sh", "-c", "for each in gcc cc make uv git node; do command -v $each; done; true"
    )
    assert tools == ""
    left = docker(
        "run", "--rm", "--user=0", API, "sh", "-c", "ls -d /root/.cache /opt/uv /opt/backend /app/kit 2>/dev/null; true"
    )
    assert left == ""
    assert (
        docker("run", "--rm", "--user=0", API, "find", "/app", "/opt", "-name", ".env*", "-o", "-name", "*.egg-info")
        == ""
    )


def test_the_api_was_compiled_so_that_no_start_has_to(made: dict[str, Recipe]) -> None:
    number = "sum(1 for _ in pathlib.Path('/opt/packages/lib').rglob('*.{}'))"
    counting = f"import pathlib; print({number.format('py')}, {number.format('pyc')})"
    sources, compiled = map(int, docker("run", "--rm", API, "python", "-c", counting).split())
    assert compiled >= 0.95 * sources
    assert "app.cpython" in docker("run", "--rm", API, "sh", "-c", "ls src/inventr/__pycache__")


def test_a_changed_line_changes_only_the_layers_of_the_project(made: dict[str, Recipe], tmp_path: Path) -> None:
    """TOP-10: dependencies come before the source."""
    recipe = made["api"]
    assert recipe.context is not None
    before = layers(API)
    app = recipe.context / "systems/inventr/api/src/inventr/app.py"
    app.write_text(app.read_text() + f"# one more line {uuid.uuid4()}\n")
    build(recipe, tmp_path / "api", API)
    after = layers(API)
    assert len(after) == len(before)
    # What names the project and its source, each a few kilobytes: the base and the packages stay, byte for byte.
    assert [one == other for one, other in zip(before, after, strict=True)][:-3] == [True] * (len(before) - 3)


def test_the_edge_holds_the_built_front_end_and_no_node(made: dict[str, Recipe]) -> None:
    """TOP-10: static front ends are built in a stage of their own."""
    assert docker("image", "inspect", "--format", "{{.Config.User}}", EDGE) == "101:101"
    assert (
        docker(
            "run",
            "--rm",
            EDGE,
            "sh",
            "-c",
            "for each in node npm; do command -v $each; done; ls /srv/www/web/index.html",
        )
        == "/srv/www/web/index.html"
    )
    assert docker("run", "--rm", EDGE, "find", "/srv/www", "-name", "node_modules", "-o", "-name", "*.tsx") == ""
    with container(EDGE, "cat", "/srv/www/web/index.html") as name:
        wait(lambda: "<script" in docker("logs", name), "the page is readable by the user of the edge", within=10)


def layers(image: str) -> list[str]:
    """The digests of its layers."""
    return docker("image", "inspect", "--format", "{{range .RootFS.Layers}}{{.}} {{end}}", image).split()
