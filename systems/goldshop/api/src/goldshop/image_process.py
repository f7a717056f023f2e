"""Pictures are decoded in a process of their own: with little memory and time, no secrets, and nobody else's data.

A decoder that a hostile file breaks, or fills with work, takes nothing down but itself. What the process is given comes
on its standard input, what it has made leaves on its standard output: a line of JSON, then the bytes of all files.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import sys
import tempfile
from typing import Any

from goldshop.imaging import LARGEST_BYTES, RefusedImageError, Rendered, Rendering

MEMORY = 1536 * 1024 * 1024
"""Bytes of address space; encoders of AVIF reserve much more than they use."""

CPU_SECONDS = 30
SECONDS = 60.0
"""How long a picture may take in all."""


async def render(data: bytes, *, seconds: float = SECONDS, memory: int = MEMORY) -> Rendered:
    """What `imaging.render` makes of `data`. Raises RefusedImageError, also when a limit ended the process.

    Raises RuntimeError when the process could not do its work for a reason that is not the picture's.
    """
    if len(data) > LARGEST_BYTES:
        raise RefusedImageError(f"The file is larger than {LARGEST_BYTES // 1024**2} MB.")
    command = (sys.executable, "-m", "goldshop.image_process", str(memory))
    with tempfile.TemporaryFile() as upload:
        upload.write(data)
        upload.seek(0)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=upload, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={}
        )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    except TimeoutError:
        raise RefusedImageError("The picture takes too long to read.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    assert process.returncode is not None
    if process.returncode < 0:
        raise RefusedImageError("The picture cannot be read within the limits.")
    if process.returncode:
        raise RuntimeError(f"the process for pictures ended with {process.returncode}")
    return _received(output)


def _received(output: bytes) -> Rendered:
    line, _, body = output.partition(b"\n")
    told: dict[str, Any] = json.loads(line)
    if "refused" in told:
        raise RefusedImageError(told["refused"])
    files, at = [], 0
    for size, name, length in told["files"]:
        files.append(Rendering(size, name, body[at : at + length]))
        at += length
    return Rendered(told["width"], told["height"], tuple(files))


def _main(memory: int) -> None:
    # Before anything is imported that could be made to misbehave.
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from goldshop import imaging

    data = sys.stdin.buffer.read(LARGEST_BYTES + 1)
    try:
        made = imaging.render(data)
    except RefusedImageError as refusal:
        sys.stdout.buffer.write(json.dumps({"refused": str(refusal)}).encode() + b"\n")
        return
    files = [(one.size, one.format, len(one.data)) for one in made.files]
    told = json.dumps({"width": made.width, "height": made.height, "files": files})
    sys.stdout.buffer.write(told.encode() + b"\n" + b"".join(one.data for one in made.files))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
