"""Projects and the Dockerfiles that they become: read from folders with what each kind of project has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.errors import MachineError, PartError
from stackyard.model.system import StaticSource
from stackyard.spec.load import load
from stackyard.targets.compose.dockerfiles import common, edge, python, recipes
from stackyard.targets.compose.dockerfiles.edge import Site
from stackyard.targets.compose.dockerfiles.ignoring import ignored
from stackyard.targets.compose.dockerfiles.python import PythonProject
from stackyard.targets.compose.dockerfiles.reading import read_python, read_site

CASES = Path(__file__).with_name("dockerfiles")
PROJECT = '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "shop"\nversion = "1"\n'


def folder(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_the_dockerfile_of_a_locked_project_with_a_local_dependency() -> None:
    """TOP-10: two stages, packages before the source, a user with a number."""
    project = PythonProject(
        "api",
        "python:3.13-slim",
        lock="requirements.lock",
        pins=("requirements.lock",),
        is_package=True,
        backend=("hatchling",),
        place="systems/shop/api",
        places=("kit",),
    )
    assert python.dockerfile(project) == (CASES / "locked.Dockerfile").read_text()


def test_the_dockerfile_of_a_folder_with_requirements() -> None:
    project = PythonProject("app", "python:3.12-slim", lock="requirements.txt", pins=("requirements.txt", "base.txt"))
    assert python.dockerfile(project) == (CASES / "requirements.Dockerfile").read_text()


def test_packages_of_debian_are_in_the_last_stage_below_everything_that_changes_more_often() -> None:
    """TOP-10: without build tools, and without lists or caches of apt."""
    plain = PythonProject("app", "python:3.12-slim", lock="requirements.txt", pins=("requirements.txt",))
    text = python.dockerfile(replace(plain, debian=("ffmpeg", "libmagic1")))
    build, final = text.split("\nFROM ${PYTHON}\n")
    assert (build, "apt-get" in build) == (python.dockerfile(plain).split("\nFROM ${PYTHON}\n")[0], False)
    assert final.startswith(
        "# hadolint ignore=DL3008\n"
        "RUN --mount=type=secret,id=ca \\\n"
        "    if [ -f /run/secrets/ca ]; then set -- -o Acquire::https::CAInfo=/run/secrets/ca; fi \\\n"
        '    && apt-get "$@" -qq update \\\n'
        '    && DEBIAN_FRONTEND=noninteractive apt-get "$@" -qq install --no-install-recommends --yes '
        "ffmpeg libmagic1 \\\n"
        "    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log\n"
        "ENV PATH="
    )


def test_the_dockerfile_of_the_edge_with_a_built_and_a_plain_front_end() -> None:
    """TOP-10: node only where it builds."""
    sites = (
        Site("web", "web", "build", "dist", pins=("package.json", "package-lock.json")),
        Site("docs", "docs/public"),
    )
    assert edge.dockerfile(sites) == (CASES / "edge.Dockerfile").read_text()


def test_the_dockerfile_of_a_front_end_with_a_package_beside_it(tmp_path: Path) -> None:
    """Both keep their places to one another, and a changed line of either installs nothing again."""
    folder(
        tmp_path,
        **{
            "systems/shop/web/package.json": '{"dependencies": {"@shop/kit": "file:../../../web kit"}}',
            "systems/shop/web/package-lock.json": "{}",
            "web kit/package.json": "{}",
        },
    )
    source = StaticSource(tmp_path / "systems/shop/web", packages=(tmp_path / "web kit", tmp_path / "old-1.0.0.tgz"))
    assert edge.dockerfile([read_site("web", source, tmp_path)]) == (CASES / "beside.Dockerfile").read_text()


def test_a_build_with_a_package_beside_a_front_end_starts_above_both_and_reads_nothing_else(tmp_path: Path) -> None:
    stack = "system: shop\nservices: {web: {static: ./web}}\nedge: {host: shop.localhost, routes: {/: web}}\n"
    files = {"shop/stackyard.yaml": stack, "kit/package.json": "{}", "notes.txt": "", "shop/api/a.py": ""}
    folder(tmp_path, **files, **{"shop/web/package.json": '{"dependencies": {"kit": "file:../../kit"}}'})
    (tmp_path / ".git").mkdir()
    recipe = recipes(load(tmp_path / "shop/stackyard.yaml"), tmp_path / "shop/.stackyard/testing/compose")["edge"]
    assert recipe.context == tmp_path
    assert recipe.files[1].content.splitlines()[1:4] == ["*", "!shop/web", "!kit"]
    assert {"kit/**/node_modules", "kit/**/.env"} <= set(recipe.files[1].content.splitlines())


def test_a_package_inside_a_front_end_comes_with_its_source(tmp_path: Path) -> None:
    folder(tmp_path, **{"package.json": "{}", "inner/package.json": "{}"})
    found = read_site("web", StaticSource(tmp_path, packages=(tmp_path / "inner",)), tmp_path)
    assert (found.beside, found.needs_source) == ((), True)


def test_a_package_beside_a_front_end_that_prepares_itself_has_its_source_when_it_is_installed(tmp_path: Path) -> None:
    folder(tmp_path, **{"web/package.json": "{}", "kit/package.json": '{"scripts": {"prepare": "node make.js"}}'})
    source = StaticSource(tmp_path / "web", packages=(tmp_path / "kit", tmp_path / "old.tgz"))
    text = edge.dockerfile([read_site("web", source, tmp_path)])
    for copied in ("COPY kit /site/kit/", "COPY old.tgz /site/old.tgz"):
        assert text.index(copied) < text.index("npm install --no-package-lock")


def test_an_edge_without_front_ends_is_nginx_for_nobody_special() -> None:
    assert edge.dockerfile(()).endswith("FROM ${NGINX}\nUSER 101:101\n")


def test_a_lock_file_goes_before_requirements(tmp_path: Path) -> None:
    files = {"requirements.lock": "a==1\n", "requirements.txt": "a\n", "pyproject.toml": PROJECT}
    found = read_python("api", folder(tmp_path, **files))
    assert (found.lock, found.pins, found.backend) == ("requirements.lock", ("requirements.lock",), ("hatchling",))
    assert found.base == "python:3.13-slim"


def test_requirements_bring_along_what_they_take_in(tmp_path: Path) -> None:
    found = read_python("api", folder(tmp_path, **{"requirements.txt": "-r base.txt\nb\n", "base.txt": "a\n"}))
    assert (found.pins, found.needs_source) == (("requirements.txt", "base.txt"), False)


@pytest.mark.parametrize("line", ["-e .\n", "./wheels/a.whl\n", "-r requirements/base.txt\n"])
def test_requirements_that_reach_into_the_source_come_after_it(line: str, tmp_path: Path) -> None:
    found = read_python("api", folder(tmp_path, **{"requirements.txt": line, "requirements/base.txt": "a\n"}))
    assert found.needs_source
    text = python.dockerfile(found)
    assert text.index("COPY . /app/") < text.index("--requirement requirements.txt")


def test_a_project_of_uv_is_installed_as_its_lock_says(tmp_path: Path) -> None:
    found = read_python("api", folder(tmp_path, **{"uv.lock": "version = 1\n", "pyproject.toml": PROJECT}))
    assert found.pins == ("pyproject.toml", "uv.lock")
    assert "uv sync --frozen --no-dev --no-install-project" in python.dockerfile(found)


@pytest.mark.parametrize(
    ("requires", "image"),
    [(">=3.11", "3.13"), ("==3.12.*", "3.12"), ("<3.12", "3.11"), (">=3.14", "3.14"), (">=3.11.4,<3.12", "3.11")],
)
def test_the_image_has_a_python_that_the_project_accepts(requires: str, image: str, tmp_path: Path) -> None:
    path = folder(tmp_path, **{"pyproject.toml": f'{PROJECT}requires-python = "{requires}"\n'})
    assert read_python("api", path).base == f"python:{image}-slim"


def test_a_project_that_no_python_fits_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, **{"pyproject.toml": f'{PROJECT}requires-python = "<3.8"\n'})
    with pytest.raises(MachineError, match=r"no Python image satisfies `<3\.8` of api"):
        read_python("api", path)


def test_npm_scripts_that_run_at_installation_get_the_source_first(tmp_path: Path) -> None:
    path = folder(tmp_path, **{"package.json": '{"scripts": {"postinstall": "node patch.js", "build": "vite build"}}'})
    text = edge.dockerfile([read_site("web", StaticSource(path), path)])
    assert text.index("COPY . ./") < text.index("npm install --no-package-lock")


def test_a_front_end_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PartError, match=r"package\.json cannot be read"):
        read_site("web", StaticSource(tmp_path), tmp_path)


def test_only_sources_get_into_a_build(tmp_path: Path) -> None:
    """TOP-10: an ignore file that lets in what is needed, and no secrets that lie about."""
    folder(tmp_path, **{"api/.dockerignore": "# ours\n/notes\n!notes/kept\n", "kit/a.py": ""})
    lines = ignored(tmp_path, [tmp_path / "api", tmp_path / "kit"], tmp_path / "api" / "deploy").splitlines()
    assert lines[1:4] == ["*", "!api", "!kit"]
    assert {"api/**/.env", "api/**/.git", "kit/**/__pycache__", "api/notes", "!api/notes/kept", "api/deploy"} <= set(
        lines
    )


def test_the_key_of_the_edge_and_an_ejected_folder_get_into_no_image(tmp_path: Path) -> None:
    """SEC-01: also when they lie in the folder that is built, as in a project of one service."""
    folder(tmp_path, **{"main.py": "", "tls/site.key": "", "deploy/.stackyard-render.json": "{}"})
    private = {tmp_path / "tls/site.key", Path("/etc/ssl/site.pem")}
    lines = ignored(tmp_path, [tmp_path], tmp_path / ".stackyard/production/compose", private=private).splitlines()
    assert {"tls/site.key", "deploy"} <= set(lines)
    assert lines.index("tls/site.key") > lines.index("**/.env")
    assert not any("/etc/ssl" in line for line in lines)


def test_a_folder_that_is_served_as_it_is_keeps_its_folders(tmp_path: Path) -> None:
    lines = ignored(tmp_path, [tmp_path], tmp_path / "out", plain={tmp_path}).splitlines()
    assert "**/dist" not in lines
    assert {"**/.env", "**/.git", "**/.stackyard", "out"} <= set(lines)


def test_a_build_starts_from_the_deepest_common_folder() -> None:
    assert common([Path("/w/a/api"), Path("/w/kit")]) == Path("/w")
    assert common([Path("/w/a")]) == Path("/w/a")


def test_the_installer_in_the_images_is_the_one_that_is_locked_here() -> None:
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text()
    assert f"\nuv=={python.UV} " in lock
