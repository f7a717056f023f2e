"""What the kernel and the supervisor say about processes, and what is made of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackyard.model.system import Need
from stackyard.observe.logs import LogLine
from stackyard.observe.native_starts import start_of, this_life
from stackyard.observe.processes import Credentials, parse_credentials, parse_listeners
from stackyard.observe.seen import Account
from stackyard.verify.topology.confinement import privilege_fault, user_fault
from stackyard.verify.topology.starting import needed_processes
from tests.native.literals import postgres, service, site, system

_STATUS = """\
Name:\tnginx
Uid:\t999\t999\t999\t999
Gid:\t995\t995\t995\t995
Groups:\t 
CapInh:\t0000000000000400
CapPrm:\t0000000000000400
CapEff:\t0000000000000400
CapBnd:\t0000000000000400
CapAmb:\t0000000000000400
NoNewPrivs:\t1
"""  # noqa: W291 - the kernel writes that blank

_NOTHING = dict.fromkeys(("Inh", "Prm", "Eff", "Bnd", "Amb"), 0)
_PLAIN = Credentials((999,) * 4, (995,) * 4, (), no_new_privileges=True, capabilities=_NOTHING)
_PARTS = Account(999, 995, "stackyard", is_dropped=True)


def test_the_kernel_tells_what_a_process_may_do() -> None:
    found = parse_credentials(_STATUS)
    assert found == Credentials(
        (999,) * 4, (995,) * 4, (), no_new_privileges=True, capabilities=dict.fromkeys(_NOTHING, 0x400)
    )
    assert found.words.startswith("uid 999, gid 995, other groups none, NoNewPrivs 1, CapInh 400")


def test_any_of_the_four_ids_may_give_root_away() -> None:
    assert user_fault(_PLAIN, _PARTS) == ""
    assert user_fault(replace(_PLAIN, uids=(999, 999, 0, 999)), _PARTS) == "runs as root"
    assert user_fault(replace(_PLAIN, uids=(7, 7, 7, 7)), _PARTS) == "runs as uid 7 and not as stackyard (999)"
    assert user_fault(replace(_PLAIN, gids=(0, 995, 995, 995)), _PARTS) == "has the group of root"


def test_groups_count_where_root_could_have_taken_them_away() -> None:
    member = replace(_PLAIN, groups=(995, 998))
    assert user_fault(member, _PARTS) == "has groups that it does not need: 998"
    assert user_fault(member, replace(_PARTS, is_dropped=False)) == ""


def test_a_privilege_is_one_that_is_had_or_could_be_got() -> None:
    def fault(found: Credentials, *allowed: str, is_ours: bool = False, is_dropped: bool = True) -> str:
        return privilege_fault(found, allowed, is_ours=is_ours, is_dropped=is_dropped)

    low_port = replace(_PLAIN, capabilities=dict.fromkeys(_NOTHING, 0x400))
    could = replace(_PLAIN, capabilities={**_NOTHING, "Bnd": 0x1FF})
    assert fault(_PLAIN) == ""
    assert fault(replace(_PLAIN, no_new_privileges=False)) == "could gain privileges: NoNewPrivs is 0"
    assert fault(low_port, "net_bind_service") == ""
    assert fault(low_port).startswith("has capabilities that it does not need: CapInh 400, CapPrm 400")
    assert fault(could) == "has capabilities that it does not need: CapBnd 1ff"
    assert fault(could, is_dropped=False) == "", "nobody but root can empty that set"
    assert fault(low_port, is_ours=True) == ""


@pytest.mark.parametrize(
    ("protocol", "line", "shown", "is_local"),
    [
        ("tcp", "0100007F:1F90 00000000:0000 0A", "tcp 127.0.0.1:8080", True),
        ("tcp", "00000000:0050 00000000:0000 0A", "tcp 0.0.0.0:80", False),
        ("tcp6", f"{'0' * 24}01000000:01BB {'0' * 32}:0000 0A", "tcp6 [::1]:443", True),
        ("tcp6", f"{'0' * 32}:01BB {'0' * 32}:0000 0A", "tcp6 [::]:443", False),
        ("udp", "00000000:0035 00000000:0000 07", "udp 0.0.0.0:53", False),
    ],
)
def test_a_listening_socket_is_where_the_kernel_says(protocol: str, line: str, shown: str, is_local: bool) -> None:
    (found,) = parse_listeners(protocol, f"head\n   0: {line} 00000000:00000000 00:00000000 00000000  999 0 4711 1 0\n")
    assert (str(found), found.is_local, found.inode) == (shown, is_local, 4711)


def test_an_address_of_the_old_family_in_the_new_one_is_what_it_was() -> None:
    line = f"   0: 0000000000000000FFFF00000100007F:01BB {'0' * 32}:0000 0A 0:0 0:0 0  999 0 4711 1 0"
    (found,) = parse_listeners("tcp6", f"head\n{line}\n")
    assert found.is_local


def test_a_connection_is_no_listening_socket() -> None:
    line = "   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  999 0 4711 1 0"
    assert list(parse_listeners("tcp", f"head\n{line}\n")) == []


def test_who_needs_a_service_needs_all_of_its_replicas() -> None:
    api = replace(service("api", "db"), replicas=2, port=8000)
    worker = replace(service("worker"), needs=(Need("api"), Need("web")))
    one = system(api, worker, site("web"), resources=[postgres()])
    assert needed_processes(one) == {"api-1": ("db",), "api-2": ("db",), "worker-1": ("api-1", "api-2")}


def test_only_what_this_supervisor_has_started_is_judged() -> None:
    def say(second: int, name: str, line: str) -> LogLine:
        return LogLine(datetime(2026, 11, 21, 5, 0, second, tzinfo=UTC), "supervisor", name, "supervisor", line)

    lines = [
        say(0, "supervisor", "the supervisor runs (pid 10, detached)"),
        say(1, "api-1", "api-1 started (pid 11)"),
        say(2, "supervisor", "the supervisor runs (pid 20, detached)"),
        say(3, "db", "db started (pid 21)"),
    ]
    said = this_life(lines, 20)
    assert said == tuple(lines[2:])
    assert start_of(said, "db", 21) == lines[3]
    assert start_of(said, "api-1", 11) is None, "an earlier one started it, and this one found it running"
