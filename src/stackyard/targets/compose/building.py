"""What a build may read of this machine: whom to trust, and where packages come from. No image keeps any of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
"""The variables by which tools are told of another bundle of authorities; the first that names a file wins."""


def build_secrets(environment: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """The files of this user that the Dockerfiles know how to use, by the id of the build secret.

    A company that has its own authority or its own registry has told pip, uv and npm so on this machine already.
    """
    home = Path(environment.get("HOME") or Path.home())
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    wanted: dict[str, list[str | Path]] = {
        "ca": [environment.get(name, "") for name in _AUTHORITIES],
        "pip": [environment.get("PIP_CONFIG_FILE", ""), config / "pip" / "pip.conf", home / ".pip" / "pip.conf"],
        "uv": [environment.get("UV_CONFIG_FILE", ""), config / "uv" / "uv.toml"],
        "npm": [environment.get("NPM_CONFIG_USERCONFIG", ""), home / ".npmrc"],
    }
    found = {
        name: next((Path(one) for one in paths if one and Path(one).is_file()), None) for name, paths in wanted.items()
    }
    return {name: path for name, path in found.items() if path is not None}
