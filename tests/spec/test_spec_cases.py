"""Every rule of the stack file as a case: the file above, what comes of it below.

A case begins with a line `=== title`, then the stack file (a first line `# environment: X` or `# profiles: a b` says
how it is loaded), then a line `---`. Below it stand either the findings, each as `line:column what` and, with
`   ` before it, its hint; or values of the system, each as `path = value`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import SpecError
from stackyard.model.system import System
from stackyard.spec.load import load

CASES = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Case:
    """A stack file and what must come of it."""

    name: str
    text: str
    expected: tuple[str, ...]

    def option(self, name: str, default: str) -> str:
        """What a comment in the first lines says."""
        found = re.search(rf"^# {name}: (.+)$", self.text, re.MULTILINE)
        return found[1] if found else default


def read_cases() -> list[Case]:
    """All cases of the folder, in order."""
    cases = []
    for path in sorted(CASES.glob("*.txt")):
        for block in re.split(r"^=== ", path.read_text(), flags=re.MULTILINE)[1:]:
            title, _, rest = block.partition("\n")
            text, _, expected = rest.partition("\n---\n")
            lines = tuple(line for line in expected.splitlines() if line.strip())
            cases.append(Case(f"{path.stem}: {title}", text + "\n", lines))
    return cases


def outcome(case: Case, path: Path) -> System | list[str]:
    """The system, or the findings as the cases write them."""
    path.write_text(case.text)
    try:
        return load(path, case.option("environment", "development"), case.option("profiles", "").split())
    except SpecError as error:
        lines = []
        for finding in error.findings:
            what = finding.what.replace(str(path.parent), "ROOT").replace(str(path.parent.parent), "ABOVE")
            lines.append(f"{finding.line}:{finding.column} {what}")
            lines += [f"   {line}" for line in finding.hint.splitlines()]
        return lines


def value_at(system: System, path: str) -> Any:
    """The value of a dotted path, where `services.api` and `resources.db` go by name."""
    here: Any = system
    steps = path.split(".")
    if steps[0] in ("services", "resources") and not steps[1].isdecimal():
        here = system.service(steps[1]) if steps[0] == "services" else system.resource(steps[1])
        steps = steps[2:]
    for step in steps:
        here = here[int(step)] if step.isdecimal() else getattr(here, step)
    return here


def shown(value: Any, root: Path) -> str:
    """A value as the cases write it."""
    if isinstance(value, frozenset):
        value = tuple(sorted(value))
    if isinstance(value, tuple):
        return ", ".join(shown(item, root) for item in value)
    return str(value).replace(str(root), "ROOT")


ALL = read_cases()


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_stack_file_becomes_what_its_case_says(case: Case, project: Path) -> None:
    """TOP-03, TOP-05, TOP-08, TOP-11, EDGE-03: see the cases that name them."""
    result = outcome(case, project / "stackyard.yaml")
    assert case.expected, "a case without an expectation shows nothing"
    if isinstance(result, System):
        paths = [line.partition(" =")[0] for line in case.expected]
        assert "\n".join(f"{path} = {shown(value_at(result, path), project)}".rstrip() for path in paths) == "\n".join(
            line.rstrip() for line in case.expected
        )
    else:
        assert "\n".join(result) == "\n".join(case.expected)
