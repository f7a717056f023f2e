"""The words of the stack file: backups, monitoring, logs, secrets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag

from stackyard.spec import shapes
from stackyard.spec.schema_types import BY_SHAPE, FLAG, TEXT, Duration, Section, Size, key

WalValue = Annotated[Annotated[Literal["continuous"], Tag(TEXT)] | Annotated[Literal[False], Tag(FLAG)], BY_SHAPE]


Recipient = Annotated[str, Field(pattern=shapes.RECIPIENT)]


class Backups(Section):
    """When to back up, where to, what to keep, and the two objectives that drills are measured by."""

    at: Annotated[str, Field(pattern=shapes.CLOCK)] | None = key(
        "The time of the daily backup.", "03:30", default="02:00"
    )
    keep: Duration | None = key("How long backups are kept.", "90d", default="30d")
    weekly: Annotated[int, Field(ge=0, le=520)] | None = key(
        "How many sets are kept beyond `keep`, the newest of each week.", 8, default=0
    )
    monthly: Annotated[int, Field(ge=0, le=120)] | None = key(
        "How many sets are kept beyond `keep`, the newest of each month.", 12, default=0
    )
    to: Annotated[str, Field(pattern=shapes.PLACE)] | None = key(
        "Where the repository is: a folder, or a URL that restic knows. It is always encrypted. By default it lies in "
        "the folder of the environment, on the disk of the data: give another disk, or `offsite`, in production.",
        "/mnt/backups/shop",
    )
    offsite: Annotated[str, Field(pattern=shapes.OFFSITE)] | None = key(
        "Where a copy of everything goes, after each backup. The keys of an S3 store are the secrets "
        "`backups.offsite-access-key` and `backups.offsite-secret-key`.",
        "s3://example-backups/shop",
    )
    encrypt: bool | None = key(
        "Back up secrets, encrypted to `recipients`. With `false` secrets are not in the backups at all.",
        False,
        default=True,
    )
    recipients: Annotated[list[Recipient], Field(min_length=1, max_length=20)] | None = key(
        "The public keys that can open the secrets in a backup, and the recovery kit. Their private keys belong "
        "elsewhere than on this machine. Production needs one; elsewhere a generated one serves.",
        ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"],
    )
    wal: WalValue | None = key(
        "`continuous` keeps every change of the databases as it happens, so that any moment can be restored. "
        "By default it is, where there is a postgres; `false` leaves one restorable moment a day.",
        False,
    )
    rate: Annotated[str, Field(pattern=shapes.BYTE_RATE)] | None = key(
        "How fast a backup may read a database. By default there is no limit.", "50MB/s"
    )
    rpo: Duration | None = key(
        "Recovery point objective: how much work a disaster may cost. By default 1h with `wal: continuous`, else 24h.",
        "1h",
    )
    rto: Duration | None = key("Recovery time objective: how long a restore may take.", "1h", default="4h")
    drill: Literal["daily", "weekly", "monthly", "never"] | None = key(
        "How often a backup is restored on trial and measured.", "monthly", default="weekly"
    )


class Monitoring(Section):
    """What watches the system."""

    prometheus: bool | None = key("Collect metrics with Prometheus.", False, default=True)
    grafana: bool | None = key("Show them with Grafana.", True, default=False)
    alerts: Annotated[str, Field(pattern=shapes.ALERTS)] | None = key(
        "Where alerts go: an e-mail address or the URL of a webhook.", "ops@example.org"
    )
    retention: Duration | None = key("How long metrics are kept.", "90d", default="15d")


class Logs(Section):
    """How long logs are kept, and how much is logged."""

    keep: Duration | None = key("How long logs are kept.", "7d", default="30d")
    size: Size | None = key("How large one file may grow, at least 1MB.", "50MB", default="20MB")
    level: Literal["debug", "info", "warning", "error"] | None = key(
        "The level that services are given. By default info, in development debug.", "warning"
    )


class Secret(Section):
    """A secret. With an empty mapping it is generated for each environment."""

    provided: bool | None = key("It comes from you; without it, the system does not start.", True, default=False)
    length: Annotated[int, Field(ge=16, le=1024)] | None = key("Characters of a generated secret.", 64, default=43)
