"""Init scripts on real servers: once, in order, and never half-run in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import PartError
from stackyard.model.system import System
from stackyard.runner import Processes
from stackyard.targets.local.postgres_init import Initialisation, run_init_scripts
from stackyard.targets.native.toolchain.finding import find
from stackyard.targets.native.toolchain.tool import Want

from .servers import MAJORS, Running, identity
from .systems import bring_up, database, desired, log_in, passwords, rows, service, system

pytestmark = [pytest.mark.real, pytest.mark.parametrize("cluster", MAJORS[-1:], indirect=True)]


def new(cluster: Running, name: str, scripts: dict[str, str]) -> tuple[System, Path, Initialisation]:
    """A new database with init scripts that have not run yet."""
    folder = cluster.folder / f"init-{name}"
    folder.mkdir()
    for file, text in scripts.items():
        (folder / file).write_text(text)
        (folder / file).chmod(0o755 if file.endswith(".sh") else 0o644)
    one = system(name, [service("api")], [database(init=folder)])
    bring_up(cluster.server, one)
    return one, folder, initialisation(cluster, one)


def initialisation(cluster: Running, one: System, psql: Path | None = None) -> Initialisation:
    wanted = desired(one)
    secret = passwords(wanted, "")[wanted.owner]
    log = cluster.folder / "init.log"
    return Initialisation(cluster.server, wanted.database, wanted.owner, secret, identity(), Processes(), log, psql)


def test_scripts_run_once_in_alphabetical_order_on_first_creation(cluster: Running) -> None:
    """TOP-11: once, in order, and what they make belongs to the owner and is open to services."""
    scripts = {
        "20-data.sql": "INSERT INTO step VALUES ('20'); INSERT INTO step VALUES ('20; still')",
        "10-schema.sql": "CREATE TABLE step (name text);",
        "README.md": "not a script",
        "30-more.sql": "DO $$ BEGIN INSERT INTO step VALUES ('30'); END $$",
    }
    one, folder, first = new(cluster, "ordered", scripts)
    assert run_init_scripts(folder, first) == ("10-schema.sql", "20-data.sql", "30-more.sql")
    (folder / "40-late.sql").write_text("INSERT INTO step VALUES ('40')")
    assert run_init_scripts(folder, first) == ()
    with log_in(cluster.server, one, "ordered_api") as api:
        assert rows(api, "SELECT name FROM step") == [("20",), ("20; still",), ("30",)]
        assert rows(api, "SELECT tableowner FROM pg_tables WHERE tablename = 'step'") == [("ordered_owner",)]
    assert bring_up(cluster.server, one) == ()


def test_a_folder_that_comes_later_never_runs_on_old_data(cluster: Running) -> None:
    """TOP-11: init scripts are for first creation only."""
    one, folder, first = new(cluster, "grown", {})
    assert run_init_scripts(None, first) == ()
    (folder / "10.sql").write_text("CREATE TABLE too_late ()")
    assert run_init_scripts(folder, first) == ()
    with cluster.server.connect("grown") as connection:
        connection.execute("DROP SCHEMA stackyard CASCADE; CREATE TABLE used ()")
    bring_up(cluster.server, one)
    assert run_init_scripts(folder, first) == ()


def test_a_broken_script_leaves_nothing_and_runs_again_when_it_is_corrected(cluster: Running) -> None:
    scripts = {"10.sql": "CREATE TABLE one ()", "20.sql": "CREATE TABLE two ();\n\nINSERT INTO nowhere VALUES (1);"}
    _, folder, first = new(cluster, "broken", scripts)
    with pytest.raises(PartError, match=r'20\.sql:3: relation "nowhere" does not exist'):
        run_init_scripts(folder, first)
    (folder / "20.sql").write_text("CREATE TABLE two ()")
    assert run_init_scripts(folder, first) == ("20.sql",)


def test_a_script_that_stopped_half_way_stops_the_next_up(cluster: Running) -> None:
    """TOP-11: half-run scripts are noticed, whatever stopped them."""
    _, folder, first = new(cluster, "halfway", {"10-half.sh": "#!/bin/sh\necho half; exit 7\n"})
    with pytest.raises(PartError, match="exit code 7") as caught:
        run_init_scripts(folder, first)
    assert caught.value.details[-1] == "half"
    (folder / "10-half.sh").write_text("#!/bin/sh\n")
    with pytest.raises(PartError, match=r"10-half\.sh of db was interrupted") as caught:
        run_init_scripts(folder, first)
    assert "clean --data" in caught.value.hint


def test_a_script_that_commits_and_then_fails_counts_as_half_run(cluster: Running) -> None:
    script = "BEGIN; CREATE TABLE early (); COMMIT;\nSELECT 1/0;"
    _, folder, first = new(cluster, "commits", {"10.sql": script})
    with pytest.raises(PartError, match="division by zero"):
        run_init_scripts(folder, first)
    with pytest.raises(PartError, match="interrupted"):
        run_init_scripts(folder, first)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_after_a_crash_the_server_is_asked_what_became_of_the_script(cluster: Running, end: str) -> None:
    _, folder, first = new(cluster, f"crash_{end.lower()}", {"10.sql": "CREATE TABLE once ()"})
    with (
        cluster.server.connect(first.database) as record,
        cluster.server.connect(first.database, first.owner, first.password) as script,
    ):
        script.execute("BEGIN; CREATE TABLE once ()")
        (xid,) = rows(script, "SELECT pg_current_xact_id()::text")[0]
        record.execute(f"INSERT INTO stackyard.init_scripts (script, sha256, xid) VALUES ('10.sql', '', '{xid}')")
        script.execute(f"{end}")
    assert run_init_scripts(folder, first) == (() if end == "COMMIT" else ("10.sql",))


def test_shell_scripts_find_the_environment_of_the_official_image(cluster: Running) -> None:
    told = "POSTGRES_DB POSTGRES_USER PGHOST PGPORT PGUSER PGDATABASE"
    script = f"#!/bin/sh\nfor name in {told}; do eval echo $name=\\$$name; done; id -u; exit 1\n"
    _, folder, first = new(cluster, "shell", {"10.sh": script})
    with pytest.raises(PartError) as caught:
        run_init_scripts(folder, first)
    assert caught.value.details == (
        "POSTGRES_DB=shell",
        "POSTGRES_USER=shell_owner",
        f"PGHOST={cluster.server.sockets}",
        f"PGPORT={cluster.server.port}",
        "PGUSER=shell_owner",
        "PGDATABASE=shell",
        str(identity().uid),
    )


def test_what_only_a_superuser_may_do_is_refused_with_the_way_to_do_it(cluster: Running) -> None:
    _, folder, first = new(cluster, "modest", {"10.sql": "CREATE ROLE intruder SUPERUSER"})
    with pytest.raises(PartError, match=r"permission denied|must be superuser") as caught:
        run_init_scripts(folder, first)
    assert "declare extensions" in caught.value.hint


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("SELECT 1;\n\\connect other\n", r"10\.sql:2: `\\connect`"),
        ("-- a\n\nCOPY t (a) FROM stdin;\n1\n\\.\n", r"10\.sql:3: `COPY`"),
    ],
)
def test_a_command_of_psql_is_named_with_its_line_where_there_is_no_psql(
    cluster: Running, script: str, named: str
) -> None:
    _, folder, first = new(cluster, f"meta{len(script)}", {"10.sql": script})
    with pytest.raises(PartError, match=named):
        run_init_scripts(folder, first)
    (folder / "10.sql").write_text("SELECT 1")
    assert run_init_scripts(folder, first) == ("10.sql",)


def test_psql_runs_what_only_psql_understands(cluster: Running) -> None:
    psql = find(Want("psql"), user=identity())
    if psql is None:
        pytest.skip("no psql on this machine")
    copied = "CREATE TABLE t (a text);\nCOPY t (a) FROM stdin;\nfirst\n\\.\n"
    script = f"\\set word hello\n{copied}INSERT INTO t VALUES (:'word');\n"
    one, folder, _ = new(cluster, "spoken", {"10.sql": script})
    spoken = initialisation(cluster, one, psql.path)
    (folder / "10.sql").write_text(script + "SELECT broken;")
    with pytest.raises(PartError, match="exit code 3") as caught:
        run_init_scripts(folder, spoken)
    assert 'column "broken" does not exist' in " ".join(caught.value.details)
    (folder / "10.sql").write_text(script)
    assert run_init_scripts(folder, spoken) == ("10.sql",)
    with log_in(cluster.server, one, "spoken_api") as api:
        assert rows(api, "SELECT a FROM t ORDER BY 1") == [("first",), ("hello",)]
