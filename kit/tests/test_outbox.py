"""The outbox and its relay, on a real database."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE

import pytest
from ground import Ground, make_ground, run
from sqlalchemy import MetaData, text

from stackyard_kit import correlation
from stackyard_kit.deliveries import by_kind, to_channel
from stackyard_kit.fanout import Fanout
from stackyard_kit.inbox import Inbox, inbox_table
from stackyard_kit.metrics import Metrics
from stackyard_kit.outbox import Event, Outbox, outbox_table
from stackyard_kit.redis_link import RedisLink
from stackyard_kit.relay import Pace, Relay, RelayFigures
from stackyard_kit.settings import Secret
from stackyard_kit.testing import wait_until

pytestmark = pytest.mark.real

OUTBOX = Outbox(outbox_table(MetaData()))
INBOX = Inbox(inbox_table(MetaData()))
QUICK = Pace(first_pause=0.02, longest_pause=0.05, poll=0.02, tries=3)


@pytest.fixture(scope="module")
def prepared(postgres) -> Ground:
    ground = make_ground(postgres, ["create table effects (event uuid)"])
    ground.prepare(then=lambda bind: (OUTBOX.table.create(bind), INBOX._table.create(bind)))
    return ground


@pytest.fixture
def ground(prepared) -> Ground:
    prepared.as_keeper("truncate outbox, inbox, effects")
    return prepared


async def write(database, *events, **who):
    async with database.transaction(**who) as session:
        await OUTBOX.write(session, *events)


def numbered(key, *numbers):
    return [Event("counted", {"number": number}, key) for number in numbers]


@asynccontextmanager
async def relaying(*relays):
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for relay in relays:
            relay.stop()
        await asyncio.gather(*tasks)


async def until(holds, what):
    async with asyncio.timeout(30):
        while not holds():
            assert what
            await asyncio.sleep(0.005)


def test_an_event_is_delivered_when_its_change_was_committed_and_never_otherwise(ground):
    """APP-11: the event belongs to the transaction. APP-03: it carries the id of the request that caused it."""
    heard = []

    async def deliver(envelope):
        heard.append((envelope, correlation.current()))

    async def go():
        correlation.accept("edge-0000-4444")
        async with ground.database() as database:
            relay = Relay(database, OUTBOX, deliver)
            async with database.transaction() as session:
                await OUTBOX.write(session, Event("order.placed", {"number": 1}))
                await session.rollback()
            await write(database, Event("order.placed", {"number": 2}), tenant="north", actor="ann")
            correlation.accept("relay-0000-0000")
            assert await relay.step() == 1
            assert await relay.step() == 0

    run(go())
    [(envelope, identifier)] = heard
    assert (envelope.event.kind, envelope.event.payload, envelope.attempt) == ("order.placed", {"number": 2}, 1)
    assert (envelope.tenant, envelope.actor, envelope.correlation) == ("north", "ann", "edge-0000-4444")
    assert identifier == "edge-0000-4444"


def test_events_of_a_key_keep_the_order_in_which_they_were_committed(ground):
    """APP-11: also when the later event belongs to the transaction that ends first, which therefore has to wait."""
    heard = []

    async def deliver(envelope):
        heard.append(envelope.event.payload["number"])

    async def go():
        async with ground.database() as database:
            relay = Relay(database, OUTBOX, deliver)
            async with database.transaction() as session:
                await OUTBOX.write(session, *numbered("one", 1))
                second = asyncio.create_task(write(database, *numbered("one", 2)))
                other = asyncio.create_task(write(database, *numbered("other", 100)))
                await other
                await relay.step()
                assert heard == [100]
                assert not second.done()
            await second
            await relay.step()

    run(go())
    assert heard == [100, 1, 2]


def test_transactions_that_name_keys_in_opposite_order_do_not_block_each_other(ground):
    """APP-11: writers take turns in one order."""

    async def go():
        async with ground.database(10) as database:
            there = [*numbered("a", 1), *numbered("b", 1)]
            pairs = ([Event(e.kind, e.payload, e.key) for e in (there, there[::-1])[n % 2]] for n in range(40))
            await asyncio.gather(*(write(database, *pair) for pair in pairs))
            async with database.transaction() as session:
                assert (await OUTBOX.backlog(session)).pending == 80

    run(go())


def test_a_failed_event_comes_again_later_and_its_key_waits_for_it(ground):
    """APP-11: retries with a growing pause; other keys go on."""
    heard, times = [], []

    async def deliver(envelope):
        heard.append((envelope.event.key, envelope.event.payload["number"]))
        if heard[-1] == ("stuck", 1):
            times.append(time.monotonic())
            if envelope.attempt < 3:
                raise ConnectionError("not now")

    async def go():
        async with ground.database() as database:
            await write(database, *numbered("stuck", 1, 2), *numbered("free", 1, 2))
            async with relaying(Relay(database, OUTBOX, deliver, pace=Pace(first_pause=0.1, poll=0.01))):
                await until(lambda: ("stuck", 2) in heard, "all delivered")

    run(go())
    assert [number for key, number in heard if key == "stuck"] == [1, 1, 1, 2]
    assert [number for key, number in heard if key == "free"] == [1, 2]
    assert heard.index(("free", 2)) < heard.index(("stuck", 2))
    assert times[1] - times[0] >= 0.07
    assert times[2] - times[1] >= 0.14


def test_a_long_queue_behind_one_failed_event_costs_the_others_nothing(ground):
    """APP-11: keys are gone through by the index, not event by event."""
    heard = []

    async def deliver(envelope):
        heard.append(envelope.event.key)

    ground.as_keeper(
        "insert into outbox (id, key, kind, payload, due_at) select gen_random_uuid(), 'busy', 'counted', '{}',"
        " case n when 1 then now() + interval '1 hour' else now() end from generate_series(1, 50000) n"
    )
    ground.as_keeper("analyze outbox")

    async def go():
        async with ground.database() as database:
            await write(database, *numbered("after", 1), *numbered("zero", 1))
            relay = Relay(database, OUTBOX, deliver, pace=Pace(keys=1))
            async with asyncio.timeout(5):
                # One key at a time, and all the same each has its turn.
                assert [await relay.step() for _ in range(3)] == [1, 1, 0]

    run(go())
    assert heard == ["after", "zero"]


def test_what_fails_too_often_is_set_aside_seen_and_can_be_revived(ground):
    """APP-11: a dead letter does not hold up its key for ever, and nobody has to look for it in logs."""
    works, heard = [], []
    metrics = Metrics()

    async def deliver(envelope):
        number = envelope.event.payload["number"]
        if number == 1 and not works:
            raise ValueError("cannot read this")
        heard.append(number)

    async def go():
        async with ground.database() as database:
            await write(database, *numbered("k", 1, 2))
            relay = Relay(database, OUTBOX, deliver, pace=QUICK, figures=RelayFigures(metrics))
            async with relaying(relay):
                await until(lambda: heard == [2], "the event after it")
            async with database.transaction() as session:
                [dead] = await OUTBOX.dead_letters(session)
                assert (dead.event.payload["number"], dead.error) == (1, "ValueError: cannot read this")
                assert (await OUTBOX.backlog(session)).dead == 1
            again = RelayFigures(Metrics())
            figures = Relay(database, OUTBOX, deliver, pace=QUICK, figures=again)
            async with relaying(figures):
                await until(lambda: again.dead._value.get() == 1, "the figure")
            works.append(True)
            async with database.transaction() as session:
                assert await OUTBOX.revive(session, [dead.event.id]) == 1
            assert await relay.step() == 1

    run(go())
    assert heard == [2, 1]
    told = metrics.text().decode()
    assert "outbox_failed_attempts_total 3.0" in told
    assert "outbox_delivered_total 2.0" in told


def test_a_handler_that_hangs_counts_as_failed(ground):
    """APP-11: it holds up its key for as long as the patience lasts, and the relay no longer."""

    async def deliver(_envelope):
        await asyncio.sleep(3600)

    async def go():
        async with ground.database() as database:
            await write(database, *numbered("k", 1))
            assert await Relay(database, OUTBOX, deliver, pace=Pace(patience=0.05)).step() == 1

    run(go())
    assert ground.as_keeper("select state, attempts, error from outbox") == [("pending", 1, "TimeoutError: ")]


def test_several_relays_share_the_work_and_no_key_is_delivered_by_two_at_once(ground):
    """APP-11: as many relays as one likes, in order all the same."""
    heard, busy, by = defaultdict(list), set(), set()

    def deliverer(name):
        async def deliver(envelope):
            key = envelope.event.key
            assert key not in busy, "two relays deliver the same key"
            busy.add(key)
            await asyncio.sleep(random.uniform(0, 0.003))
            busy.discard(key)
            heard[key].append(envelope.event.payload["number"])
            by.add(name)

        return deliver

    async def go():
        async with ground.database(10) as database:
            await write(database, *(event for key in "abcdefgh" for event in numbered(key, *range(20))))
            pace = Pace(keys=2, events_of_key=3, poll=0.01)
            relays = [Relay(database, OUTBOX, deliverer(name), pace=pace) for name in range(4)]
            async with relaying(*relays):
                await until(lambda: sum(map(len, heard.values())) >= 160, "all delivered")

    run(go())
    assert dict(heard) == {key: list(range(20)) for key in "abcdefgh"}
    assert len(by) > 1


@pytest.mark.parametrize("pooled", [False, True])
def test_a_relay_is_called_at_once_and_finds_what_it_was_not_called_for(ground, pooled):
    """APP-11: NOTIFY makes it quick, polling makes it sure."""
    heard = []

    async def deliver(envelope):
        heard.append(envelope.event.payload["number"])

    async def go():
        async with ground.database() as database:
            # Polling alone would take a minute where it is called; where it is not, it has to do.
            pace = Pace(poll=0.05) if pooled else Pace(poll=60)
            relay = Relay(database, OUTBOX, deliver, listen=None if pooled else ground.app_url, pace=pace)
            async with relaying(relay):
                await until(lambda: pooled or listens(), "the relay listens")
                for number in range(5):
                    await write(database, *numbered("k", number))
                    await until(lambda wanted=number: heard[-1:] == [wanted], "delivery")

    def listens():
        query = (
            "select count(*) from pg_stat_activity where query like '%%LISTEN%%' and application_name = 'outbox relay'"
        )
        return ground.as_keeper(query)[0][0]

    run(go())
    assert heard == list(range(5))


def test_a_relay_outlives_the_loss_of_its_connections(ground):
    """APP-11: the database was restarted, the relay was not."""
    heard = []

    async def deliver(envelope):
        heard.append(envelope.event.payload["number"])

    async def go():
        everyone = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        async with ground.database() as database:
            relay = Relay(database, OUTBOX, deliver, listen=ground.app_url, pace=QUICK)
            async with relaying(relay):
                for number in range(3):
                    await write(database, *numbered("k", number))
                    await until(lambda wanted=number: wanted in heard, "delivery")
                    ground.as_keeper(f"select pg_terminate_backend(pid) {everyone}")

    run(go())
    assert sorted(set(heard)) == [0, 1, 2]


def test_a_consumer_handles_an_event_once_however_often_it_comes(ground):
    """APP-11: at least once on the way, once in effect, also when both come together and the first is rolled back."""

    async def handle(database, event, *, fails=False):
        async with database.transaction() as session:
            if await INBOX.is_new(session, "mailer", event.id):
                await session.execute(text("insert into effects values (:id)"), {"id": event.id})
                if fails:
                    raise RuntimeError

    async def go():
        event = Event("order.placed", {})
        async with ground.database(10) as database:
            with pytest.raises(RuntimeError):
                await handle(database, event, fails=True)
            await asyncio.gather(*(handle(database, event) for _ in range(8)))
            async with database.transaction() as session:
                assert await INBOX.is_new(session, "printer", event.id)
                assert await INBOX.sweep(session, timedelta(days=1)) == 0
            async with database.transaction() as session:
                assert await INBOX.sweep(session, timedelta(0)) == 2

    run(go())
    assert ground.as_keeper("select count(*) from effects") == [(1,)]


def test_delivered_events_are_removed_after_a_while_and_undelivered_ones_never(ground):
    """APP-11: the table does not grow for ever."""

    async def deliver(_envelope):
        pass

    async def go():
        async with ground.database() as database:
            await write(database, *numbered("k", 1, 2, 3))
            await Relay(database, OUTBOX, deliver).step()
            await write(database, *numbered("k", 4))
            async with database.transaction() as session:
                assert await OUTBOX.sweep(session, timedelta(hours=1)) == 0
            async with database.transaction() as session:
                assert await OUTBOX.sweep(session, timedelta(0)) == 3
                assert (await OUTBOX.backlog(session)).pending == 1

    run(go())


def test_events_reach_the_clients_of_every_process_over_redis(ground, redis):
    """APP-11: Redis pub/sub as a destination; while it is away the event waits in the outbox."""

    async def go():
        link, dead = RedisLink(Secret(redis.url)), RedisLink(Secret("redis://127.0.0.1:1/0"))
        fanout = Fanout(link, "live")
        fanout.start()
        async with ground.database() as database:
            await write(database, Event("stock", {"sku": "KIT-101"}), Event("hidden", {}))
            routed = by_kind({"stock": to_channel(dead, "live")})
            await Relay(database, OUTBOX, routed, pace=Pace(first_pause=0)).step()
            async with database.transaction() as session:
                assert (await OUTBOX.backlog(session)).pending == 1
            with fanout.subscribe() as subscription:
                while not await link.command("PUBSUB", "CHANNELS", "live"):
                    await asyncio.sleep(0.02)
                await Relay(database, OUTBOX, by_kind({"*": (to_channel(link, "live"),)})).step()
                async with asyncio.timeout(20):
                    heard = await subscription.next()
        await fanout.close()
        await link.close()
        await dead.close()
        return heard

    heard = run(go())
    assert (heard["type"], heard["sku"]) == ("stock", "KIT-101")


@contextmanager
def relay_processes(ground, lines):
    """What begins a relay in a process of its own and gives its id."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": ground.app_url.reveal()}
    command = [sys.executable, str(Path(__file__).with_name("relay_process.py")), str(lines)]
    with subprocess.Popen(command, env=environment, stdin=PIPE, stdout=PIPE, text=True) as parent:
        alive = []

        def begin():
            parent.stdin.write("one more\n")
            parent.stdin.flush()
            alive.append(int(parent.stdout.readline()))

        try:
            yield alive, begin
        finally:
            for process in alive:
                os.kill(process, signal.SIGKILL)
            parent.kill()


