"""Signatures for S3, against the worked example of AWS's own documents."""

from __future__ import annotations

from datetime import UTC, datetime

from stackyard.verify.signing import Keys, presigned

EXAMPLE = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def test_a_presigned_url_is_signed_as_aws_signs_it() -> None:
    """OBJ-02: the signature is that of S3, not only what our own store takes."""
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    url = presigned("GET", "https://examplebucket.s3.amazonaws.com/test.txt", EXAMPLE, moment, 86400)
    assert url == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_keys_are_not_shown() -> None:
    assert "EXAMPLE" not in repr(EXAMPLE)
