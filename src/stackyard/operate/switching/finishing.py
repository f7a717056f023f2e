"""Finish a switchover that was interrupted, or take it back. All servers of it are stopped first; `up` starts them."""

from __future__ import annotations

from stackyard.operate.switching import journal
from stackyard.operate.switching.effects import Places
from stackyard.operate.switching.journal import Journal, Phase


def finish(places: Places) -> str:
    """Bring an interrupted switchover to its end, forward or back; a sentence on it, "" when there was none.

    Whoever calls this holds the lock of operations. Raises StateError.
    """
    found = journal.read(places)
    if found is None:
        return ""
    places.stop(found.parts)
    return settle(places, found)


def settle(places: Places, found: Journal) -> str:
    """The same for servers that are stopped."""
    is_done = found.phase is not Phase.STOPPING and not (
        places.is_held(found.replica) and places.is_fenced(found.replica)
    )
    if found.aside:
        sentence = _settle_forced(places, found, is_done=is_done)
    elif found.phase is Phase.PLACING or is_done:
        places.change_places(found.primary, found.replica)
        sentence = f"the switchover of {found.primary} that was interrupted is finished"
    else:
        # Nobody was promoted: what the primary has is the newest, and it leads again.
        places.unfence(found.primary)
        sentence = f"the switchover of {found.primary} that was interrupted is taken back"
    journal.forget(places)
    return sentence


def _settle_forced(places: Places, found: Journal, *, is_done: bool) -> str:
    if is_done:
        places.succeed(found.primary, found.replica, found.aside)
        return f"the promotion of {found.replica} that was interrupted is finished"
    places.put_back(found.aside, found.primary)
    places.unfence(found.primary)
    return f"the promotion of {found.replica} that was interrupted is taken back"
