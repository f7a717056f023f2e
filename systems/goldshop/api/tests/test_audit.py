"""The trail of changes: the database writes it, and the application cannot edit it."""

from __future__ import annotations

import pytest
from parts import made
from psycopg import errors

pytestmark = pytest.mark.real


def changes(shop, table, row):
    answer = shop.manager.get("/api/changes", params={"table": table, "row": row})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_change_says_who_what_when_before_and_after(shop):
    """DB-12: also which request it was."""
    item = shop.item()
    answer = shop.manager.patch(
        f"/api/variants/{item['variants'][0]['id']}", json={"price": "77.00"}, headers={"X-Request-ID": "audit-0001"}
    )
    assert answer.status_code == 200
    newest, first = changes(shop, "variants", item["variants"][0]["id"])
    assert (newest["action"], newest["actor"], newest["correlation_id"]) == ("UPDATE", "Marek Manager", "audit-0001")
    assert (newest["before"]["price"], newest["after"]["price"]) == (121.0, 77.0)
    assert (first["action"], first["before"]) == ("INSERT", None)


def test_sales_and_their_books_are_in_the_trail(shop):
    """DB-12: what is sold, by whom."""
    sold = made(shop.clerk.post("/api/sales", json=shop.sale(shop.variant())))
    (sale,) = changes(shop, "sales", sold["id"])
    (booked,) = changes(shop, "transactions", sold["transaction_id"])
    assert (sale["actor"], booked["actor"]) == ("Clara Clerk", "Clara Clerk")


def test_nothing_of_a_password_reaches_the_trail(postgres):
    """DB-12: that it changed is recorded, not what it was."""
    with postgres.connect() as owner:
        owner.execute("update users set password_hash = password_hash || ' ' where email like 'admin@%'")
        owner.execute("update users set password_hash = trim(password_hash) where email like 'admin@%'")
        row = owner.execute(
            "select before, after, left_out from audit.changes where table_name = 'users' order by id desc limit 1"
        ).fetchone()
    assert "password_hash" not in row[0]
    assert "password_hash" not in row[1]
    assert row[2] == ["password_hash"]


@pytest.mark.parametrize(
    "statement",
    [
        "update audit.changes set actor = 'nobody'",
        "delete from audit.changes",
        "truncate audit.changes",
        "insert into audit.changes (at, action, table_name, role, transaction_id, left_out)"
        " values (now(), 'INSERT', 'sales', 'app', '1', '{}')",
        "alter table variants disable trigger audit_updates",
        "drop trigger audit_updates on variants",
        "select audit.record()",
    ],
)
def test_the_application_cannot_edit_the_trail_nor_switch_it_off(postgres, statement):
    """DB-12: cannot be edited by the application role."""
    with postgres.connect_app() as app, pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        app.execute(statement)


def test_the_application_reads_and_writes_rows_and_may_do_no_more(postgres):
    """DB-02: least privilege."""
    with postgres.connect_app() as app:
        for statement in (
            "create table mine (id int)",
            "drop table sales",
            "alter table users add column x int",
            "truncate items cascade",
            "update postings set amount = 1",
            "delete from movements",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement)


def test_the_trail_is_for_managers(shop):
    """APP-05: roles."""
    assert shop.clerk.get("/api/changes").status_code == 403
    page = shop.manager.get("/api/changes", params={"limit": 3}).json()
    following = shop.manager.get("/api/changes", params={"limit": 3, "cursor": page["next_cursor"]}).json()
    numbers = [one["id"] for one in page["items"] + following["items"]]
    assert numbers == sorted(set(numbers), reverse=True)
