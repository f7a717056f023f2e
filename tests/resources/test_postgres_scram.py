"""SCRAM-SHA-256 verifiers, held to the example of RFC 7677."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackyard.resources.postgres.scram import scram_matches, scram_verifier, wanted_verifiers

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60)


def test_a_verifier_answers_as_the_rfc_shows() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = scram_verifier("pencil", salt)
    assert verifier.startswith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    conversation = (
        f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}".encode()
    )
    server_key = base64.b64decode(verifier.rsplit(":", 1)[1])
    signature = base64.b64encode(hmac.digest(server_key, conversation, "sha256"))
    assert signature == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@settings(max_examples=25, deadline=None, database=None)
@given(password=PRINTABLE, other=PRINTABLE)
def test_a_verifier_fits_its_own_password_only(password: str, other: str) -> None:
    verifier = scram_verifier(password)
    assert scram_matches(verifier, password)
    assert scram_matches(verifier, other) == (password == other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "md5d41d8cd98f00b204e9800998ecf8427e",
        "SCRAM-SHA-256$4096:x$y:z",
        "SCRAM-SHA-256$0:AAAA$AAAA:AAAA",
        "a$b:c$d:e",
    ],
)
def test_anything_else_fits_nothing(text: str) -> None:
    assert not scram_matches(text, "password")


@pytest.mark.parametrize("password", ["", "pässword", "line\nbreak", "nul\0"])
def test_a_password_that_servers_would_normalise_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        scram_verifier(password)


def test_only_a_password_that_differs_gets_a_new_verifier() -> None:
    right = scram_verifier("right")
    wanted = wanted_verifiers({"api": right, "web": right}, {"api": "right", "web": "new", "job": "first"})
    assert wanted["api"] == right
    assert scram_matches(wanted["web"], "new")
    assert scram_matches(wanted["job"], "first")
