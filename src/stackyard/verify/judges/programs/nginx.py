"""Judge a configuration of nginx: FILE, and the names of the rules to leave out, separated by commas."""

import json
import sys

from gixy.core.config import Config  # type: ignore[import-not-found]
from gixy.core.manager import Manager  # type: ignore[import-not-found]


def main() -> None:
    """Look, and print what was found."""
    """Judge, and print what was found."""
    path, skipped = sys.argv[1:]
    judge = Manager(Config(skips=skipped.split(","), load_default_vars=True))
    with open(path, "rb") as file:  # noqa: PTH123 - as its own command line does
        judge.audit(path, file)
    issues = [
        {
            "rule": plugin.name,
            "severity": str(issue.severity or plugin.severity),
            "summary": str(issue.summary or plugin.summary),
            "reason": str(issue.reason or ""),
            "at": [f"{one.file}:{one.line}" for one in issue.directives if getattr(one, "line", None)][:1],
        }
        for plugin in judge.results
        for issue in plugin.issues
    ]
    said = {"directives": _count(judge.root), "rules": len(judge.auditor.plugins), "issues": issues}
    print(json.dumps(said))  # noqa: T201 - the answer


def _count(directive: object) -> int:
    return sum(1 + _count(child) for child in getattr(directive, "children", None) or ())


if __name__ == "__main__":
    main()
