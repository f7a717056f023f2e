"""Secrets of a Compose file: named, and written nowhere."""

from __future__ import annotations

from stackyard.importing.compose.draft import is_secret
from tests.importing.compose.test_import_any import import_text

PRIVATE = "horse-staple-3141"


def test_a_literal_password_becomes_a_secret_to_be_set() -> None:
    """SEC-01: it stands in no file that is written, and in no report."""
    made = import_text(f"services: {{web: {{image: x, environment: {{SMTP_PASSWORD: {PRIVATE}}}}}}}\n")
    assert "secrets: [SMTP_PASSWORD]" in made.stack
    assert made.secrets == ("SMTP_PASSWORD",)
    assert PRIVATE not in repr(made)


def test_the_same_value_is_one_secret() -> None:
    made = import_text(
        f"services:\n"
        f"  web: {{image: x, environment: {{DB_PASSWORD: {PRIVATE}}}}}\n"
        f"  db: {{image: mariadb, environment: {{MARIADB_PASSWORD: {PRIVATE}}}}}\n"
    )
    assert made.secrets == ("DB_PASSWORD",)
    assert "MARIADB_PASSWORD: '${secret.DB_PASSWORD}'" in made.stack


def test_two_services_with_different_values_of_one_name_have_two_secrets() -> None:
    made = import_text(
        "services:\n"
        "  a: {image: x, environment: {API_TOKEN: first-private-1}}\n"
        "  b: {image: x, environment: {API_TOKEN: other-private-2}}\n"
    )
    assert made.secrets == ("API_TOKEN", "B_API_TOKEN")
    assert "API_TOKEN: '${secret.B_API_TOKEN}'" in made.stack


def test_a_password_in_the_address_of_somebody_else_makes_the_whole_a_secret() -> None:
    made = import_text(
        f"services: {{web: {{image: x, environment: {{SENTRY: 'https://me:{PRIVATE}@example.org/1'}}}}}}\n"
    )
    assert made.secrets == ("SENTRY",)
    assert PRIVATE not in repr(made)


def test_a_password_in_a_command_is_filled_in_by_a_shell() -> None:
    made = import_text(
        f"services:\n  web:\n    image: x\n    command: run --token={PRIVATE} --name 'a b'\n"
        f"    environment: {{TOKEN: {PRIVATE}}}\n"
    )
    assert """command: [sh, -c, 'exec run "--token=${TOKEN}" --name ''a b''']""" in made.stack
    assert PRIVATE not in repr(made)


def test_a_password_that_only_a_command_knows_is_found_by_its_option() -> None:
    made = import_text(
        f"services:\n  web:\n    image: x\n    command: run --api-token {PRIVATE} --token-file /a --port 80\n"
    )
    assert made.secrets == ("PASSWORD",)
    assert '"${PASSWORD}"' in made.stack
    assert PRIVATE not in repr(made)


def test_a_password_in_a_check_is_filled_in_too() -> None:
    made = import_text(
        f"services:\n  web:\n    image: x\n    environment: {{ROOT_PASSWORD: {PRIVATE}}}\n"
        f"    healthcheck: {{test: [CMD, ping, '-p{PRIVATE}']}}\n"
    )
    assert '"-p${ROOT_PASSWORD}"' in made.stack
    assert PRIVATE not in repr(made)


def test_a_key_that_anybody_can_make_is_generated() -> None:
    made = import_text("services: {web: {image: x, environment: {SECRET_KEY: change-me}}}\n")
    assert "SECRET_KEY: {}" in made.stack
    assert made.secrets == ()


def test_names_tell_secrets_from_what_is_said_about_them() -> None:
    secret = ["DB_PASSWORD", "SECRET_KEY_BASE", "API_TOKEN", "AWS_SECRET_ACCESS_KEY", "OTP_SECRET", "SMTP_PASS"]
    plain = [
        "PASSWORD_MIN_LENGTH",
        "TOKEN_EXPIRES",
        "KEYCLOAK_URL",
        "SECRET_FILE",
        "AWS_ACCESS_KEY_ID",
        "MONKEY",
        "PUBLIC_KEY",
    ]
    assert all(is_secret(name, PRIVATE) for name in secret)
    assert not any(is_secret(name, PRIVATE) for name in plain)
