"""What `up` puts right, it puts right without losing anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.verify.ground import NativeGround

pytestmark = pytest.mark.real


def test_what_a_cache_took_in_while_its_log_was_off_outlives_a_restart(grounds: Callable[[str], NativeGround]) -> None:
    """CACHE-02: the log on the disk is old; a server that started on it would lose what was written since."""
    ground = grounds("everything")
    resource = ground.view.system.resource("cache")
    with ground.view.cache(resource) as cache:  # type: ignore[arg-type]
        cache.config_set("appendonly", "no")
        cache.set("written-without-a-log", "kept", ex=600)
    ground.edit("cache/redis.conf", "slowlog-max-len 512", "slowlog-max-len 511")
    before = ground.checkout.pids()["cache"]
    assert "restart cache" in ground.checkout.up_in_turn().out
    assert ground.checkout.pids()["cache"] != before
    with ground.view.cache(resource) as cache:  # type: ignore[arg-type]
        assert cache.get("written-without-a-log") == "kept"
        assert cache.config_get("appendonly")["appendonly"] == "yes"


def test_what_is_set_for_the_next_start_only_is_taken_back_before_it(grounds: Callable[[str], NativeGround]) -> None:
    """DB-04: ALTER SYSTEM of a setting that needs a restart is found before it comes to bear."""
    ground = grounds("everything")
    ground.sql("ALTER SYSTEM SET max_connections = 33")
    assert "max_connections was set to 33 beside the file" in ground.checkout.stackyard("plan").out
    assert ground.checkout.up_in_turn().code == 0
    assert ground.checkout.stackyard("restart", "db").code == 0
    with ground.view.database(ground.view.system.resource("db")) as connection:  # type: ignore[arg-type]
        assert connection.execute("SHOW max_connections").fetchone() != ("33",)


def test_a_setting_that_has_come_to_bear_with_a_restart_is_taken_back_with_one(
    grounds: Callable[[str], NativeGround],
) -> None:
    """DB-04."""
    ground = grounds("everything")
    ground.sql("ALTER SYSTEM SET max_connections = 155")
    assert ground.checkout.stackyard("restart", "db").code == 0
    before = ground.checkout.pids()["db"]
    ground.checkout.up_in_turn()
    assert ground.checkout.pids()["db"] != before
    with ground.view.database(ground.view.system.resource("db")) as connection:  # type: ignore[arg-type]
        assert connection.execute("SHOW max_connections").fetchone() != ("155",)
    assert ground.checkout.stackyard("plan", "--check").code == 0