def test_relays_killed_at_any_point_lose_nothing_and_keep_the_order(ground, tmp_path):
    """APP-11: each event is delivered at least once after SIGKILL at random points, in order for each key."""
    keys, each, kills = 12, 80, 12
    lines = tmp_path / "delivered"
    lines.touch()

    async def fill():
        async with ground.database(5) as database:
            for first in range(0, each, 20):
                batches = (numbered(f"k{key}", *range(first, first + 20)) for key in range(keys))
                await asyncio.gather(*(write(database, *batch) for batch in batches))

    run(fill())
    with relay_processes(ground, lines) as (alive, begin):
        begin()
        begin()
        for _ in range(kills):
            size = lines.stat().st_size
            wait_until(lambda size=size: lines.stat().st_size > size + 20 or done(ground), "some deliveries")
            time.sleep(random.uniform(0, 0.03))
            os.kill(alive.pop(0), signal.SIGKILL)
            begin()
        wait_until(lambda: done(ground), "the rest")
    heard = defaultdict(list)
    for line in lines.read_text().splitlines():
        key, number = line.split()
        heard[key].append(int(number))
    assert len(heard) == keys
    for numbers in heard.values():
        assert set(numbers) == set(range(each))
        # After a kill it goes back to what was not written down, and never past what was not delivered.
        newest = -1
        for number in numbers:
            assert number <= newest + 1
            newest = max(newest, number)


def done(ground):
    return ground.as_keeper("select count(*) from outbox where state <> 'delivered'") == [(0,)]
