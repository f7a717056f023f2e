"""What the native target does with each field of a stack file, in the form of every target.

`stackyard targets` prints it. What is left out is said at `up` and `plan` (`support.notices`), what is refused is an
error with its line (`refusals`).
"""

from __future__ import annotations

from stackyard.targets.support import Row, Verdict

_KEPT, _NEARLY, _LOST, _REFUSED = Verdict.KEPT, Verdict.APPROXIMATED, Verdict.LOST, Verdict.REFUSED
_CONTAINERS = "Run it with `--target compose`, or leave it out of this environment with `profiles`."


def table() -> tuple[Row, ...]:
    """Every field, in the order of the reference."""
    return (*_SERVICES, *_RESOURCES, *_EDGE, *_REST)


_SERVICES = (
    Row("services.*.build", _KEPT, "a virtual environment with its packages", ("TOP-03",)),
    Row("services.*.build: files beside the source", _KEPT, "they stay where they are, if its user may write there"),
    Row("services.*.build: a Dockerfile", _REFUSED, "nothing here runs containers", ("TGT-01",), _CONTAINERS),
    Row("services.*.image", _REFUSED, "nothing here runs containers", ("TGT-01",), _CONTAINERS),
    Row("services.*.static", _KEPT, "built here, and served by the edge", ("EDGE-05",)),
    Row("services.*.packages", _NEARLY, "they must be on this machine; `up` says which are not, and how to get them"),
    Row("services.*.command", _KEPT, "it is the command of the process"),
    Row("services.*.port", _KEPT, "on loopback", ("TOP-05", "TOP-06")),
    Row("services.*.health", _KEPT, "the supervisor asks, quickly while it starts", ("TOP-01", "TOP-09")),
    Row("services.*.needs", _KEPT, "the start waits until what is needed is ready", ("TOP-01",)),
    Row("services.*.migrate", _KEPT, "must end well before the service starts", ("DB-08",)),
    Row("services.*.replicas", _KEPT, "as many processes, behind the edge", ("EDGE-07", "SCALE-01")),
    Row("services.*.environment", _KEPT, "the environment of the process", ("TOP-04",)),
    Row("services.*.secrets", _KEPT, "told to the process alone, out of files for their owner only", ("SEC-01",)),
    Row("services.*.schedule", _KEPT, "the supervisor starts it at its times, which are UTC"),
    Row("services.*.schedule of an image", _REFUSED, "nothing here runs containers", (), _CONTAINERS),
    Row("services.*.stop", _KEPT, "the signal and the grace of the process"),
    Row("services.*.restart", _KEPT, "with growing pauses, until it is given up", ("TOP-09",)),
    Row("services.*.limits", _LOST, "nobody enforces them", ("TOP-09",)),
    Row("services.*.watch", _KEPT, "in development a change is taken in at once", ("WEB-02", "TOP-03")),
    Row("services.*.profiles", _KEPT, "what was not asked for does not run", ("TOP-08",)),
)
_RESOURCES = (
    Row("resources.*.postgres", _KEPT, "a process of this machine, with settings from its memory", ("DB-04",)),
    Row("resources.*.extensions", _NEARLY, "those that the server here has; one that matters is an error", ("DB-01",)),
    Row("resources.*.schemas", _KEPT, "made with their roles, and reconciled", ("DB-02",)),
    Row("resources.*.init", _KEPT, "run once, when the database is new", ("TOP-11",)),
    Row("resources.*.pool", _KEPT, "the connections that a role may open", ("DB-05",)),
    Row("resources.*.tls", _KEPT, "the server refuses everything else", ("DB-11", "CACHE-02")),
    Row("resources.*.replicas", _KEPT, "a process each, which follows and may take over", ("DB-06",)),
    Row("resources.*.replicas of a Redis", _LOST, "one server runs, without replicas", ("CACHE-04",)),
    Row("resources.*.redis", _KEPT, "a process of this machine, Redis or Valkey", ("CACHE-01", "CACHE-02")),
    Row("resources.*.persistence", _KEPT, "what is there already is turned into the form asked for", ("CACHE-02",)),
    Row("resources.*.objects", _KEPT, "rclone over a folder", ("OBJ-01", "OBJ-02")),
    Row("resources.*.objects.versioning", _LOST, "the store keeps the newest version of an object only", ("OBJ-01",)),
    Row("resources.*.objects.expire", _LOST, "the store never removes an object by itself", ("OBJ-01",)),
    Row("resources.*.objects.public", _LOST, "the store gives nothing to anybody without a key", ("OBJ-01",)),
    Row("resources.*.objects.encrypt", _LOST, "the store writes plain files", ("OBJ-01",)),
    Row("resources.*.queue", _REFUSED, "no queue is run yet", ("QUEUE-01",), "Use a Redis for jobs."),
    Row("resources.*.image", _LOST, "the programs are those of this machine"),
    Row("resources.*.port", _KEPT, "on loopback, in production too", ("TOP-05", "TOP-06")),
)
_EDGE = (
    Row("edge.routes", _KEPT, "nginx, which takes changes in without a stop", ("EDGE-06",)),
    Row("edge.tls", _KEPT, "the certificate and its key are files for their owner only", ("EDGE-01",)),
    Row("edge.tls: acme", _REFUSED, "no certificates are fetched yet", ("EDGE-04",), "Give a certificate and a key."),
    Row("edge.limits", _KEPT, "by the address of the client", ("EDGE-03",)),
    Row(
        "edge.cors, csp, hsts, body, hidden", _KEPT, "in the configuration of nginx", ("EDGE-02", "EDGE-09", "EDGE-10")
    ),
    Row("edge.admin", _KEPT, "by the address of the client", ("EDGE-11",)),
    Row("edge.tenants", _KEPT, "by the name of the host", ("EDGE-08",)),
    Row("edge.maintenance", _KEPT, "a page of its own", ("EDGE-12",)),
)
_REST = (
    Row(
        "backups",
        _KEPT,
        "a program of this machine makes them, with the programs of the databases; its clock is the local one",
        ("BAK-01", "BAK-02", "BAK-03", "BAK-04", "BAK-05", "BAK-06"),
    ),
    Row("backups.to, offsite: sftp", _KEPT, "with the SSH keys of whoever starts the system", ("BAK-02",)),
    Row("monitoring.prometheus", _LOST, "nothing is watched", ("MON-01", "TOP-07")),
    Row("monitoring.grafana", _LOST, "nothing is watched", ("MON-02",)),
    Row("monitoring.alerts", _LOST, "nobody is told", ("MON-03",)),
    Row("monitoring.retention", _LOST, "nothing is watched"),
    Row("logs.size", _KEPT, "the supervisor rotates at that size, and keeps five files", ("LOG-01",)),
    Row("logs.keep", _NEARLY, "logs are kept by their size, not by their age", ("LOG-01",)),
    Row("logs.level", _KEPT, "services are told"),
    Row("secrets", _KEPT, "files for their owner only; no secret is on a command line or in a log", ("SEC-01",)),
    Row("network", _LOST, "everything listens on loopback, and has no network of its own", ("TOP-06",)),
)
