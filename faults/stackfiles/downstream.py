"""What an accepted file leads to: a blueprint, a plan and rendered files, for a machine that has everything.

The files of the edge go to the real `nginx -t`, a sample of them: it is the judge of what nginx can hold.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tests.edge.yard import find_nginx, version
from tests.native import literals

from stackyard.errors import StackyardError
from stackyard.model.system import System
from stackyard.plan.diff import diff
from stackyard.resources.certificates import ensure_authority, ensure_leaf
from stackyard.resources.nginx import EdgePlace, StaticRoot, command, render
from stackyard.targets.native.blueprint import draw

_HTTP, _HTTPS, _PROBE = 22_090, 22_091, 22_092
"""Where the tested nginx would listen, whatever the file says: somebody may use the ports of the file just now."""
_RENDERED_EACH, _TESTED_EACH = 4, 40


def fault(system: System, number: int, scratch: Path) -> str | None:
    """What is wrong with what follows from the system; an empty text when nothing is, None when it was left out.

    `number` counts the accepted files: of some many, one is planned and rendered, and of more one asked of nginx.
    """
    if number % _RENDERED_EACH:
        return None
    try:
        blueprint = draw(system, literals.machine(system))
        diff(system.name, system.environment, "native", blueprint.elements, {}).to_json()
        if system.edge is not None and number % _TESTED_EACH == 0:
            return _edge_fault(system, scratch)
    except StackyardError as error:
        return "" if error.what.strip() else "an error without a sentence"
    except Exception as error:  # noqa: BLE001 -- whatever escapes is what is looked for
        return f"escaped: {type(error).__name__}: {error}"
    return ""


def _edge_fault(system: System, scratch: Path) -> str:
    nginx = find_nginx()
    if nginx is None:
        return ""
    chain, key = _certificate(scratch)
    place = EdgePlace(
        work=str(scratch / "work"),
        nginx_version=version(nginx),
        http=_HTTP,
        https=_HTTPS,
        health=f"127.0.0.1:{_PROBE}",
        upstreams={one.name: ("127.0.0.1:22093",) * min(one.replicas, 3) for one in system.services if one.port},
        static={one.name: StaticRoot(str(scratch)) for one in system.services if one.is_static},
        certificate=str(chain),
        key=str(key),
        access_log="/dev/null",
    )
    for name in ("conf", "work"):
        (scratch / name).mkdir(exist_ok=True)
    for file in render(system, place):
        (scratch / "conf" / file.path).write_text(file.content)
    argv = [*command(nginx[0], str(scratch / "conf"), str(scratch / "work")), "-t"]
    done = subprocess.run(argv, env=nginx[1], capture_output=True, text=True, timeout=20, check=False)
    return "" if done.returncode == 0 else f"nginx refuses the edge: {done.stderr.strip().splitlines()[0]}"


@cache
def _certificate(scratch: Path) -> tuple[Path, Path]:
    now = datetime.now(UTC)
    authority = ensure_authority(scratch / "ca", now, ("localhost",))
    leaf, _ = ensure_leaf(scratch / "tls", authority, ("localhost",), now)
    return leaf.certificate, leaf.certificate.with_name("edge.key")
