"""Asking a judge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackyard.errors import MachineError
from stackyard.targets.native.toolchain.inquiry import ask
from stackyard.verify.check import CannotSeeError
from stackyard.verify.judges.installing import JUDGES, ensure, interpreter

_PROGRAMS = Path(__file__).parent / "programs"
_SUFFIX = {"python": ".py", "node": ".cjs"}


def consult(name: str, *arguments: str, timeout: float = 60.0) -> Mapping[str, Any]:
    """What the judge of that name says. Raises CannotSeeError when it is not there, or says nothing that can be read.

    `timeout` is in seconds.
    """
    judge = JUDGES[name]
    try:
        folder, runs = ensure(judge), interpreter(judge)
    except MachineError as error:
        raise CannotSeeError(" ".join((f"{error.what}.", *error.details[-1:], error.hint))) from None
    # -I: neither our packages nor the person's are meant for it.
    flags = ("-I",) if judge.kind == "python" else ()
    program = _PROGRAMS / f"{name}{_SUFFIX[judge.kind]}"
    answer = ask((runs, *flags, program, *arguments), env={"JUDGE": str(folder)}, timeout=timeout)
    try:
        said = json.loads(answer.output)
    except ValueError:
        said = None
    if not answer.is_good or not isinstance(said, dict):
        last = answer.evidence[-1:] or ("it said nothing",)
        raise CannotSeeError(f"{judge} came to no judgement: {last[0]}")
    return said
