"""The Dockerfile of a Python service: packages first, then the source; what is left has no tools to build with."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from stackyard.targets.compose.dockerfiles.running import installed, run
from stackyard.targets.compose.names import SERVICE_USER

UV = "0.13.8"
"""The installer, in the stage that builds only. It reads pyproject.toml, local dependencies and lock files."""

APP = "/app"
_PACKAGES = "/opt/packages"
_OWN = "/opt/own"
_BACKEND = "/opt/backend"
_CACHE = "/root/.cache/uv"
_PIP = "python -m pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action ignore"
_EDITABLE = {"hatchling": "editables"}
"""What a backend asks for besides, only when it is used."""

_SITE = "import site; print(site.getsitepackages()[0])"
_CONFIGURATION = "id=uv,target=/etc/uv/uv.toml"
_AUTHORITIES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class PythonProject:
    """What decides how a project is installed.

    base:         the image with its Python
    lock:         requirements.lock, uv.lock, requirements.txt, or "" when nothing pins its packages
    pins:         the files to read for that, relative to the project
    is_package:   it has a pyproject.toml, and so is installed itself
    needs_source: what pins its packages reads the source
    backend:      what builds it, as requirements
    folders:      of local dependencies, absolute
    place, places: where the project and these lie, relative to the folder that is built from
    debian:       Debian packages that it needs while it runs
    """

    name: str
    base: str
    lock: str = ""
    pins: tuple[str, ...] = ()
    is_package: bool = False
    needs_source: bool = False
    backend: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    place: str = "."
    places: tuple[str, ...] = field(default=())
    debian: tuple[str, ...] = ()

    def at(self, place: str, places: tuple[str, ...]) -> PythonProject:
        """The same, with its places in the folder that is built from."""
        return replace(self, place=place, places=places)


def dockerfile(project: PythonProject) -> str:
    """The text of the Dockerfile."""
    home = _home(project.place)
    parts = [
        f"# The Python service {project.name}, written by Stackyard from its project and the stack file.\n"
        "# PYTHON is the base of what runs, BUILDER of what builds: one with compilers, where a package has no wheel.\n"
        "# Optional build secrets: ca (certificates to trust), pip, uv (a pip.conf, a uv.toml: indexes, credentials).\n"
        f"ARG PYTHON={project.base}\n"
        "ARG BUILDER=${PYTHON}",
        _tools(),
        f"WORKDIR {home}",
        *_packages(project),
        *_source(project),
        _final(home, project.debian),
    ]
    return "\n\n".join(parts) + "\n"


def _tools() -> str:
    environment = {
        "UV_COMPILE_BYTECODE": "1",
        "UV_LINK_MODE": "copy",
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PROJECT_ENVIRONMENT": _PACKAGES,
        "VIRTUAL_ENV": _PACKAGES,
    }
    variables = " \\\n    ".join(f"{name}={value}" for name, value in environment.items())
    # The project itself lies in a folder of its own, so that a changed line does not change the layer of the packages.
    hook = f'import site; site.addsitedir("{_OWN}")'
    return "\n".join(
        (
            "FROM ${BUILDER} AS build",
            f"ARG UV={UV}",
            f"ENV {variables}",
            run(
                (
                    f'{_PIP} --target /opt/uv "uv==${{UV}}"',
                    f"python -m venv --without-pip {_PACKAGES}",
                    f"echo '{hook}' > \"$({_PACKAGES}/bin/python -c '{_SITE}')/own.pth\"",
                    f"mkdir {_OWN} {_BACKEND}",
                ),
                cache=_CACHE,
                secrets=("id=pip,target=/etc/pip.conf",),
                authorities=_AUTHORITIES,
            ),
            "ENV PATH=/opt/uv/bin:$PATH",
        )
    )


def _packages(project: PythonProject) -> list[str]:
    """The layers that change only when the packages do."""
    made: list[str] = []
    if project.needs_source:
        made.append(_copy([project.place], _home(project.place) + "/"))
    elif project.pins:
        made.append(_copy([_join(project.place, pin) for pin in project.pins], "./"))
    if project.lock == "uv.lock":
        made += [_copy([place], _home(place) + "/") for place in project.places]
        return [*made, _install("uv sync --frozen --no-dev --no-install-project --quiet", *_backend(project))]
    constraint: tuple[str, ...] = ()
    if project.lock:
        made.append(_install(f"uv pip install --quiet --requirement {project.lock}"))
        if project.lock == "requirements.lock":
            constraint = ("--constraint", project.lock)
    if project.is_package:
        made += [_copy([place], _home(place) + "/") for place in project.places]
        if not project.needs_source:
            made.append(_copy([_join(project.place, "pyproject.toml")], "./"))
        wanted = shlex.join(("uv", "pip", "install", "--quiet", "--requirement", "pyproject.toml", *constraint))
        # What a local dependency was checked out with is what a backend may install it with.
        opened = (f"chmod -R a+rX {_PACKAGES}",) if project.places else ()
        made.append(_install(wanted, *_backend(project), *opened))
    return made


def _backend(project: PythonProject) -> list[str]:
    """What builds the project, kept aside: a changed line then asks no index."""
    if not project.is_package:
        return []
    more = [name for backend, name in _EDITABLE.items() if any(each.startswith(backend) for each in project.backend)]
    return [shlex.join(("uv", "pip", "install", "--quiet", "--target", _BACKEND, *project.backend, *more))]


def _source(project: PythonProject) -> list[str]:
    made = [] if project.needs_source else [_copy([project.place], "./")]
    # What is no Python of this version (a template, say) is for the service to complain about, should it ever load it.
    after = ("{ python -m compileall -qq . || true; }", f"chmod -R a+rX . {_OWN}")
    if not project.is_package:
        return [*made, "RUN " + " \\\n    && ".join(after)]
    install = ("uv", "pip", "install", "--quiet", "--no-deps", "--target", _OWN, "--editable", ".")
    # What builds it is there already; a backend that then asks for more gets it the slow way.
    at_once = f"PYTHONPATH={_BACKEND} {shlex.join((*install, '--offline', '--no-build-isolation'))} 2>/tmp/at-once"
    return [*made, _install(f"{{ {at_once} || {shlex.join(install)}; }}", *after)]


def _install(*steps: str) -> str:
    return run(steps, cache=_CACHE, secrets=(_CONFIGURATION,), authorities=_AUTHORITIES)


def _final(home: str, debian: tuple[str, ...]) -> str:
    return "\n".join(
        (
            "FROM ${PYTHON}",
            *((installed(debian),) if debian else ()),
            f"ENV PATH={_OWN}/bin:{_PACKAGES}/bin:$PATH \\\n    PYTHONDONTWRITEBYTECODE=1 \\\n    PYTHONUNBUFFERED=1",
            f"COPY --from=build {_PACKAGES} {_PACKAGES}",
            f"COPY --from=build {_OWN} {_OWN}",
            f"COPY --from=build {home} {home}",
            f"WORKDIR {home}",
            f"USER {SERVICE_USER}",
        )
    )


def _copy(sources: Iterable[str], target: str) -> str:
    paths = [*sources, target]
    plain = all(" " not in path and '"' not in path for path in paths)
    words = " ".join(paths) if plain else "[" + ", ".join(f'"{path}"' for path in paths) + "]"
    return f"COPY {words}"


def _join(place: str, name: str) -> str:
    return name if place == "." else f"{place}/{name}"


def _home(place: str) -> str:
    return APP if place == "." else f"{APP}/{place}"
