"""Harm to the backups."""

from __future__ import annotations

import json
from collections.abc import Callable

from stackyard.targets.local.folders import restore_file
from stackyard.targets.names import NATIVE
from tests.verify.backing import at_backups
from tests.verify.sabotage import LAST, PLANNED, Ground, Sabotage

Harm = Callable[[Ground], None]
_SYSTEM = "backed-up"


def _script(text: str) -> Harm:
    def done(ground: Ground) -> None:
        at_backups(ground, text)

    return done


_hang = _script("for pid in keepers():\n    os.kill(pid, signal.SIGSTOP)")
_go_on = _script("for pid in keepers():\n    os.kill(pid, signal.SIGCONT)\nawait_word()")


def _then(*harms: Harm) -> Harm:
    def done(ground: Ground) -> None:
        for harm in harms:
            harm(ground)

    return done


def _command(*words: str) -> Harm:
    def done(ground: Ground) -> None:
        ground.stackyard(*words)

    return done


def _harm(
    name: str,
    breaks: set[str],
    harm: Harm | str,
    undo: Harm | str | None,
    *,
    turn: int = 0,
    targets: tuple[str, ...] = Sabotage.targets,
    place: str = "",
) -> Sabotage:
    return Sabotage(
        name,
        frozenset(f"backups.{one}" for one in breaks),
        _script(harm) if isinstance(harm, str) else harm,
        _SYSTEM,
        _script(undo) if isinstance(undo, str) else undo,
        targets,
        turn=turn,
        place=place,
    )


def _stop_the_keeper(ground: Ground) -> None:
    ground.stop_part("backups")


_LARGEST = "largest = max((repository / 'data').rglob('*'), key=lambda one: one.is_file() and one.stat().st_size)\n"
_OLD = "20200106T020000Z", "20200107T020000Z"
_UNFINISHED = "20200108T020000Z"
_JOURNAL = {
    "id": "20200108T020000Z",
    "verb": "restore",
    "source": "20200106T020000Z",
    "target": "a moment",
    "began": "2020-01-08T02:00:00.000Z",
    "phase": "preparing",
    "exchanges": [],
    "undoes": "",
    "tables": {},
}


def _begin_a_restore(ground: Ground) -> None:
    restore_file(ground.home, ground.target).write_text(json.dumps(_JOURNAL))


def _keep_what_is_not_there(ground: Ground) -> None:
    place = str(ground.home / "data/db.before-20200108T020000Z")
    exchange = {"part": "db", "kind": "db", "live": "", "incoming": "", "outgoing": place, "had_live": True}
    told = {"kept": [{**_JOURNAL, "phase": "swapped", "exchanges": [exchange]}]}
    (ground.home / "restored.json").write_text(json.dumps(told))


def _keep_nothing(ground: Ground) -> None:
    (ground.home / "restored.json").unlink()


def _leave_a_copy(ground: Ground) -> None:
    (ground.home / "data/db.restored-20200108T020000Z").mkdir()


def _remove_it(ground: Ground) -> None:
    (ground.home / "data/db.restored-20200108T020000Z").rmdir()


