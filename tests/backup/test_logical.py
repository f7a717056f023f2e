"""Counting the rows of a script that passes by in pieces of any size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.backup.logical import Rows, for_any_server

SCRIPT = b"""\
SET transaction_timeout = 0;
-- COPY nothing FROM stdin;
CREATE TABLE a (b text);
COPY public.a (b) FROM stdin;
COPY public.b (x) FROM stdin;
a\\nb
\\\\.
.\\

\\.


COPY public.empty (x, y) FROM stdin;
\\.
COPY public."odd ""name"", with; things" ("COPY", t) FROM stdin;
1\\t2
\\.
COPY public.no_columns  FROM stdin;


\\.
CREATE INDEX i ON public.a (b);
"""

HELD = {"public.a": 5, "public.empty": 0, 'public."odd ""name"", with; things"': 1, "public.no_columns ": 2}
"""Rows that look like commands, like the end, and like nothing at all are rows."""


@given(st.lists(st.integers(0, len(SCRIPT)), max_size=12))
def test_rows_are_counted_wherever_the_script_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(SCRIPT)]
    rows = Rows()
    for start, end in pairwise(places):
        rows.see(SCRIPT[start:end])
    assert rows.found == HELD


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_rows_are_counted_in_very_small_pieces(size: int) -> None:
    rows = Rows()
    for start in range(0, len(SCRIPT), size):
        rows.see(SCRIPT[start : start + size])
    assert rows.found == HELD


def test_a_setting_of_later_servers_is_left_out() -> None:
    assert for_any_server(SCRIPT) == SCRIPT.partition(b"\n")[2]
