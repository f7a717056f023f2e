"""What makes a start quick: the modules that answer probes import no framework."""

import asyncio
import subprocess
import sys

from stackyard_kit import correlation, health
from stackyard_kit.health import Check, Health

HEAVY = ("fastapi", "starlette", "pydantic", "sqlalchemy", "redis", "argon2", "jwt", "prometheus_client", "alembic")


def test_the_service_answers_probes_without_importing_a_framework():
    script = (
        f"import sys, stackyard_kit.service, stackyard_kit.probes; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_dependency_is_asked_once_however_many_probes_come():
    """APP-01: the checks are real, and probes cannot hurt what they ask."""
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1

    async def probe():
        health_of_it = Health((Check("database", ask),))
        await asyncio.gather(*(health_of_it.findings() for _ in range(50)))

    asyncio.run(probe())
    assert asked == 1


def test_the_verdict_tells_degraded_from_unavailable():
    """APP-01: without the cache the service is degraded, without the database unavailable."""

    async def works() -> None:
        return None

    async def fails() -> None:
        raise ConnectionRefusedError("host names stay out of the answer")

    async def verdict(database, cache):
        checks = (Check("database", database), Check("cache", cache, vital=False))
        findings = await Health(checks).findings()
        assert "host names" not in str(health.details(findings))
        return health.verdict(findings)

    assert asyncio.run(verdict(works, works)) == "ok"
    assert asyncio.run(verdict(works, fails)) == "degraded"
    assert asyncio.run(verdict(fails, works)) == "unavailable"


def test_a_correlation_id_is_taken_over_only_when_it_is_safe_in_a_comment():
    """APP-03: the id goes into SQL comments, so nothing may end one."""
    assert correlation.accept("edge-1234.abc_D") == "edge-1234.abc_D"
    assert correlation.comment("select 1") == "/* correlation_id='edge-1234.abc_D' */ select 1"
    for hostile in ("*/ drop table users; --", "short", "x" * 65, "line\nbreak-0000", "", "ünicode-0000"):
        taken = correlation.accept(hostile)
        assert taken != hostile
        assert len(taken) == 32
