"""How a database is entered: with a password, encrypted where the file says so, and by nobody else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.model.system import Postgres, System
from stackyard.observe.view import View
from stackyard.resources.postgres.catalog import catalog, monitor_role
from stackyard.resources.postgres.config import HBA, SUPERUSER
from stackyard.resources.postgres.replication import REPLICA_ROLE
from stackyard.resources.postgres.scram import scram_matches
from stackyard.resources.secrets import password_secret
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.database.asking import databases, has_none, knock, over_tcp, rows

_METHODS = frozenset({"scram-sha-256", "reject", "cert"})

_RULES = """
SELECT line_number, type, array_to_string(database, ','), array_to_string(user_name, ','), coalesce(address, ''),
       auth_method, coalesce(error, '') FROM pg_hba_file_rules ORDER BY 1
"""
_READ = "SELECT current_setting('hba_file'), extract(epoch FROM pg_conf_load_time())"


def _login(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        database = catalog(view.system, resource).database
        outside = view.place(resource.name)[0]
        with view.postgres_socket(resource) as (folder, port):
            socket: dict[str, Any] = {"host": folder, "port": port}
            for place, way in ((outside, {}), ("its socket", socket)):
                yield from _strangers(view, resource, database, place, way)
            sent = f"a role that does not exist, for a replica, to {resource.name} over its socket"
            yield _refused(sent, knock(view, resource, database, **socket, replication="true"))
        answer = knock(view, resource, "postgres", user=SUPERUSER)
        yield saw(
            f"{SUPERUSER}, without a password, to {resource.name} over {outside}",
            answer or "let in",
            fault=f"the superuser may come to {resource.name} over the network",
            unless="pg_hba.conf" in answer,
        )


def _strangers(view: View, resource: Postgres, database: str, place: str, way: Mapping[str, Any]) -> Iterator[Seen]:
    """The server writes a wrong password into its log, and none at all not: so only one of these is sent."""
    for base, what, more in (
        (database, "no password", {}),
        ("postgres", "no password", {}),
        (database, "a wrong password", {"password": secrets.token_hex(8)}),
    ):
        sent = f"a role that does not exist, with {what}, to {base} of {resource.name} over {place}"
        yield _refused(sent, knock(view, resource, base, **way, **more))


def _refused(sent: str, answer: str) -> Seen:
    """Who does not have to show a password is told whether the role exists."""
    is_right = bool(answer) and "does not exist" not in answer
    return saw(sent, answer or "let in", fault=f"no password is asked of {sent}", unless=is_right)


def _rules(view: View) -> Iterator[Seen]:
    for resource in databases(view.system):
        # Whoever is the server's own user inside a container of its own is its superuser there, and nobody else is.
        rendered = view.rendered(resource.name).get(str(HBA), "")
        with view.database(resource) as connection:
            found = rows(connection, _RULES)
            ((file, loaded),) = rows(connection, _READ)
        for line, kind, base, user, address, method, error in found:
            is_peer = (kind, user, method) == ("local", SUPERUSER, "peer") and " peer" in rendered
            fault = "" if is_peer else fault_of_rule(resource, str(kind), str(address), str(method), str(error))
            yield saw(f"{file}:{line}", " ".join((kind, base, user, address, method, error)).rstrip(), fault=fault)
        config = view.config(resource.name)
        there = config.folder / str(HBA)
        is_ours = file == f"{config.inside}/{HBA}" and bool(rendered) and there.read_text() == rendered
        yield saw(
            f"rules that {resource.name} reads",
            f"{file}, {'as rendered' if is_ours else 'changed'}",
            fault=f"{resource.name} has other rules than the file asks for",
            unless=is_ours,
        )
        late = there.stat().st_mtime - float(loaded)
        yield saw(
            f"when {resource.name} read them",
            "after they were written" if late <= 0 else f"{late:.0f} s before they were written",
            fault=f"{resource.name} has not read its rules since they were changed",
            unless=late <= 0,
        )


def fault_of_rule(resource: Postgres, kind: str, address: str, method: str, error: str) -> str:
    """Whom a rule of pg_hba.conf lets in and should not, or ""."""
    if error:
        return f"a rule of {resource.name} is wrong: {error}"
    if method not in _METHODS:
        return f"{resource.name} lets people in by {method}"
    if resource.tls and kind in ("host", "hostnossl") and method != "reject":
        return f"{resource.name} lets people in without encryption"
    if address == "all" and method != "reject":
        return f"{resource.name} lets people in from everywhere"
    return ""


def _passwords(view: View) -> Iterator[Seen]:
    import psycopg

    for resource in databases(view.system):
        wanted = catalog(view.system, resource)
        with view.database(resource) as connection:
            verifiers = dict(rows(connection, "SELECT rolname::text, coalesce(rolpassword, '') FROM pg_authid"))
        for role in wanted.logins:
            verifier = verifiers.get(role, "")
            method = verifier.split("$")[0] or "none"
            fits = scram_matches(verifier, view.secret(password_secret(resource, role)))
            yield saw(
                f"what {resource.name} keeps of the password of {role}",
                f"{method}, {'of' if fits else 'not of'} the password in the store",
                fault=f"{resource.name} has another password for {role} than the store",
                unless=fits,
            )
        # Whom replicas follow as may enter no database: that they follow shows its password.
        for role in (one for one in wanted.logins if one not in (SUPERUSER, REPLICA_ROLE)):
            sent = f"log in to {resource.name} over the network as {role}, with the password of the store"
            try:
                with over_tcp(view, resource, role, wanted.database) as own:
                    ((who,),) = rows(own, "SELECT session_user::text")
                yield saw(sent, f"session_user {who}", fault=f"{role} came in as {who}", unless=who == role)
            except psycopg.OperationalError as error:
                yield _not_let_in(sent, resource, role, " ".join(str(error).split()))


def _not_let_in(sent: str, resource: Postgres, role: str, answer: str) -> Seen:
    if "too many" in answer or "starting up" in answer or "FATAL" not in answer:
        raise CannotSeeError(f"{role} could not connect: {answer}")
    return saw(sent, answer.rpartition("FATAL: ")[2], fault=f"{resource.name} does not let {role} in")


def _encrypted(view: View) -> Iterator[Seen]:
    import psycopg

    for resource in databases(view.system):
        if not resource.tls:
            continue
        database = catalog(view.system, resource).database
        answer = knock(view, resource, database, sslmode="disable", password=secrets.token_hex(8))
        yield saw(
            f"connect to {resource.name} without encryption",
            answer or "let in",
            fault=f"{resource.name} speaks to clients that do not encrypt",
            unless="no encryption" in answer or "SSL off" in answer,
        )
        authority = view.authority(resource.name)
        strict: dict[str, Any] = {
            "sslmode": "verify-full",
            "sslrootcert": str(authority) if authority else "system",
            "host": "localhost",
            "hostaddr": view.place(resource.name)[0],
        }
        sent = f"connect to {resource.name} as localhost with sslmode=verify-full"
        try:
            with over_tcp(view, resource, monitor_role(view.system), database, **strict) as own:
                ((on, version, cipher),) = rows(
                    own, "SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
                )
            fault = f"{resource.name} is reached with {version}"
            yield saw(sent, f"{version}, {cipher}", fault=fault, unless=on and version in ("TLSv1.2", "TLSv1.3"))
        except psycopg.OperationalError as error:
            text = " ".join(str(error).split())
            if "SSL" not in text and "certificate" not in text:
                raise CannotSeeError(text) from None
            yield saw(sent, text, fault=f"the certificate of {resource.name} does not verify")


def _is_plain(system: System) -> str:
    return has_none(system) or ("" if any(one.tls for one in databases(system)) else "the file does not ask for TLS")


CHECKS = (
    Check(
        "database.login",
        ("DB-02", "SEC-01"),
        "nobody comes in without the right password, over the network or the socket",
        Look.OUTSIDE,
        _login,
        has_none,
    ),
    Check(
        "database.rules",
        ("DB-02",),
        "the server lets people in by the rules of the file, and by SCRAM only",
        Look.INSIDE,
        _rules,
        has_none,
    ),
    Check(
        "database.passwords",
        ("DB-02", "SEC-01"),
        "every role has the password of the secrets store, kept as a SCRAM verifier",
        Look.OUTSIDE,
        _passwords,
        has_none,
    ),
    Check(
        "database.encrypted",
        ("DB-11",),
        "connections are encrypted, and clients can verify whom they speak to",
        Look.OUTSIDE,
        _encrypted,
        _is_plain,
    ),
)
