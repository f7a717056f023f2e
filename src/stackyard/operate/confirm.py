"""The last look of `up`: all is ready, and the edge answers. A module of its own, for what it imports takes a while."""

from __future__ import annotations

from stackyard.operate.asking import ask_edge
from stackyard.plan.element import Kind
from stackyard.targets.native.layout import OURS
from stackyard.targets.native.processes import await_all
from stackyard.targets.native.target import NativeTarget


def confirm(target: NativeTarget) -> None:
    """See that everything is ready, whether this plan has started it or not, and that the edge answers.

    Raises PartError.
    """
    programs = target.blueprint.programs.values()
    if target.client is not None:
        await_all(target.client, (one for one in programs if one.part not in OURS), target.layout.log)
    if f"{Kind.PROCESS}:edge" in target.blueprint.programs:
        ask_edge(target.system, target.machine.ports)
    if target.client is not None:
        await_all(target.client, programs, target.layout.log)
