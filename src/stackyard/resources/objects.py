"""An S3-compatible store out of plain files: `rclone serve s3` over a folder that holds one for each bucket. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackyard.model.system import Objects
from stackyard.model.values import Ref, Value

REGION = "us-east-1"
"""What clients sign for; the store does not look at it."""


def bucket_folder(data: Path, resource: Objects) -> Path:
    """The folder that is the bucket; it must be there before the first request."""
    return data / resource.bucket


def command(rclone: str, data: Path, cache: Path, port: int | str, address: str = "127.0.0.1") -> tuple[str, ...]:
    """The server, on loopback unless told otherwise.

    Without `environment` it would let everybody in: start it with both, always. `data` holds the bucket's folder,
    `cache` is scratch. It is ready when it gives any HTTP answer; SIGTERM stops it.
    """
    return (
        rclone,
        "serve",
        "s3",
        str(data),
        "--addr",
        f"{address}:{port}",
        "--config",
        "/dev/null",
        "--cache-dir",
        str(cache),
        "--vfs-cache-mode",
        "off",
        # Others may put objects there, too: a restore, or a person with a file manager.
        "--dir-cache-time",
        "1s",
    )


def environment(resource: Objects) -> dict[str, Value]:
    """What the server itself needs: its keys, which must not stand on a command line.

    The variable holds CSV, and the pair is one field of it: hence the quotes.
    """
    pair: Value = ('"', Ref(resource.name, "access_key"), ",", Ref(resource.name, "secret_key"), '"')
    return {"RCLONE_AUTH_KEY": pair}


def service_environment(stores: Sequence[Objects]) -> dict[str, Value]:
    """What a service that needs these stores is told; AWS's own libraries find the first by themselves."""
    told: dict[str, Value] = {}
    for store in stores:
        prefix = store.name.upper().replace("-", "_")
        told |= {
            f"{prefix}_URL": (Ref(store.name, "url"),),
            f"{prefix}_BUCKET": (store.bucket,),
            f"{prefix}_ENDPOINT": (Ref(store.name, "endpoint"),),
        }
    for store in stores[:1]:
        told |= {
            "AWS_ENDPOINT_URL_S3": (Ref(store.name, "endpoint"),),
            "AWS_ACCESS_KEY_ID": (Ref(store.name, "access_key"),),
            "AWS_SECRET_ACCESS_KEY": (Ref(store.name, "secret_key"),),
            "AWS_REGION": (REGION,),
            "AWS_DEFAULT_REGION": (REGION,),
            # Whole-object checksums, which newer libraries want by default, fail on a range of an object here.
            "AWS_RESPONSE_CHECKSUM_VALIDATION": ("when_required",),
            "AWS_REQUEST_CHECKSUM_CALCULATION": ("when_required",),
        }
    return told


def unsupported(resource: Objects) -> tuple[str, ...]:
    """What the stack file asks for and this store does not keep, a sentence each, with its position."""
    name = resource.name
    wishes = (
        (resource.versioning, f"`versioning` of {name}: the native store keeps the newest version of an object only"),
        (bool(resource.expire), f"`expire` of {name}: the native store never removes an object by itself"),
        (
            bool(resource.public),
            f"`public` of {name}: the native store gives nothing to anybody without a key; presign the URLs",
        ),
        (
            resource.encrypt,
            f"`encrypt` of {name}: the native store writes plain files; encrypt the disk that they are on",
        ),
    )
    return tuple(f"{resource.position}: {sentence}" for wanted, sentence in wishes if wanted)
