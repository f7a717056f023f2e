"""Backups of a system that is to be sabotaged: made and drilled when it comes up, and harmed where they are kept."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tests.backup.quick_repository import make_quick

_PRELUDE = """
import json, os, shutil, signal, sys, time
from dataclasses import replace
from pathlib import Path
from stackyard.backup import job as jobs, marks, offsite, sets, store
from stackyard.backup.restic import Restic

job = jobs.from_text(Path(sys.argv[1]).read_text())
repository = Path(job.repository.url)
restic = Restic(job, job.repository)
saved = Path(job.scratch, "saved-by-sabotage")
good = next((one for one in store.sets(job) if one.is_good), None)
newest = job.places.sets / f"{good.id}.json" if good else None

def keep(label, *paths):
    "Have files back with `give_back`."
    for number, path in enumerate(paths):
        place = saved / label / str(number)
        place.mkdir(parents=True)
        shutil.copy2(path, place / "content")
        (place / "path").write_text(str(path))

def give_back(label):
    for place in (saved / label).iterdir():
        path = Path((place / "path").read_text())
        path.unlink(missing_ok=True)
        shutil.copy2(place / "content", path)
    shutil.rmtree(saved / label)

def rewrite(path, content):
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(content)
    path.chmod(mode)

def processes(*words):
    for one in Path("/proc").glob("[0-9]*"):
        try:
            told = (one / "cmdline").read_bytes().split(b"\\0")
        except OSError:
            continue
        if all(any(word.encode() in each for each in told) for word in words):
            yield int(one.name)

def await_word(patience=40):
    "Until the keeper has said anew how all stands: what it said before may be what harm has left."
    since, deadline = time.time(), time.monotonic() + patience
    said = [job.places.state, job.places.metrics]
    while any(not one.exists() or one.stat().st_mtime <= since for one in said):
        assert time.monotonic() < deadline, "the keeper says nothing"
        time.sleep(0.1)

def receivers():
    return processes("pg_receivewal", job.folder)

def keepers():
    return [pid for pid in processes("stackyard.backup", sys.argv[1], "keep") if pid != os.getpid()]
"""
"""What scripts of the sabotages stand on; they run where the job of the backups makes sense."""


class Kept(Protocol):
    """A ground whose system has backups."""

    def inside(self, script: str) -> str:
        """Run Python beside the backups, with their job as its argument; what it says."""
        ...

    def stackyard(self, *words: str) -> None:
        """A command, which must succeed."""
        ...


def at_backups(ground: Kept, script: str) -> str:
    """Run a script with what `_PRELUDE` has."""
    return ground.inside(_PRELUDE + script)


def run(argv: Sequence[str], script: str) -> str:
    """Have a Python read the script, and say what it said."""
    done = subprocess.run(argv, input=script, text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def back_up(ground: Kept) -> None:
    """Make a set and drill it, in repositories whose password is quick to try."""
    told: dict[str, Any] = json.loads(at_backups(ground, _MAKE))
    made = {path: _quick(content, told["password"]) for path, content in told["keys"].items()}
    at_backups(ground, f"made = {made!r}\n{_MAKE_QUICK}")
    ground.stackyard("backup", "create")
    ground.stackyard("drill")


def _quick(key: str, password: str) -> tuple[str, str]:
    """The name and the content of a file with the same key of a repository, which is elsewhere."""
    with tempfile.TemporaryDirectory(prefix="stackyard-") as place:
        keys = Path(place, "keys")
        keys.mkdir()
        (keys / "key").write_text(key)
        make_quick(Path(place), password)
        (made,) = keys.iterdir()
        return made.name, made.read_text()


_MAKE = """
restic.ensure()
there = offsite.repository(job)
if there:
    there.ensure(like=restic)
keys = [path for one in (restic, there) if one for path in (one.folder / "keys").iterdir()]
password = Path(job.repository.password_file).read_text().strip()
print(json.dumps({"password": password, "keys": {str(path): path.read_text() for path in keys}}))
"""

_MAKE_QUICK = """
for old, (name, content) in made.items():
    Path(old).with_name(name).write_text(content)
    Path(old).unlink()
"""
