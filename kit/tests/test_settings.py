from dataclasses import dataclass

import pytest

from stackyard_kit.settings import CommandSettings, Secret, Settings, SettingsError

GOOD = {
    "DATABASE_URL": "postgresql://app:k7Qp2mX9vRt4@127.0.0.1:5432/shop?sslmode=require",
    "REDIS_URL": "redis://:w8Zn3bY6cLd1@127.0.0.1:6379/0",
    "JWT_SECRET": "Jq4uT9xWb2LmZ7cRk5Vn8YpD3sGh6FaE",
    "ENVIRONMENT": "production",
}
ABSENT = Secret("")


def test_the_environment_becomes_settings():
    settings = Settings.from_environment({**GOOD, "LOG_LEVEL": "WARNING", "DATABASE_POOL": "20"})
    assert (settings.environment, settings.log_level, settings.database_pool) == ("production", "warning", 20)
    assert settings.database_url.reveal() == GOOD["DATABASE_URL"]


def test_a_secret_does_not_show_itself():
    settings = Settings.from_environment(GOOD)
    shown = f"{settings} {settings!r} {Secret('Jq4uT9xW')}"
    assert not any(value in shown for value in ("k7Qp2mX9vRt4", "w8Zn3bY6cLd1", "Jq4uT9xW"))


def test_every_finding_is_named_at_once_and_no_value_with_it():
    with pytest.raises(SettingsError) as failure:
        Settings.from_environment({"JWT_SECRET": "short", "LOG_LEVEL": "loud", "DATABASE_POOL": "-1"})
    message = str(failure.value)
    for name in ("DATABASE_URL", "REDIS_URL", "LOG_LEVEL", "DATABASE_POOL"):
        assert name in message
    assert "short" not in message
    assert "loud" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://app:tiny@127.0.0.1/shop"),
        ("DATABASE_URL", "postgresql://app@127.0.0.1/shop"),
        ("REDIS_URL", "redis://:change-me-please@127.0.0.1:6379/0"),
        ("JWT_SECRET", "your-256-bit-secret-here-0123456789"),
        ("JWT_SECRET", "a" * 40),
    ],
)
def test_production_refuses_a_weak_secret(name, value):
    """SEC-04: a weak, missing or sample secret ends the start in production."""
    with pytest.raises(SettingsError, match=f"{name} holds a weak or sample secret"):
        Settings.from_environment({**GOOD, name: value})
    assert Settings.from_environment({**GOOD, name: value, "ENVIRONMENT": "development"}).environment == "development"


@pytest.mark.parametrize("url", ["mysql://a:b@h/x", "postgresql://", "postgresql://h:port/x", "postgresql://[h/x"])
def test_a_url_of_another_kind_is_refused(url):
    with pytest.raises(SettingsError, match="DATABASE_URL is not like postgresql://"):
        CommandSettings.from_environment({"DATABASE_URL": url})


def test_a_secret_that_a_service_adds_is_checked_like_its_own():
    """SEC-04: no secret is forgotten because it came later."""

    @dataclass(frozen=True, kw_only=True)
    class ShopSettings(Settings):
        mail_password: Secret
        queue_url: Secret = ABSENT

    given = {**GOOD, "MAIL_PASSWORD": "y4Fq8ZrT1mKx"}
    assert ShopSettings.from_environment(given).mail_password.reveal() == "y4Fq8ZrT1mKx"
    with pytest.raises(SettingsError, match="MAIL_PASSWORD holds a weak or sample secret"):
        ShopSettings.from_environment({**given, "MAIL_PASSWORD": "change-me-later"})
    with pytest.raises(SettingsError, match="QUEUE_URL holds a weak or sample secret"):
        ShopSettings.from_environment({**given, "QUEUE_URL": "amqp://shop:guest@127.0.0.1:5672"})
