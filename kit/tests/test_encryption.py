"""Fields sealed by the service, and sealed again with a new key while it works."""

import asyncio
import base64
from uuid import UUID, uuid4

import pytest
from ground import Ground, make_ground, run
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from stackyard_kit.encryption import Field, KeyRing, KeysError, Sealed, SealedText, SealError
from stackyard_kit.rekey import Plan, Progress, rekey, remaining
from stackyard_kit.settings import Secret

ONE, TWO = KeyRing.new_key(1).reveal(), KeyRing.new_key(2).reveal()
OLD, BOTH, TURNED, NEW = (KeyRing.of(Secret(text)) for text in (ONE, f"{ONE},{TWO}", f"{TWO},{ONE}", TWO))
IBAN = Field("customers", "iban")
PLAN = Plan(IBAN, index="iban_index")


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    iban: Mapped[Sealed | None] = mapped_column(SealedText)
    iban_index: Mapped[bytes | None]


def customer(keys, iban):
    identifier = uuid4()
    return Customer(id=identifier, iban=keys.seal(IBAN, identifier, iban), iban_index=keys.index(IBAN, iban))


@settings(deadline=None, max_examples=50)
@given(some.text(), some.uuids())
def test_what_was_sealed_opens_and_is_never_twice_the_same(value, row):
    """APP-07: any text."""
    sealed = OLD.seal(IBAN, row, value)
    assert OLD.open(IBAN, row, sealed) == value
    assert OLD.seal(IBAN, row, value) != sealed


def test_a_value_opens_in_its_own_place_only():
    """APP-07: neither another row, column or table, nor another key, nor a changed byte."""
    row, other = uuid4(), uuid4()
    sealed = OLD.seal(IBAN, row, "DE89 3704")
    for keys, field, place in (
        (OLD, IBAN, other),
        (OLD, Field("customers", "phone"), row),
        (OLD, Field("suppliers", "iban"), row),
        (NEW, IBAN, row),
        (KeyRing.of(Secret(KeyRing.new_key(1).reveal())), IBAN, row),
    ):
        with pytest.raises(SealError):
            keys.open(field, place, sealed)
    for index in range(len(sealed.content)):
        changed = bytearray(sealed.content)
        changed[index] ^= 1
        with pytest.raises(SealError):
            OLD.open(IBAN, row, Sealed(bytes(changed)))
    for cut in (b"", b"plain text", sealed.content[:-1], sealed.content[:20]):
        with pytest.raises(SealError):
            OLD.open(IBAN, row, Sealed(cut))


def test_names_cannot_be_shifted_between_table_column_and_row():
    """APP-07: each part is bound by itself."""
    sealed = OLD.seal(Field("ab", "c"), "d", "x")
    for field, row in ((Field("a", "bc"), "d"), (Field("ab", "cd"), ""), (Field("abc", ""), "d")):
        with pytest.raises(SealError):
            OLD.open(field, row, sealed)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1",
        "one:AAAA",
        f"1:{base64.b64encode(bytes(32)).decode()}",
        f"1:{base64.b64encode(b'short').decode()}",
        f"{ONE},{ONE}",
        f"{ONE},",
        "70000:" + ONE.split(":")[1],
        ONE.replace("1:", "1:*"),
    ],
)
def test_keys_that_are_not_random_bytes_are_refused_without_being_told(written):
    """SEC-04: weak keys are found at the start. SEC-01: and stay out of the message."""
    with pytest.raises(KeysError) as refused:
        KeyRing.of(Secret(written))
    for entry in written.split(","):
        _, _, key = entry.partition(":")
        assert not key or key not in str(refused.value)


def test_nothing_shows_a_key_or_a_value():
    """SEC-01: in no log by accident."""
    sealed = OLD.seal(IBAN, 1, "DE89 3704")
    assert (repr(BOTH), repr(sealed)) == ("KeyRing(1, 2)", "Sealed(key 1)")
    assert repr(KeyRing.new_key(3)) == "Secret(***)"


@pytest.fixture
def ground(postgres) -> Ground:
    ground = make_ground(postgres)
    ground.prepare(then=Base.metadata.create_all)
    return ground


