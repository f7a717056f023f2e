"""The text of a stack file: found, read within limits, decoded. Nothing here knows YAML."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import SpecError
from stackyard.finding import Finding
from stackyard.spec.files import exists, is_folder

NAMES = ("stackyard.yaml", "stackyard.yml")
MAX_BYTES = 1024 * 1024
_BREAK = re.compile("\r\n|[\n\r]")
# Line breaks for libyaml and text for YAML 1.2, and a byte order mark amid the file, which libyaml overlooks: one file
# would be two.
_AMBIGUOUS = re.compile("[\x85\u2028\u2029\ufeff]")


@dataclass(frozen=True)
class Source:
    """A stack file that was read. `file` is its path as the user gave it, `path` the absolute one."""

    file: str
    path: Path
    text: str
    lines: tuple[str, ...]


def read(path: Path) -> Source:
    """The stack file at `path`, or in the folder `path`. Raises SpecError when there is none that can be read."""
    path = _find(path)
    text = _decode(str(path), _content(path))
    return source_of(str(path), Path(os.path.normpath(path.absolute())), text)


def source_of(file: str, path: Path, text: str) -> Source:
    """A source with `text` cut into lines."""
    return Source(file, path, text, tuple(_BREAK.split(text)))


def place_after(before: str) -> tuple[int, int]:
    """The line and column, counted from 1, of what follows the text `before`."""
    lines = _BREAK.split(before)
    return len(lines), len(lines[-1]) + 1


def _find(path: Path) -> Path:
    if not is_folder(path) or path.name in NAMES:
        return path
    found = [path / name for name in NAMES if exists(path / name)]
    if not found:
        raise _refusal(str(path / NAMES[0]), "there is no stack file here", "write one, or name another with --file")
    if len(found) > 1:
        raise _refusal(str(found[1]), f"there is a {NAMES[0]} beside this file", "keep one of the two")
    return found[0]


def _content(path: Path) -> bytes:
    file = str(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _refusal(file, "this is a folder, not a file", "the stack file is a text file")
        if not stat.S_ISREG(status.st_mode):
            raise _refusal(file, "this is not a regular file", "the stack file is a text file")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refusal(file, "there is no such file", f"a stack file is usually called {NAMES[0]}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _refusal(file, f"this file cannot be read: {reason}", "check its permissions") from None
    if len(content) > MAX_BYTES:
        size = max(status.st_size, len(content)) / MAX_BYTES
        raise _refusal(file, f"this file has {size:.1f} MB; a stack file has at most 1 MB", "is it the right file?")
    return content


def _decode(file: str, content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refusal(file, "this file is UTF-16", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        what = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise _refusal(file, what, "save the file as UTF-8", before) from None
    zero = text.find("\0")
    if zero >= 0:
        raise _refusal(file, "this file holds a NUL character: it is not text", "is it the right file?", text[:zero])
    if odd := _AMBIGUOUS.search(text):
        what = f"the character U+{ord(odd[0]):04X} cannot be seen, and programs read it in different ways"
        raise _refusal(file, what, "remove it, or write a plain line break or a space", text[: odd.start()])
    return text


def _refusal(file: str, what: str, hint: str, before: str = "") -> SpecError:
    return SpecError([Finding(file, *place_after(before), "", what, hint)])
