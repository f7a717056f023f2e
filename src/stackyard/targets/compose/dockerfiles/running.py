"""One RUN of a Dockerfile, with what a company's network may ask for and no image may keep."""

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
