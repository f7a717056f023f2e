"""Sockets in the network of another process: for root on the engine's own machine, who needs no process in there."""

from __future__ import annotations

import ctypes
import os
import socket

_NEW_NETWORK = 0x40000000
"""CLONE_NEWNET, as in <sched.h>."""


def socket_in(pid: int) -> socket.socket | None:
    """A TCP socket that lives in the network of a process, None where this user may not make one.

    The thread goes over to that network and comes back; other threads notice nothing. Raises OSError when it cannot
    come back, which no caller survives.
    """
    try:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        os.close(home)
        return None
    try:
        if not _enter(there):
            return None
        try:
            return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        finally:
            if not _enter(home):
                raise OSError(ctypes.get_errno(), "a thread cannot come back from another network")
    finally:
        os.close(there)
        os.close(home)


def _enter(descriptor: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    return hasattr(libc, "setns") and libc.setns(descriptor, _NEW_NETWORK) == 0
