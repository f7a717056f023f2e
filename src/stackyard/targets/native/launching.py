"""A supervisor that comes up while the machine is still being looked at: a tenth of the time of a warm start."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.targets.native.supervisor.client import Client, alive_leases, connect, launch
from stackyard.targets.native.supervisor.status import Mode


class Launching:
    """One supervisor on its way. Whoever began it either takes it or drops it."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        self._folder = folder
        self._mode = mode
        self._client: Client | None = None
        self._error: Exception | None = None
        self._thread: threading.Thread | None = threading.Thread(target=self._launch)
        self._thread.start()

    def _launch(self) -> None:
        try:
            self._client = launch(self._folder, self._mode)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that asks for it
            self._error = error

    def take(self) -> Client:
        """The supervisor, once it answers; it is the caller's from here on. Raises as `launch` does."""
        self._await()
        if self._error is not None:
            raise self._error
        assert self._client is not None
        return self._client

    def drop(self) -> None:
        """End the supervisor that nobody took; nothing when somebody did."""
        if self._thread is None:
            return
        self._await()
        with contextlib.suppress(StackyardError):
            if self._client is not None:
                self._client.shutdown(stop_programs=True)

    def _await(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def launching(folder: Path, mode: Mode) -> Launching | None:
    """Begin to launch a supervisor; None when one answers, or has left processes to a successor."""
    if connect(folder) is not None or alive_leases(folder):
        return None
    return Launching(folder, mode)
