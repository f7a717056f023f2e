"""The Dockerfile of the edge: each front end built by its own script, and an nginx that holds what came out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from stackyard.targets.compose import images
from stackyard.targets.compose.dockerfiles.running import run
from stackyard.targets.compose.names import STATIC

USER = "101:101"
_HOME = "/site"
_CACHE = "/root/.npm"
_AUTHORITIES = ("NODE_EXTRA_CA_CERTS",)


@dataclass(frozen=True)
class Site:
    """A front end. `place` is its folder in what is built from, `output` where `script` writes, relative to it.

    pins:         the files that decide which packages are installed; package.json first
    needs_source: installing them needs the source, too
    beside:       places of the packages beside it that it depends on: folders
    archives:     the same, of archives
    """

    name: str
    place: str
    script: str = ""
    output: str = "dist"
    pins: tuple[str, ...] = ()
    needs_source: bool = False
    beside: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()


def dockerfile(sites: Sequence[Site]) -> str:
    """The text of the Dockerfile."""
    is_built = any(site.script for site in sites)
    head = "# The edge with its front ends, written by Stackyard from the stack file.\n"
    if is_built:
        head += (
            "# Optional build secrets: ca (certificates to trust), npm (an .npmrc: registries and their credentials).\n"
        )
        head += f"ARG NODE={images.NODE}\n"
    head += f"ARG NGINX={images.NGINX}"
    final = ["FROM ${NGINX}"]
    final += [f"COPY --from={_stage(site)} /out {STATIC}/{site.name}" for site in sites]
    parts = [
        head,
        *(_built(site) if site.script else _plain(site) for site in sites),
        "\n".join([*final, f"USER {USER}"]),
    ]
    return "\n\n".join(parts) + "\n"


def _stage(site: Site) -> str:
    return f"site-{site.name.lower()}"


def _built(site: Site) -> str:
    # Without a lock file npm would write one: in a build that is of no use.
    install = "npm ci" if "package-lock.json" in site.pins else "npm install --no-package-lock"
    everything = [*(_copy([place], f"{_HOME}/{place}/") for place in site.beside), _copy([site.place], "./")]
    # npm makes links to the packages beside it; what they need it reads in their package.json.
    pins = [_copy([_join(place, "package.json")], f"{_HOME}/{place}/") for place in site.beside]
    pins += [_copy([_join(site.place, pin) for pin in site.pins], "./")]
    archives = [_copy([archive], f"{_HOME}/{archive}") for archive in site.archives]
    first = [*archives, *(everything if site.needs_source else pins)]
    output = shlex.quote(site.output)
    missing = shlex.quote(f"npm run {site.script} wrote no {site.output}/index.html")
    return "\n".join(
        (
            f"FROM ${{NODE}} AS {_stage(site)}",
            "ENV CI=true",
            f"WORKDIR {_home(site)}",
            *first,
            run(
                (f"{install} --no-audit --no-fund --silent",),
                cache=_CACHE,
                secrets=("id=npm,target=/root/.npmrc",),
                authorities=_AUTHORITIES,
            ),
            *(() if site.needs_source else everything),
            f"RUN npm run --silent {shlex.quote(site.script)} \\\n"
            f"    && {{ [ -f {output}/index.html ] || {{ echo {missing} >&2; exit 1; }}; }} \\\n"
            f"    && cp -R {output} /out && chmod -R a+rX /out",
        )
    )


def _home(site: Site) -> str:
    """Where it is built. Packages beside it are found by their path, so both keep their places to one another."""
    return f"{_HOME}/{site.place}" if site.beside or site.archives else _HOME


def _plain(site: Site) -> str:
    """A folder that is served as it is: only what everybody may read can be served."""
    return "\n".join((f"FROM ${{NGINX}} AS {_stage(site)}", _copy([site.place], "/out/"), "RUN chmod -R a+rX /out"))


def _copy(sources: Sequence[str], target: str) -> str:
    paths = [*(path if path != "." else "." for path in sources), target]
    plain = all(" " not in path for path in paths)
    return f"COPY {' '.join(paths)}" if plain else f"COPY {json.dumps(paths)}"


def _join(place: str, name: str) -> str:
    return name if place == "." else f"{place}/{name}"
