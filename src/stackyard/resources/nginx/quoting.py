"""How text gets into an nginx configuration without changing its meaning."""

from __future__ import annotations

import re

from stackyard.errors import PartError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_READ_BY_NGINX = re.compile(r"\\(?=[\\'\"trn]|$)")
"""A backslash that nginx takes for itself inside quotes. Any other, such as that of `\\.`, it leaves alone."""


def quoted(text: object) -> str:
    """`text` as one literal argument of a directive.

    Raises PartError for what nginx has no way to write literally: a dollar sign (it starts a variable) and control
    characters.
    """
    value = str(text)
    if "$" in value:
        raise PartError(
            "edge",
            f"nginx cannot take {value!r}: a dollar sign starts a variable there",
            hint="Use a path or value without a dollar sign.",
        )
    return pattern(value)


def pattern(text: object) -> str:
    """`text` as one argument in which a dollar sign keeps its meaning: the end of a regular expression, a variable.

    Raises PartError for control characters.
    """
    value = str(text)
    if _CONTROL.search(value):
        raise PartError(
            "edge",
            f"nginx cannot take {value!r}: it has control characters",
            hint="Write the value on one line.",
        )
    return '"' + _READ_BY_NGINX.sub(r"\\\g<0>", value).replace('"', '\\"') + '"'
