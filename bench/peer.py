"""Orders for the bare start, taken from what Stackyard itself has planned and run, and the bare start as a process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.checkout import STACKYARD, Checkout
from stackyard.targets.native.program import Program, from_json
from stackyard.targets.native.supervisor import spawn

Orders = list[dict[str, Any]]


def programs(checkout: Checkout) -> list[Program]:
    """The programs of a system that is up, as its supervisor has them."""
    files = sorted((checkout.state / "run" / "programs").glob("[!.]*.json"))
    return [from_json(json.loads(file.read_text())["program"]) for file in files]


def orders(checkout: Checkout, known: list[Program], logs: Path) -> Orders:
    """The same argv, environment, user and gates as a system that is down would be started with."""
    told = subprocess.run(
        [STACKYARD, "plan", "--json"], cwd=checkout.folder, capture_output=True, text=True, check=True
    ).stdout
    steps = {step["element"]: step["after"] for step in json.loads(told)["steps"]}
    by_id = {program.id: program for program in known}
    made = [
        _order(by_id[name.removeprefix("process:")], _gates(name, steps), logs)
        for name in steps
        if name.startswith("process:")
    ]
    return sorted(made, key=lambda order: len(order["after"]))


def _gates(element: str, steps: dict[str, list[str]]) -> list[str]:
    """The processes that must be ready before this one; what only Stackyard does in between counts as nothing."""
    found: dict[str, None] = {}
    for before in steps[element]:
        own = [before.removeprefix("process:")] if before.startswith("process:") else _gates(before, steps)
        found.update(dict.fromkeys(own))
    return list(found)


def _order(program: Program, after: list[str], logs: Path) -> dict[str, Any]:
    variables = spawn.environment(program, "bench")
    log = logs / f"{program.id}.log"
    log.touch()
    # nginx opens its log by name, as the user it runs as.
    log.chmod(0o666)
    return {
        "id": program.id,
        "after": after,
        "argv": spawn.command_line(program, program.argv, variables),
        "env": variables,
        "cwd": program.cwd,
        "log": str(log),
        "probe": program.probe.kind,
        "address": program.probe.address,
        "path": program.probe.path,
        "stop_signal": program.stop_signal,
    }


@contextlib.contextmanager
def bare_start(orders: Orders) -> Iterator[None]:
    """The processes of the orders, ready when the body begins, stopped when it has ended."""
    script = Path(__file__).with_name("bare.py")
    process = subprocess.Popen(
        [sys.executable, "-S", "-s", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(orders) + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the bare start failed")
        yield
    finally:
        process.stdin.close()
        process.wait(60)
