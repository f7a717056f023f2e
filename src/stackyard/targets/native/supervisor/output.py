"""What one program writes: its FIFO, and the pump that moves the lines into the log of its part."""

from __future__ import annotations

from collections.abc import Callable

from stackyard.targets.native.program import Program
from stackyard.targets.native.supervisor import pump
from stackyard.targets.native.supervisor.logfile import LogBook
from stackyard.targets.native.supervisor.places import Places


class Output:
    """The way of one program's lines into `logs`; `heard` is called with the part when there were some."""

    def __init__(self, places: Places, tee: pump.Tee, logs: LogBook, heard: Callable[[str], None]) -> None:
        self._places = places
        self._tee = tee
        self._logs = logs
        self._heard = heard
        self._pump: pump.Pump | None = None

    def open(self, program: Program) -> int:
        """A new end of the FIFO, for the program to write to; its lines are logged from now on. Raises OSError."""
        name, part = program.id, program.part
        self._logs.limit(part, program.log_size, program.log_files)
        fifo = self._places.fifo(name)
        pump.make_fifo(fifo, program.uid, program.gid)

        def write(lines: list[str]) -> None:
            if lines:
                self._logs.write(part, name, "out", lines)
                self._heard(part)

        if self._pump is None:
            self._pump = pump.Pump(fifo, self._places.rest(name), self._tee, write)
        return pump.open_for_program(fifo)

    def close(self) -> None:
        """Log what is left, to the last byte: the program is gone."""
        if self._pump:
            self._pump.flush()
        self.let_go()

    def let_go(self) -> None:
        """Stop reading; what is written from now on waits in the FIFO."""
        if self._pump:
            self._pump.close()
            self._pump = None
