"""The documented ports where free, otherwise stable ones of this checkout, never silently shifted."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.targets.local.ports import Choice, Wish, choose, load, save, taken

SHOP, COPY = Path("/home/ada/shop"), Path("/home/ada/copy-of-shop")
WISHES = (Wish("db", 5432), Wish("api-1", 8000), Wish("api-2", None))
NOTHING: Mapping[str, int] = {}
FREE: Mapping[int, str] = {}
WRONG = ('"5432"', "null", "[1]", "true", "0", "-1", "65536", "5432.5", '{"port": 1}')
PORT = 21_600
ANY = "0.0.0.0"


def chosen(
    *wishes: Wish,
    root: Path = SHOP,
    remembered: Mapping[str, int] = NOTHING,
    held: Mapping[int, str] = FREE,
    ours: tuple[int, ...] = (),
    strict: bool = False,
) -> Choice:
    return choose(
        wishes,
        root=root,
        remembered=remembered,
        taken=lambda port, addresses: held.get(port, ""),
        ours=frozenset(ours),
        strict=strict,
    )


def test_free_documented_ports_are_taken_without_a_word() -> None:
    """TOP-05: documented ports where they are free."""
    found = chosen(*WISHES)
    assert (found.ports["db"], found.ports["api-1"]) == (5432, 8000)
    assert 10_000 <= found.ports["api-2"] < 32_000
    assert found.notes == ()


def test_a_taken_port_is_replaced_by_one_of_this_checkout_and_its_owner_is_named() -> None:
    held = {8000: "python3 (pid 7, /home/bob)"}
    first, second = chosen(Wish("api-1", 8000), held=held), chosen(Wish("api-1", 8000), held=held)
    elsewhere = chosen(Wish("api-1", 8000), root=COPY, held=held)
    port = first.ports["api-1"]
    assert second.ports["api-1"] == port
    assert elsewhere.ports["api-1"] != port
    assert first.notes == (f"port 8000 is held by python3 (pid 7, /home/bob); api-1 uses {port} in this checkout",)


def test_an_alternative_that_is_taken_as_well_gives_the_next_one() -> None:
    port = chosen(Wish("api-2", None)).ports["api-2"]
    assert chosen(Wish("api-2", None), held={port: "nc (pid 9)"}).ports["api-2"] == port + 1


def test_a_system_that_holds_thousands_of_ports_in_a_row_still_finds_one() -> None:
    services = tuple(Wish(f"service-{number}", 10_000 + number) for number in range(20_000))
    port = chosen(*services, Wish("edge.http", 80), held={80: "nginx (pid 7)", 8080: "nginx (pid 7)"}).ports[
        "edge.http"
    ]
    assert 30_000 <= port < 32_000


def test_where_everything_is_taken_it_says_so_instead_of_searching_for_ever() -> None:
    everything = dict.fromkeys(range(65_536), "a flood (pid 1)")
    with pytest.raises(MachineError, match="no free port for api-2 in 200 tries"):
        chosen(Wish("api-2", None), held=everything)


def test_a_remembered_port_comes_before_the_documented_one() -> None:
    found = chosen(*WISHES, remembered={"db": 15_432, "api-2": 12_345}, held={5432: "postgres (pid 3)"})
    assert dict(found.ports) == {"db": 15_432, "api-1": 8000, "api-2": 12_345}
    assert found.notes == ()


def test_a_port_of_the_file_that_is_not_taken_because_another_is_remembered_is_told() -> None:
    found = chosen(Wish("api-1", 9000), remembered={"api-1": 8000})
    assert found.ports["api-1"] == 8000
    assert found.notes == (
        "api-1 stays at the port of this checkout, 8000; 9000 of the stack file is free: "
        "`stackyard up --new-ports` takes it",
    )


def test_a_remembered_port_that_somebody_took_is_never_shifted() -> None:
    with pytest.raises(MachineError, match=r"port 15432 of db is held by postgres \(pid 3\)") as caught:
        chosen(*WISHES, remembered={"db": 15_432}, held={15_432: "postgres (pid 3)"})
    assert "stackyard up --new-ports" in caught.value.hint


def test_what_this_system_holds_itself_is_not_in_its_way() -> None:
    held = {5432: "postgres (pid 12)", 8000: "python3 (pid 13)"}
    found = chosen(*WISHES, remembered={"db": 5432, "api-1": 8000}, held=held, ours=(5432, 8000))
    assert (found.ports["db"], found.ports["api-1"], found.notes) == (5432, 8000, ())


def test_production_takes_no_other_port_than_that_of_the_file() -> None:
    remembered = {"edge.https": 8443}
    assert chosen(Wish("edge.https", 443), remembered=remembered, strict=True).ports["edge.https"] == 443
    with pytest.raises(MachineError, match=r"port 443 of edge.https is held by nginx \(pid 5\)") as caught:
        chosen(Wish("edge.https", 443), remembered=remembered, held={443: "nginx (pid 5)"}, strict=True)
    assert caught.value.hint == "Stop that process, or write another port into the stack file."


def test_production_does_not_send_people_to_the_file_for_a_port_that_is_not_in_it() -> None:
    with pytest.raises(MachineError) as caught:
        chosen(Wish("edge.probe", None), remembered={"edge.probe": 12_000}, held={12_000: "nc (pid 5)"}, strict=True)
    assert "stackyard up --new-ports" in caught.value.hint


def test_production_may_move_a_port_that_the_file_does_not_promise() -> None:
    wish = Wish("prometheus", 9090, promised=False)
    found = chosen(wish, held={9090: "prometheus (pid 5)"}, strict=True)
    assert found.ports["prometheus"] != 9090
    assert found.notes[0].startswith("port 9090 is held by prometheus (pid 5); prometheus uses ")
    assert chosen(wish, remembered=found.ports, strict=True).ports == found.ports


def test_two_that_wish_for_one_port_get_two() -> None:
    found = chosen(Wish("api-1", 8000), Wish("admin-1", 8000))
    assert found.ports["api-1"] == 8000
    assert found.ports["admin-1"] != 8000
    assert found.notes[0].startswith("port 8000 is held by api-1 of this system; admin-1 uses ")


def test_a_new_part_does_not_get_the_port_of_one_that_runs_wherever_it_stands_in_the_file() -> None:
    held = {8000: "python3 (pid 13)"}
    for wishes in ((Wish("api-1", 8000), Wish("new-1", 8000)), (Wish("new-1", 8000), Wish("api-1", 8000))):
        found = chosen(*wishes, remembered={"api-1": 8000}, held=held, ours=(8000,))
        assert found.ports["api-1"] == 8000
        assert found.ports["new-1"] != 8000


def test_an_alternative_does_not_take_what_another_part_has_documented() -> None:
    held = {80: "the system (ports below 1024 need root)"}
    found = chosen(Wish("edge.http", 80), Wish("api-1", 8080), held=held)
    assert found.ports["api-1"] == 8080
    assert found.ports["edge.http"] not in (80, 8080)


def test_an_ordinary_user_gets_8080_and_8443_for_the_ports_that_need_root() -> None:
    """TOP-09: nothing needs root; the ports that would are replaced by the usual ones, and named."""
    closed = "the system (ports below 1024 need root)"
    found = chosen(Wish("edge.http", 80), Wish("edge.https", 443), held={80: closed, 443: closed})
    assert dict(found.ports) == {"edge.http": 8080, "edge.https": 8443}
    assert found.notes[1] == f"port 443 is held by {closed}; edge.https uses 8443 in this checkout"


def test_choosing_for_a_thousand_parts_asks_about_each_port_once() -> None:
    asked: list[int] = []

    def ask(port: int, addresses: tuple[str, ...]) -> str:
        asked.append(port)
        return ""

    wishes = tuple(Wish(f"s{number}-1", 20_000 + number) for number in range(1_000))
    choose(wishes, root=SHOP, remembered={}, taken=ask, ours=frozenset(), strict=False)
    assert len(asked) == 1_000


@pytest.mark.parametrize(("listening", "asked"), [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", ANY), (ANY, "127.0.0.1")])
def test_a_listening_socket_is_found_with_the_process_that_has_it(listening: str, asked: str) -> None:
    with socket.create_server((listening, PORT)):
        assert f"(pid {os.getpid()}, {Path.cwd()})" in taken(PORT, (asked,))
    assert taken(PORT, (asked,)) == ""


def test_a_socket_on_ipv6_is_in_the_way_only_of_those_who_want_ipv6() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    with socket.create_server(("::1", PORT + 1), family=socket.AF_INET6):
        assert taken(PORT + 1, ("127.0.0.1",)) == ""
        assert f"(pid {os.getpid()}" in taken(PORT + 1, ("127.0.0.1", "[::1]"))


def test_a_connection_that_lingers_after_its_server_is_not_in_the_way() -> None:
    place = ("127.0.0.1", PORT + 2)
    with socket.create_server(place) as server, socket.create_connection(place) as client:
        accepted, _ = server.accept()
        accepted.close()
        assert client.recv(1) == b""
    assert taken(PORT + 2, ("127.0.0.1",)) == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_a_port_that_needs_root_is_told_as_such() -> None:
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) < 1024:
        pytest.skip("this machine lets everybody open every port")
    assert taken(443, ("127.0.0.1",)) == "the system (ports below 1024 need root)"


def test_what_was_saved_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "development" / "ports.json"
    save(file, {"edge.https": 443, "api-1": 8000})
    assert load(file) == {"edge.https": 443, "api-1": 8000}
    assert [path.name for path in file.parent.iterdir()] == ["ports.json"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1, 2]", "null", "\0\0\0", *(f'{{"db": {value}}}' for value in WRONG)],
)
def test_a_broken_file_remembers_nothing_and_breaks_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(text)
    assert load(file) == {}


def test_of_a_spoiled_file_the_ports_that_can_be_read_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text(json.dumps({"db": 5432, "api-1": "eight thousand"}))
    assert load(file) == {"db": 5432}
    file.write_bytes(b'{"db": 5432, "\xff": 1}')
    assert load(file) == {}
    assert load(tmp_path / "nowhere.json") == {}
