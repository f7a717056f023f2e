"""The peer of `stackyard up`: the same processes started in the same order by a script that does nothing else.

Run by its path, with orders on standard input: one JSON object a line of `Bare.start`. It prints "ready" when all are,
waits until standard input ends, then stops them. Standard library only, and as little of it as will do.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

PAUSE = 0.005
"""Seconds between two questions to a process that starts."""


def main() -> None:
    """Start, say so, wait, stop."""
    orders = json.loads(sys.stdin.readline())
    gates = {order["id"]: threading.Event() for order in orders}
    running: dict[str, subprocess.Popen[bytes]] = {}
    threads = [threading.Thread(target=_start, args=(order, gates, running)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("ready", flush=True)
    sys.stdin.readline()
    # In the reverse order of their gates, as any careful stop.
    for order in reversed(orders):
        running[order["id"]].send_signal(getattr(signal, order["stop_signal"]))
        running[order["id"]].wait(30)


def _start(order: dict[str, Any], gates: dict[str, threading.Event], running: dict[str, Any]) -> None:
    for name in order["after"]:
        gates[name].wait()
    with open(order["log"], "ab") as log:  # noqa: PTH123 - pathlib would cost this peer time
        process = subprocess.Popen(
            order["argv"],
            cwd=order["cwd"],
            env=order["env"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    running[order["id"]] = process
    if order["probe"] == "exit":
        if process.wait():
            os._exit(1)
        gates[order["id"]].set()
        return
    while not _PROBES[order["probe"]](order, process.pid):
        time.sleep(PAUSE)
    gates[order["id"]].set()


def _http(order: dict[str, Any], _pid: int) -> bool:
    answer = _say(order["address"], f"GET {order['path']} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return answer[9:10] in (b"2", b"3")


def _redis(order: dict[str, Any], _pid: int) -> bool:
    return _say(order["address"], b"PING\r\n").startswith((b"+PONG", b"-NOAUTH"))


def _say(address: str, words: bytes) -> bytes:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 2) as connection:
            connection.sendall(words)
            return connection.recv(4096)
    except OSError:
        return b""


def _pidfile(order: dict[str, Any], pid: int) -> bool:
    try:
        with open(order["path"]) as file:  # noqa: PTH123 - as above
            lines = file.read().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready" and os.getsid(int(lines[0])) == pid


def _none(_order: dict[str, Any], _pid: int) -> bool:
    return True


_PROBES = {"http": _http, "redis": _redis, "pidfile": _pidfile, "none": _none}

if __name__ == "__main__":
    main()
