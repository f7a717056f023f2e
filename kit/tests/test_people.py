"""Who may sign in, as an operator says it."""

import io
import uuid

import pytest
from identity_parts import SECRET
from sqlalchemy import Boolean, Column, MetaData, String, Table, Uuid, create_engine, true

from stackyard_kit.identity import identity_tables
from stackyard_kit.passwords import Passwords
from stackyard_kit.people import People, run_command

pytestmark = pytest.mark.real

METADATA = MetaData()
IDENTITY = identity_tables(METADATA)
USERS = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("email", String, unique=True),
    Column("name", String),
    Column("role", String),
    Column("password_hash", String),
    Column("active", Boolean, server_default=true()),
)
PEOPLE = People(USERS, IDENTITY, ("clerk", "manager"))
WORD = "a long word of mine"


@pytest.fixture(scope="module")
def ground(postgres):
    postgres.create("people")
    engine = create_engine(postgres.url(database="people").replace("postgresql://", "postgresql+psycopg://"))
    METADATA.create_all(engine)
    engine.dispose()
    return postgres


@pytest.fixture
def desk(ground, monkeypatch, capsys):
    """Runs the command; gives its exit code and what it said."""

    def run(*words, typed="", **changed):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        environment = {
            "DATABASE_URL": ground.app_url("people"),
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "JWT_SECRET": SECRET,
            **changed,
        }
        code = run_command(PEOPLE, words, environment)
        said = capsys.readouterr()
        return code, said.out + said.err

    with ground.connect("people") as owner:
        owner.execute("truncate users, refresh_tokens")
    return run


def test_the_first_person_of_a_system_is_let_in_and_the_password_is_theirs(ground, desk):
    """APP-05, SEC-04: production has no sample user, and no password stands in an argument."""
    import asyncio

    assert desk() == (0, "nobody yet: `add EMAIL --name NAME --role ROLE` lets somebody sign in\n")
    added = desk("add", "Mia@Shop.example", "--name", "Mia", "--role", "manager", typed=WORD)
    assert added == (0, "mia@shop.example can sign in as manager\n")
    assert desk("list") == (0, "mia@shop.example  manager  Mia\n")
    with ground.connect("people") as owner:
        (stored,) = owner.execute("select password_hash from users").fetchone()

    async def match(word):
        return await Passwords().match(stored, word)

    assert (asyncio.run(match(WORD)), asyncio.run(match("another word"))) == (True, False)


def test_a_new_password_another_role_and_a_closed_account_end_all_sessions(ground, desk):
    """APP-04, APP-05: what somebody was allowed before is worth nothing afterwards."""
    desk("add", "uli@shop.example", "--name", "Uli", "--role", "clerk", typed=WORD)
    for words, said in (
        (("password", "uli@shop.example"), "has a new password; all sessions have ended"),
        (("role", "uli@shop.example", "manager"), "is manager now; all sessions have ended"),
        (("close", "uli@shop.example"), "can sign in no more; all sessions have ended"),
    ):
        session = uuid.uuid4()
        with ground.connect("people") as owner:
            owner.execute(
                "insert into refresh_tokens (digest, family, user_id, expires_at)"
                " select %s, %s, id, now() + interval '1 day' from users",
                (session.bytes, session),
            )
        assert desk(*words, typed="quite another word") == (0, f"uli@shop.example {said}\n")
        with ground.connect("people") as owner:
            assert owner.execute("select count(*) from refresh_tokens where expires_at > now()").fetchone() == (0,)
            assert owner.execute("select count(*) from ended_sessions where session = %s", (session,)).fetchone() == (
                1,
            )
    assert desk("list") == (0, "uli@shop.example  manager  Uli  (closed)\n")
    assert desk("open", "uli@shop.example") == (0, "uli@shop.example can sign in again\n")


def test_mistakes_are_told_in_a_line_and_change_nothing(desk, capsys):
    desk("add", "mia@shop.example", "--name", "Mia", "--role", "manager", typed=WORD)
    again = desk("add", "mia@shop.example", "--name", "Other", "--role", "clerk", typed=WORD)
    assert again == (1, "people: there is somebody with the address mia@shop.example: `list` shows who\n")
    short = desk("password", "mia@shop.example", typed="short")
    assert short == (1, "people: a password has 12 characters at least: nothing was changed\n")
    nobody = desk("close", "nobody@shop.example")
    assert nobody == (1, "people: nobody has the address nobody@shop.example: `list` shows the 1 who sign in here\n")
    assert desk("add", "mia", "--name", "M", "--role", "clerk", typed=WORD)[0] == 1
    assert desk("list", JWT_SECRET="")[0] == 2
    away = desk("list", DATABASE_URL="postgresql://app:a-password@127.0.0.1:1/none")
    assert (away[0], "a-password" in away[1]) == (1, False)
    with pytest.raises(SystemExit) as refused:
        desk("role", "mia@shop.example", "emperor")
    assert refused.value.code == 2
    assert "emperor" in capsys.readouterr().err
    assert desk("list") == (0, "mia@shop.example  manager  Mia\n")
