"""What one program makes, poured into another that keeps it: hashed, counted, and whole or refused."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stackyard.backup.job import Account
from stackyard.backup.problem import BackupError, NotReadError
from stackyard.backup.programs import CHUNK, Answer, Listener, close, end, ending, start, stop

HEAD = 1 << 16
Change = Callable[[bytes], bytes]
"""Changes the beginning of what goes through: HEAD bytes at the least, if there are so many."""

Through = Callable[[Iterable[bytes]], Iterator[bytes]]
"""Makes something else of everything that goes through."""

See = Callable[[bytes], None]
"""Is shown everything that goes through, in pieces."""

Count = Callable[[int], None]
"""Is told how many bytes have gone through so far."""


@dataclass(frozen=True)
class Flow:
    """What went through a pipe: bytes, and the SHA-256 of them all; and what their producer said meanwhile."""

    size: int
    sha256: str
    said: str = ""


class Source:
    """The bytes that a program makes, or what `through` makes of them, hashed and counted on their way.

    Iterate over it to the end: then, and only then, `flow()` tells what there was, and raises BackupError when the
    producer failed, so that half of something never passes for all of it.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        name: str,
        *,
        count: Count | None = None,
        head: Change | None = None,
        through: Through | None = None,
        see: See | None = None,
        hopeless: str = "",
    ) -> None:
        self._process, self._name, self._count, self._head, self._see = process, name, count, head, see
        self._through = through or iter
        self._errors = Listener(process.stderr, hopeless.encode(), process.kill if hopeless else None)
        self._hash, self._size, self._written = hashlib.sha256(), 0, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._through(iter(self._read, b"")):
            # First to whoever waits for it: the hash is made while that one works.
            yield chunk
            self._hash.update(chunk)
            self._size += len(chunk)
            if self._see:
                self._see(chunk)
            if self._count:
                self._count(self._size)

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        chunk = os.read(self._process.stdout.fileno(), CHUNK)
        if self._head:
            while len(chunk) < HEAD and (more := os.read(self._process.stdout.fileno(), CHUNK)):
                chunk += more
        self._written += len(chunk)
        if self._head:
            chunk, self._head = self._head(chunk), None
        return chunk

    def flow(self) -> Flow:
        code = self._process.wait()
        said = self._errors.said()
        if code != 0:
            # Killed by somebody else, not by us for what it said.
            kind = NotReadError if code < 0 and not self._errors.is_alarmed else BackupError
            raise kind(
                f"{self._name} failed after {self._written} bytes with {ending(code)}",
                details=Answer(code, "", said).tail,
            )
        return Flow(self._size, self._hash.hexdigest(), said)

    def whole(self) -> bytes:
        """All of it at once. Raises what `flow` raises."""
        content = b"".join(self)
        self.flow()
        return content

    def stop(self) -> None:
        """See the program gone; whoever is reading from it comes to an end."""
        stop(self._process)


@contextmanager
def source(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    stdin: IO[bytes] | None = None,
    count: Count | None = None,
    through: Through | None = None,
    hopeless: str = "",
) -> Iterator[Source]:
    """A program whose output is read; it is gone when the block ends, or when it says what is `hopeless`.

    Raises BackupError when it cannot start.
    """
    process = start(
        argv, env or {}, account, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield Source(process, Path(argv[0]).name, count=count, through=through, hopeless=hopeless)
    finally:
        end(process)


class Feeding:
    """Pours a source into a process in a thread, while somebody else reads what that process makes of it."""

    def __init__(self, taken: Source, consumer: subprocess.Popen[bytes]) -> None:
        self._flow: Flow | None = None
        self._error: BaseException | None = None
        self._taken, self._consumer = taken, consumer
        self._thread = threading.Thread(target=self._pour, args=(taken, consumer), daemon=True)
        self._thread.start()

    def _pour(self, taken: Source, consumer: subprocess.Popen[bytes]) -> None:
        try:
            self._flow = pour(taken, consumer)
        except BaseException as error:  # noqa: BLE001 raised again where somebody can catch it
            self._error = error

    def flow(self) -> Flow:
        """What went in, once all of it has. Raises what `pour` raised."""
        self._thread.join()
        if self._error:
            raise self._error
        assert self._flow is not None
        return self._flow

    def end(self) -> None:
        """Both processes and the thread gone, however far they are; then, and no sooner, are the pipes closed."""
        stop(self._consumer)
        self._taken.stop()
        self._thread.join()
        end(self._consumer)


def pour(taken: Source, consumer: subprocess.Popen[bytes]) -> Flow:
    """Everything from the source into the consumer's standard input, which is closed only when all of it was whole.

    When either side fails the consumer is stopped before it can take the end of its input for the end of the work.
    Its other pipes are its owner's, who may be reading from them in another thread.
    Raises BackupError for the producer; a consumer that went away is for the caller to explain, from its exit code.
    """
    assert consumer.stdin is not None
    try:
        for chunk in taken:
            left = memoryview(chunk)
            while left:
                left = left[os.write(consumer.stdin.fileno(), left) :]
        flow = taken.flow()
    except BrokenPipeError:
        return Flow(0, "")
    except BaseException:
        # Not its input closed, which it would take for the end; and not killed, which would leave its lock behind.
        consumer.send_signal(signal.SIGINT)
        stop(consumer)
        raise
    close(consumer.stdin)
    return flow
