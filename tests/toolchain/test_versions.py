from __future__ import annotations

import pytest

from stackyard.model.values import Version
from stackyard.targets.native.toolchain import versions
from stackyard.targets.native.toolchain.tool import Numbers, Want


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("nginx version: nginx/1.22.1", (1, 22, 1)),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, 18)),
        ("psql (PostgreSQL) 18.4", (18, 4)),
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1a2b", (7, 0, 15)),
        ("rclone v1.75.2\n- os/version: debian 12 (64 bit)", (1, 75, 2)),
        ("v20.20.2", (20, 20, 2)),
        ("11.19.1\nnpm warn something 3.2.1", (11, 19, 1)),
        ("setpriv from util-linux 2.38.1", (2, 38, 1)),
        ("Python 3.13.0rc1", (3, 13)),
    ],
)
def test_a_version_is_read_from_what_a_program_prints(printed: str, version: Numbers) -> None:
    assert versions.from_output(printed)[: len(version)] == version  # type: ignore[index]


def test_a_valkey_counts_as_the_redis_that_it_speaks() -> None:
    assert versions.from_output("Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0") == (7, 2, 4)


def test_a_program_that_prints_no_version_has_none() -> None:
    assert versions.from_output("usage: thing [options]") is None


@pytest.mark.parametrize(
    ("text", "version"),
    [("5:7.0.15-1~deb12u10", (7, 0, 15)), ("1.22.1-9+deb12u10", (1, 22, 1)), ("15+248+deb12u1", (15,)), ("", ())],
)
def test_a_debian_version_gives_the_version_of_the_program(text: str, version: Numbers) -> None:
    assert versions.from_debian(text) == version


def test_npm_versions_sort_by_number_and_not_by_text() -> None:
    texts = ["16.9.0-beta.15", "16.14.0-beta.17", "16.11.0-beta.16", "16.11.0-beta.15"]
    assert sorted(texts, key=versions.npm_order)[-1] == "16.14.0-beta.17"
    assert versions.npm_order("16.11.0-beta.16") > versions.npm_order("16.11.0-beta.15")
    assert versions.from_npm("16.14.0-beta.17") == (16, 14)


@pytest.mark.parametrize(
    ("promise", "chosen"),
    [
        (Version((16,)), (16, 14)),
        (Version((15,)), (15, 20)),
        (Version((16, 3)), (16, 3)),
        (Version((16,), at_least=True), (18, 4)),
        (Version((12,)), None),
        (Version((19,), at_least=True), None),
        (None, (15, 18)),
    ],
)
def test_the_newest_version_that_keeps_the_promise_is_chosen(promise: Version | None, chosen: Numbers | None) -> None:
    there = [(15, 18), (15, 20), (16, 3), (16, 14), (18, 4)]
    assert versions.best(Want("postgres", promise), there, lambda version: version) == chosen


def test_people_are_shown_the_newest_of_each_major_version() -> None:
    assert versions.newest_of_majors([(16, 9), (18, 1), (16, 14), (15, 20)]) == [(18, 1), (16, 14), (15, 20)]
