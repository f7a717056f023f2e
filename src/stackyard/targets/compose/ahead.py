"""Containers made before it is their turn to start: while those that they wait for become ready."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from stackyard.errors import StackyardError

Ids = Mapping[str, tuple[str, ...]]
"""The containers of Compose services, by the name of the service."""

Create = Callable[[tuple[str, ...]], Ids]
"""Makes containers of services, which do not run yet. Raises StackyardError."""

_AT_ONCE = 8


class Ahead:
    """Makes what `names` asks for whenever `begin` is called. `turn` keeps it from running beside another start.

    `names` are the services that can be made by now; one is asked for again until its containers are there.
    """

    def __init__(self, names: Callable[[], Iterable[str]], create: Create, turn: threading.Lock) -> None:
        self._names = names
        self._create = create
        self._turn = turn
        self._made: dict[str, tuple[str, ...]] = {}
        self._tried: set[str] = set()
        self._taken: set[str] = set()
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Make what can be made, in a thread. Called by whoever has the turn, and done when that is given on."""
        wanted = tuple(name for name in self._names() if name not in self._tried)
        if wanted:
            self._tried.update(wanted)
            thread = threading.Thread(target=self._make, args=(wanted,), name="ahead", daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait(self) -> None:
        """Return when nothing is being made."""
        for thread in tuple(self._threads):
            thread.join()

    def take(self, names: Collection[str]) -> Ids:
        """The containers of these services that were made ahead: whoever has the turn starts them now.

        None of them is made from here on.
        """
        self._taken.update(names)
        return {name: self._made.pop(name) for name in names if name in self._made}

    def left(self) -> tuple[str, ...]:
        """The containers that nobody took."""
        self.wait()
        return tuple(one for ids in self._made.values() for one in ids)

    def _make(self, wanted: tuple[str, ...]) -> None:
        with self._turn:
            missing = tuple(name for name in wanted if name not in self._taken)
            try:
                self._made.update(self._create(missing) if missing else {})
            except (StackyardError, OSError):
                # Whoever starts them meets the same, and says so.
                return


def at_once(work: Callable[[str], None], ids: Iterable[str]) -> None:
    """Do it for each container, several at the same moment. Raises what the first that failed raised."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(work, ids):
            pass
