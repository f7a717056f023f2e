"""The RUNs of a Dockerfile, with what a company's network may ask for and no image may keep."""

from __future__ import annotations

from collections.abc import Iterable

CA = "/run/secrets/ca"


def run(steps: Iterable[str], *, cache: str, secrets: Iterable[str] = (), authorities: Iterable[str]) -> str:
    """A RUN instruction of shell `steps`, of which each must succeed.

    `cache` is a folder that is kept between builds. The optional build secret `ca` holds certificates to trust, which
    the variables `authorities` then name; `secrets` are further ones, as `id=...,target=...`.
    """
    mounts = [f"--mount=type=cache,target={cache},sharing=locked", "--mount=type=secret,id=ca"]
    mounts += [f"--mount=type=secret,{secret}" for secret in secrets]
    exports = " ".join(f"{name}={CA}" for name in authorities)
    trust = f"if [ -f {CA} ]; then export {exports}; fi"
    return "RUN " + " \\\n    ".join([*mounts, " \\\n    && ".join([trust, *steps])])


def installed(packages: Iterable[str]) -> str:
    """A RUN instruction that installs Debian packages, with what they depend on and nothing else."""
    steps = (
        f"if [ -f {CA} ]; then set -- -o Acquire::https::CAInfo={CA}; fi",
        'apt-get "$@" -qq update',
        f'DEBIAN_FRONTEND=noninteractive apt-get "$@" -qq install --no-install-recommends --yes {" ".join(packages)}',
        "rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log",
    )
    # The versions are those of the suite that the base image is of.
    return "# hadolint ignore=DL3008\nRUN --mount=type=secret,id=ca \\\n    " + " \\\n    && ".join(steps)