SABOTAGES = (
    Sabotage(
        "the keeper of the backups is stopped",
        frozenset({"backups.keeper", "backups.received", PLANNED}),
        _stop_the_keeper,
        _SYSTEM,
        # Nobody looks into the backups where their container does not run.
        on_compose=frozenset({"backups.keeper", "topology.healthy", PLANNED}),
        alone=True,
    ),
    _harm(
        "the keeper of the backups hangs",
        {"keeper"},
        _then(
            _hang,
            _script(
                "state = json.loads(job.places.state.read_text())\n"
                "state['health']['seen'] -= 600\n"
                "store.write(job.places.state, json.dumps(state))"
            ),
        ),
        _go_on,
        place="keeper",
    ),
    _harm(
        "the figures of the backups are lost",
        {"recent"},
        _then(_hang, _script("job.places.metrics.unlink()")),
        _go_on,
        place="keeper",
    ),
    _harm(
        "no set was made for days",
        {"recent", "listed"},
        _then(
            _hang,
            _script(
                "keep('old', newest)\n"
                "store.keep(job, replace(good, begun='2020-01-06T02:00:00.000Z'))\n"
                "state = json.loads(job.places.state.read_text())\n"
                "state['runs'].pop('create', None)\n"
                "store.write(job.places.state, json.dumps(state))"
            ),
        ),
        _then(_script("give_back('old')"), _go_on),
        place="manifest",
    ),
    _harm(
        "a set lacks a dump",
        {"complete"},
        "keep('whole', newest)\n"
        "store.save(job, replace(good, pieces=tuple(one for one in good.pieces if one.kind != 'sql')))",
        "give_back('whole')\nstore.save(job, sets.from_text(newest.read_text()))",
        place="manifest",
    ),
    _harm(
        "a manifest is altered",
        {"listed"},
        "keep('true', newest)\nstore.keep(job, replace(good, facts={**good.facts, 'release': '7'}))",
        "give_back('true')",
        place="manifest",
    ),
    _harm(
        "a snapshot of a set is forgotten",
        {"listed"},
        "file = repository / 'snapshots' / good.piece('photos', 'objects').snapshot\n"
        "keep('snapshot', file)\n"
        "file.unlink()",
        "give_back('snapshot')",
    ),
    _harm(
        "a file of the repository rots",
        {"read-back"},
        f"{_LARGEST}keep('rot', largest)\ncontent = bytearray(largest.read_bytes())\ncontent[len(content) // 2] ^= 1\n"
        "rewrite(largest, bytes(content))",
        "give_back('rot')",
    ),
    _harm(
        "a file of the repository is gone",
        {"read-back"},
        f"{_LARGEST}keep('gone', largest)\nlargest.unlink()",
        "give_back('gone')",
    ),
    _harm(
        "a table lies in the repository in the clear",
        {"encrypted"},
        "import hashlib\n"
        "content = b'1,word one\\n2,word two\\n' * 100\n"
        "name = hashlib.sha256(content).hexdigest()\n"
        "(repository / 'data' / name[:2] / name).write_bytes(content)",
        "import hashlib\n"
        "name = hashlib.sha256(b'1,word one\\n2,word two\\n' * 100).hexdigest()\n"
        "(repository / 'data' / name[:2] / name).unlink()",
    ),
    _harm("everybody may read the repository", {"private"}, "repository.chmod(0o755)", "repository.chmod(0o700)"),
    _harm(
        "a dump lies beside the repository",
        {"private"},
        "(job.places.folder / 'before-import.dump').write_bytes(b'PGDMP' + bytes(100))",
        "(job.places.folder / 'before-import.dump').unlink()",
    ),
    _harm(
        "the recovery kit is lost",
        {"secrets"},
        "from stackyard.backup import kit\nkeep('kit', kit.place(job))\nkit.place(job).unlink()",
        "give_back('kit')",
    ),
    _harm(
        "sets are kept for ever",
        {"retention"},
        "for name in " + repr(_OLD) + ":\n"
        "    store.save(job, replace(good, id=name, pieces=(), databases=(), offsite=''))",
        # The newer of the two is kept: the moments after it begin with it.
        _then(
            _command("backup", "prune"),
            _script(
                f"restic.forget([one.id for one in restic.snapshots({{'set': {_OLD[1]!r}}})])\n"
                f"store.drop(job, {_OLD[1]!r})"
            ),
        ),
        turn=LAST,
    ),
    _harm(
        "a set is missing off site",
        {"offsite"},
        "there = offsite.repository(job)\n"
        "found = next(one for one in there.snapshots({'set': good.id}) if one.has({'kind': 'base'}))\n"
        "file = there.folder / 'snapshots' / found.id\nkeep('offsite', file)\nfile.unlink()",
        "give_back('offsite')",
    ),
    _harm(
        "the report of the drill is lost",
        {"drilled"},
        "files = list(job.places.drills.glob('*.json'))\nkeep('reports', *files)\n[one.unlink() for one in files]",
        "give_back('reports')",
    ),
    _harm(
        "a drill took longer than was promised",
        {"drilled"},
        "files = list(job.places.drills.glob('*.json'))\n"
        "keep('slow', *files)\n"
        "for file in files:\n"
        "    rewrite(file, json.dumps({**json.loads(file.read_text()), 'rto': 99999.0}).encode())",
        "give_back('slow')",
    ),
    _harm(
        "changes are received no more",
        {"received"},
        "for pid in receivers():\n    os.kill(pid, signal.SIGSTOP)",
        "for pid in receivers():\n    os.kill(pid, signal.SIGCONT)",
    ),
    _harm(
        "a piece of the changes is lost",
        {"unbroken"},
        "from stackyard.backup import spool\n"
        "for part in job.postgres:\n"
        "    folder = job.places.wal(part.name, good.database(part.name).cluster)\n"
        "    ledger = spool.read(folder)\n"
        "    whole = [one for one in spool.files(folder, ledger.segment) if one.segment and not one.is_partial]\n"
        "    whole[-1].path.unlink()\n"
        "restic.forget([one.id for one in restic.snapshots({'wal': ''})])",
        _command("backup", "create"),
        turn=LAST,
        place="spool",
    ),
    _harm(
        "a named moment is out of reach",
        {"unbroken"},
        "moment = good.databases[0]\n"
        "found = marks.Mark('long-ago', '2020-01-06T02:00:00.000Z', {moment.part: '0/28'}, "
        "{moment.part: moment.cluster})\n"
        "from dataclasses import asdict\n"
        "store.write(job.places.marks, json.dumps([asdict(found)]))",
        "job.places.marks.unlink()",
    ),
    _harm(
        "a backup was cut off",
        {"tidy"},
        f"restic.backup_bytes(b'half of it', 'base-db.tar', {{'set': {_UNFINISHED!r}, 'kind': 'base', 'part': 'db'}})",
        _command("backup", "prune"),
        turn=LAST,
    ),
    # Any command that concerns what runs ends it.
    _harm("a restore was cut off", {"restores"}, _begin_a_restore, _command("status")),
    _harm(
        "what a restore has kept is gone",
        {"restores"},
        _keep_what_is_not_there,
        _keep_nothing,
        targets=(NATIVE,),
    ),
    _harm("a copy of the data belongs to no restore", {"restores"}, _leave_a_copy, _remove_it, targets=(NATIVE,)),
)
