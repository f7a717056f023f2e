"""The page of promises and checks, made from the checks themselves."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.verify.areas import AREAS
from stackyard.verify.check import Check
from stackyard.verify.promises import PROMISES

_HEAD = """# Promises and checks

<!-- Written by `make docs` from the checks themselves; a test holds it fresh. -->

`stackyard verify` looks at the running system with these checks. How each looks: *outside*, as a client does;
*inside*, from within a part; *file*, at files and processes on the host; *log*, into logs. A check that is about
something that a system does not have says so.
[What breaks each of them](sabotage.md) is tried on living systems.
"""


def reference(checks: Sequence[Check]) -> str:
    """The whole page: the checks by area, then the promises with the checks that show them."""
    parts = [_HEAD]
    for area, title in AREAS.items():
        parts.append(f"\n## {title}\n\n| check | claim | promises | looks |\n|---|---|---|---|\n")
        parts += [
            f"| `{one.id}` | {_cell(one.claim)} | {' '.join(one.promises)} | {one.look.value} |\n"
            for one in checks
            if one.area == area
        ]
    parts.append("\n## The promises\n\n| promise | in short | shown by |\n|---|---|---|\n")
    for name, sentence in PROMISES.items():
        shown = ", ".join(f"`{one.id}`" for one in checks if name in one.promises)
        parts.append(f"| {name} | {_cell(sentence)} | {shown or 'no check yet'} |\n")
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