@pytest.mark.real
def test_the_database_holds_nothing_that_can_be_read_and_finds_equal_values(ground):
    """APP-07: the column is ciphertext, the index finds it, and plain text does not get there by mistake."""

    async def go():
        async with ground.database() as database:
            async with database.transaction() as session:
                session.add_all(customer(OLD, iban) for iban in ("DE89 3704", "DE89 3704", "FR14 2004"))
            async with database.transaction() as session:
                query = select(Customer).where(Customer.iban_index.in_(BOTH.indexes(IBAN, "DE89 3704")))
                found = (await session.scalars(query)).all()
                assert [BOTH.open(IBAN, one.id, one.iban) for one in found] == ["DE89 3704"] * 2
                assert found[0].iban != found[1].iban
            with pytest.raises(StatementError, match="takes Sealed, not str"):
                async with database.transaction() as session:
                    session.add(Customer(id=uuid4(), iban="DE89 3704"))

    run(go())
    dump = str(ground.as_keeper("select c::text from customers c"))
    assert "DE89" not in dump
    assert b"DE89".hex() not in dump


@pytest.mark.real
def test_a_value_copied_to_another_row_does_not_open(ground):
    """APP-07: who can write the table cannot swap two customers' accounts."""

    async def go():
        async with ground.database() as database:
            mine, other = customer(OLD, "DE89"), customer(OLD, "FR14")
            async with database.transaction() as session:
                session.add_all([mine, other])
            async with database.transaction() as session:
                copy = "update customers set iban = (select iban from customers where id = :other) where id = :mine"
                await session.execute(text(copy), {"mine": mine.id, "other": other.id})
            async with database.transaction() as session:
                row = await session.get_one(Customer, mine.id)
                with pytest.raises(SealError, match="altered or belongs to another row"):
                    OLD.open(IBAN, row.id, row.iban)

    run(go())


@pytest.mark.real
def test_a_new_key_takes_over_while_everybody_goes_on_working(ground):
    """APP-07: re-keyed without downtime: readers, searchers and writers with the old or the new ring all the while."""
    people = {f"DE{number:04}": None for number in range(300)}

    async def work(database, stop):
        rounds = 0
        while not stop.is_set():
            for keys, iban in ((BOTH, f"DE{rounds % 300:04}"), (TURNED, "DE0007")):
                async with database.transaction() as session:
                    query = select(Customer).where(Customer.iban_index.in_(keys.indexes(IBAN, iban)))
                    found = (await session.scalars(query)).one()
                    assert keys.open(IBAN, found.id, found.iban) == iban
                    # Who has not been restarted yet still seals with the old key.
                    found.iban, found.iban_index = keys.seal(IBAN, found.id, iban), keys.index(IBAN, iban)
            rounds += 1
            await asyncio.sleep(0)
        return rounds

    async def go():
        async with ground.database(6) as database:
            async with database.transaction() as session:
                session.add_all(customer(OLD, iban) for iban in people)
                session.add(Customer(id=uuid4()))
            stop = asyncio.Event()
            workers = [asyncio.create_task(work(database, stop)) for _ in range(2)]
            told = []
            async for progress in rekey(database, TURNED, PLAN, batch=40):
                told.append(progress)
                await asyncio.sleep(0.02)
                if progress.done >= 200:
                    stop.set()
            rounds = await asyncio.gather(*workers)
            assert min(rounds) > 0
            # The old one is out: all that was written meanwhile with it has been sealed again, or is now.
            async for _ in rekey(database, TURNED, PLAN):
                pass
            async with database.transaction() as session:
                assert await remaining(session, NEW, PLAN) == 0
                rows = (await session.scalars(select(Customer).where(Customer.iban.is_not(None)))).all()
                assert {NEW.open(IBAN, row.id, row.iban) for row in rows} == set(people)
                assert {row.iban_index for row in rows} == {NEW.index(IBAN, iban) for iban in people}
            return told

    told = run(go())
    assert told[0] == Progress(0, 300)
    assert told[-1].left == 0
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)


@pytest.mark.real
def test_a_re_key_that_was_cut_off_goes_on_where_it_was(ground):
    """APP-07: resumable, and two at once share the work."""

    async def go():
        async with ground.database(6) as database:
            async with database.transaction() as session:
                session.add_all(customer(OLD, f"DE{number:04}") for number in range(100))
            async for progress in rekey(database, TURNED, PLAN, batch=30):
                if progress.done:
                    break
            async with database.transaction() as session:
                assert await remaining(session, TURNED, PLAN) == 70

            async def finish():
                done = 0
                async for progress in rekey(database, TURNED, PLAN, batch=10):
                    done = progress.done
                return done

            assert sum(await asyncio.gather(finish(), finish())) == 70

    run(go())
