"""When the pump reads: at once after a pause, and then not for each line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stackyard.targets.native.supervisor import pump

Story = Callable[[pump.Pump, int, list[list[str]]], Awaitable[None]]


def told(folder: Path, story: Story) -> list[list[str]]:
    """What the pump of a new FIFO logged, turn by turn, while a program told its story."""
    turns: list[list[str]] = []

    async def run() -> None:
        fifo = folder / "api-1"
        pump.make_fifo(fifo, None, None)
        one = pump.Pump(fifo, folder / "api-1.rest", pump.Tee(), turns.append)
        program = pump.open_for_program(fifo)
        try:
            await asyncio.wait_for(story(one, program, turns), 10)
        finally:
            one.close()
            os.close(program)

    asyncio.run(run())
    return turns


async def until(turns: list[list[str]], count: int) -> None:
    while sum(map(len, turns)) < count:
        await asyncio.sleep(0.001)


def test_lines_that_come_quickly_are_logged_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that writes thousands of lines a second must not wake the supervisor for each of them."""
    monkeypatch.setattr(pump, "PAUSE", 0.5)

    async def story(_: pump.Pump, program: int, turns: list[list[str]]) -> None:
        os.write(program, b"first\n")
        await until(turns, 1)
        for number in range(20):
            os.write(program, f"line {number}\n".encode())
            await asyncio.sleep(0)
        await until(turns, 21)

    assert told(tmp_path, story) == [["first"], [f"line {number}" for number in range(20)]]


def test_what_came_during_a_pause_is_not_lost_when_the_program_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "PAUSE", 60.0)

    async def story(one: pump.Pump, program: int, turns: list[list[str]]) -> None:
        os.write(program, b"first\n")
        await until(turns, 1)
        os.write(program, b"second\nlast words")
        one.flush()

    assert [line for turn in told(tmp_path, story) for line in turn] == ["first", "second", "last words"]


def test_a_program_that_writes_more_than_a_fifo_holds_is_not_held_up(tmp_path: Path) -> None:
    """LOG-01: 4 MB in one go arrive whole and in order."""
    lines = [f"{number:0120}" for number in range(35_000)]

    async def story(_: pump.Pump, program: int, turns: list[list[str]]) -> None:
        text = "".join(f"{line}\n" for line in lines).encode()
        await asyncio.to_thread(_write_all, program, text)
        await until(turns, len(lines))

    assert [line for turn in told(tmp_path, story) for line in turn] == lines


def _write_all(handle: int, text: bytes) -> None:
    while text:
        text = text[os.write(handle, text) :]
