"""Installed Python environments: a real uv, a local package, no network; a failed install changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stackyard.errors import PartError
from stackyard.runner import Processes
from stackyard.targets.local.python_project import dependencies_digest, python_project, source_digest
from stackyard.targets.native.environments import _installs, compile_source, install_environment

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
"""

# Every published backend would have to be downloaded; this one is the few lines of the standard that we need.
BACKEND = """
import zipfile

HOME = __file__.rpartition("/")[0]


def get_requires_for_build_editable(config_settings=None):
    return []


get_requires_for_build_wheel = get_requires_for_build_editable


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return build(wheel_directory, {"shop.pth": HOME})


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open(f"{HOME}/shop/__init__.py") as source:
        return build(wheel_directory, {"shop/__init__.py": source.read()})


def build(wheel_directory, content):
    name = "shop-1.0-py3-none-any.whl"
    files = {
        **content,
        "shop-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: shop\\nVersion: 1.0\\n",
        "shop-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{path},,\\n" for path in [*files, "shop-1.0.dist-info/RECORD"])
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        for path, text in {**files, "shop-1.0.dist-info/RECORD": record}.items():
            wheel.writestr(path, text)
    return name
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a folder of its own; uv is offline."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "shop"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "__init__.py").write_text("PRICE = 1\n")
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


def install(project: Path, name: str) -> Path:
    folder = project.parent / "envs" / name
    log = project.parent / "log" / "install-shop.txt"
    install_environment("shop", project, folder, Path(sys.executable), log, Processes())
    return folder


def price(environment: Path) -> str:
    """What a process in the environment imports, far from the source."""
    code = "import shop; print(shop.PRICE)"
    done = subprocess.run([environment / "bin/python", "-c", code], cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.real
def test_what_runs_is_the_source_that_is_edited(project: Path) -> None:
    environment = install(project, "one")
    assert price(environment) == "1"
    (project / "shop" / "__init__.py").write_text("PRICE = 20\n")
    assert price(environment) == "20"


@pytest.mark.real
def test_what_it_depends_on_by_path_is_the_source_that_is_edited_too(project: Path) -> None:
    """Also when its version and pyproject.toml stay as they are: uv would take it for what it built before."""
    api = project.parent / "api"
    api.mkdir()
    (api / "pyproject.toml").write_text(
        (project / "pyproject.toml").read_text().replace('"shop"', '"api"')
        + 'dependencies = ["shop"]\n[tool.uv.sources]\nshop = {path = "../shop"}\n'
    )
    (api / "backend.py").write_text(BACKEND.replace("shop", "api"))
    environment = install(api, "one")
    assert price(environment) == "1"
    (project / "shop" / "__init__.py").write_text("PRICE = 20\n")
    assert price(environment) == "20"
    assert price(install(api, "two")) == "20"


@pytest.mark.real
def test_a_failed_install_leaves_the_old_environment_and_nothing_of_the_new_one(project: Path) -> None:
    environment = install(project, "one")
    (project / "requirements.txt").write_text("./a-package-that-is-not-there\n")
    with pytest.raises(PartError, match="the Python environment of shop could not be installed") as caught:
        install(project, "two")
    assert any("a-package-that-is-not-there" in line for line in caught.value.details)
    assert str(project.parent / "log" / "install-shop.txt") in caught.value.hint
    assert [path.name for path in (project.parent / "envs").iterdir()] == ["one"]
    assert price(environment) == "1"


@pytest.mark.real
def test_an_interpreter_that_is_not_there_is_a_failed_install(project: Path) -> None:
    with pytest.raises(PartError, match="could not be installed"):
        install_environment(
            "shop",
            project,
            project.parent / "envs" / "one",
            Path("/nowhere/python"),
            project.parent / "log",
            Processes(),
        )
    assert not (project.parent / "envs" / "one").exists()


@pytest.mark.real
def test_the_environment_before_the_current_one_is_kept_and_older_ones_go(project: Path) -> None:
    for name in ("one", "two", "three"):
        install(project, name)
    assert {path.name for path in (project.parent / "envs").iterdir()} >= {"three"}
    assert len(list((project.parent / "envs").iterdir())) == 2


@pytest.mark.real
def test_byte_code_is_written_beside_the_source_and_not_into_other_peoples_folders(project: Path) -> None:
    (project / "node_modules" / "gyp").mkdir(parents=True)
    (project / "node_modules" / "gyp" / "gyp.py").write_text("x = 1\n")
    compile_source(project, Path(sys.executable), Processes())
    assert list((project / "shop" / "__pycache__").glob("__init__.*.pyc"))
    assert not (project / "node_modules" / "gyp" / "__pycache__").exists()


INSTALL = ("pip", "install", "--compile-bytecode", "--quiet")
OWN = (*INSTALL, "--editable", ".")


@pytest.mark.parametrize(
    ("files", "steps"),
    [
        ((), []),
        (("requirements.txt",), [(*INSTALL, "--requirement", "requirements.txt")]),
        (("pyproject.toml",), [OWN]),
        (("pyproject.toml", "requirements.txt"), [(*INSTALL, "--requirement", "requirements.txt"), OWN]),
        (("requirements.lock", "requirements.txt"), [(*INSTALL, "--requirement", "requirements.lock")]),
        (
            ("pyproject.toml", "requirements.lock", "requirements.txt"),
            [(*INSTALL, "--requirement", "requirements.lock"), (*OWN, "--constraint", "requirements.lock")],
        ),
        (
            ("pyproject.toml", "uv.lock"),
            [("sync", "--frozen", "--no-dev", "--active", "--compile-bytecode", "--quiet")],
        ),
    ],
)
def test_each_kind_of_project_is_installed_as_it_asks(
    tmp_path: Path, files: tuple[str, ...], steps: list[object]
) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert _installs(tmp_path) == steps


def test_a_project_says_which_python_and_which_local_packages_it_needs(tmp_path: Path) -> None:
    text = '[tool.uv.sources]\nkit = {path = "../kit", editable = true}\nother = {git = "https://example.org/x"}\n'
    (tmp_path / "pyproject.toml").write_text(PYPROJECT + text)
    assert python_project(tmp_path) == (">=3.11", ((tmp_path / "../kit").resolve(),))
    assert python_project(tmp_path / "nowhere") == ("", ())


@pytest.mark.parametrize("text", ["", "tool = 3", "project = []", "[tool]\nuv = 1", "[tool.uv]\nsources = []"])
def test_a_project_that_says_nothing_needs_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert python_project(tmp_path) == ("", ())


@pytest.mark.parametrize("content", [b"[project", b"name = '\xff'", b"a = 1\na = 2\n"])
def test_a_project_that_cannot_be_read_is_an_error_with_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(PartError, match=r"pyproject\.toml cannot be read"):
        python_project(tmp_path)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A project and the local package that it needs."""
    for name in ("shop", "kit"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.py").write_text("x = 1\n")
        (tmp_path / name / "pyproject.toml").write_text(f"[project]\nname = '{name}'\n")
    (tmp_path / "shop" / "requirements").mkdir()
    (tmp_path / "shop" / "requirements.txt").write_text("-r requirements/base.txt\nfastapi\n")
    (tmp_path / "shop" / "requirements" / "base.txt").write_text("-c limits.txt\n--requirement=base.txt\nhttpx\n")
    (tmp_path / "shop" / "requirements" / "limits.txt").write_text("httpx<1\n")
    more = '[tool.uv.sources]\nkit = {path = "../kit"}\n'
    (tmp_path / "shop" / "pyproject.toml").write_text("[project]\nname = 'shop'\n" + more)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "packages", "source"),
    [
        ("shop/code.py", False, True),
        ("kit/code.py", False, True),
        ("shop/requirements.txt", True, True),
        ("shop/requirements.lock", True, True),
        ("shop/uv.lock", True, True),
        ("kit/pyproject.toml", True, True),
        ("kit/setup.cfg", True, True),
        ("shop/requirements/base.txt", True, True),
        ("shop/requirements/limits.txt", True, True),
        ("shop/debug.log", False, False),
    ],
)
def test_packages_and_source_change_with_the_right_files(pair: Path, file: str, packages: bool, source: bool) -> None:
    before = (dependencies_digest(pair / "shop"), source_digest(pair / "shop"))
    with (pair / file).open("a") as out:
        out.write("# more\n")
    now = (dependencies_digest(pair / "shop"), source_digest(pair / "shop"))
    assert (now[0] != before[0], now[1] != before[1]) == (packages, source)
