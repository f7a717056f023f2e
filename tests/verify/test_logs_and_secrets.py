"""What makes a line a record of a log, and what gives a secret away."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from stackyard.verify import traces
from stackyard.verify.logs.files import record_fault
from stackyard.verify.secrets.elsewhere import too_many

_NOW = datetime(2026, 11, 21, 5, 0, 0, tzinfo=UTC)
_RECORD = {"ts": "2026-11-21T04:59:59.000Z", "part": "api", "id": "api-1", "stream": "out", "line": "hello"}


def fault(**changes: object) -> str:
    return record_fault(json.dumps({**_RECORD, **changes}).encode(), "api", {"api-1", "db"}, _NOW)


def test_a_line_as_the_supervisor_writes_it_is_a_record() -> None:
    """LOG-01: every line is whole, of its own part, and dated when it was written."""
    assert fault() == ""
    assert fault(stream="supervisor") == ""
    assert fault(id="api-9") == "", "a replica that is no more"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ts": "2026-11-21T05:01:00.000Z"}, "its time is 2026-11-21T05:01:00.000Z, which is still to come"),
        ({"ts": "yesterday"}, "its time is yesterday"),
        ({"part": "db"}, "it is of db"),
        ({"stream": "err"}, "its stream is err"),
        ({"id": "worker-1"}, "it is of the process worker-1"),
        ({"line": 7}, "it should have the texts ts, part, id, stream, line"),
        ({"more": "x"}, "it should have the texts ts, part, id, stream, line"),
    ],
)
def test_any_other_line_is_none(changes: dict[str, object], why: str) -> None:
    assert fault(**changes).startswith(why)


def test_what_is_no_json_is_no_record() -> None:
    assert record_fault(b'{"ts": "2026', "api", set(), _NOW) == 'it is not JSON: {"ts": "2026'


_SECRET = 'a+/b=c d"e-0123456789'


@pytest.mark.parametrize(
    "text",
    [
        _SECRET,
        f"postgresql://me:{quote(_SECRET, safe='')}@db/x",
        json.dumps({"password": _SECRET}),
        base64.b64encode(_SECRET.encode()).decode(),
        base64.b64encode(f"me:{_SECRET}".encode()).decode(),
        base64.b64encode(f"user:{_SECRET}:more".encode()).decode(),
        base64.urlsafe_b64encode(f"u:{_SECRET}".encode()).decode(),
    ],
)
def test_a_secret_is_recognised_in_whatever_programs_make_of_it(text: str) -> None:
    """SEC-01: it is looked for as it is, in URLs, in JSON, and in base64 at any place."""
    known = traces.forms({"db.api": _SECRET})
    assert traces.found_in(f"before {text} after".encode(), known) == ("db.api",)


def test_a_short_word_is_no_secret_to_be_recognised() -> None:
    assert traces.forms({"pin": "1234567"}) == {}
    assert traces.found_in(b"nothing here", traces.forms({"db.api": _SECRET})) == ()


def test_a_variable_of_a_process_is_found_by_its_whole_name() -> None:
    environ = b"XLOG_LEVEL=a\0LOG_LEVEL=info\0HOME=/\0"
    assert traces.variable(environ, "LOG_LEVEL") == "info"
    assert traces.variable(environ, "LOG") == ""


def test_a_process_may_know_what_it_was_told_under_another_name() -> None:
    values = {"cache": "one", "key": "one", "admin": "two"}
    assert too_many(("cache", "key"), {"key"}, values) == ()
    assert too_many(("key", "admin"), {"key"}, values) == ("admin",)
