"""One PostgreSQL, one Redis and one empty repository for all; each test has a database and a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from stackyard.backup import create
from stackyard.backup.events import silent
from stackyard.backup.job import Job
from stackyard.backup.sets import BackupSet, Kind
from tests.backup import ground
from tests.backup.archived import Archived, archived_shop
from tests.backup.ground import Cache, Shop
from tests.resources.servers import Running, postgres

Make = Callable[..., Shop]


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that the unprivileged user may enter, on a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="sy-bk-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(place: Path) -> Iterator[Running]:
    """A PostgreSQL with the role of the backups, run as an unprivileged user."""
    with postgres(place, ground.server_tool(), "pg") as found:
        ground.prepare(found)
        yield found


@pytest.fixture(scope="session")
def cache(place: Path) -> Iterator[Cache]:
    """A Redis that holds 200 keys."""
    with ground.redis(place) as found:
        found.tell(stdin="\n".join(f"SET key:{n} value:{n}" for n in range(200)).encode())
        yield found


@pytest.fixture(scope="session")
def template(place: Path) -> Path:
    """An empty repository, to be copied."""
    return ground.make_template(place / "template")


@pytest.fixture(scope="session")
def make_lasting_shop(place: Path, server: Running, cache: Cache, template: Path) -> Make:
    """Makes a system that stays: `make_lasting_shop()` with tables in it, `make_lasting_shop(tables="")` without."""
    numbers = count(1)

    def made(tables: str = ground.TABLES) -> Shop:
        database = f"shop{next(numbers)}"
        folder = place / database
        folder.mkdir()
        with ground.admin(server, "postgres") as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        repository = ground.new_repository(template, folder / "repository")
        shop = Shop(ground.make_job(folder, server, cache, database, repository), folder, server, cache, database)
        shop.sql(ground.rights() + tables)
        return shop

    return made


@pytest.fixture
def make_shop(make_lasting_shop: Make) -> Iterator[Make]:
    """The same for one test: what stays in the cluster would be in every base backup after it."""
    with ExitStack() as stack:

        def made(tables: str = ground.TABLES) -> Shop:
            shop = make_lasting_shop(tables)
            stack.callback(_remove, shop)
            return shop

        yield made


@pytest.fixture
def shop(make_shop: Make) -> Shop:
    """A system of the test's own, with tables of every kind, files, a cache, secrets, and an empty repository."""
    return make_shop()


def _remove(shop: Shop) -> None:
    with ground.admin(shop.server, "postgres") as connection:
        connection.execute(f'DROP DATABASE "{shop.database}" WITH (FORCE)'.encode())
    shutil.rmtree(shop.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def made(make_lasting_shop: Make) -> tuple[Shop, BackupSet]:
    """A system with one good set. It is shared: who changes something takes `copied`."""
    shop = make_lasting_shop()
    return shop, create.create(shop.job, kind=Kind.MANUAL, tell=silent)


@pytest.fixture
def copied(made: tuple[Shop, BackupSet], tmp_path: Path) -> tuple[Shop, BackupSet]:
    """The system with one good set, over a repository and a folder of backups that are the test's own."""
    return ground.with_own_backups(made[0], tmp_path), made[1]


@pytest.fixture(scope="session")
def archived(place: Path, cache: Cache, template: Path) -> Iterator[Archived]:
    """A system whose WAL is kept, with one good set and a story after it. It is shared: change a copy of it."""
    with archived_shop(place, cache, template) as found:
        yield found


@pytest.fixture
def plain(shop_folder: Path, template: Path) -> Job:
    """A job over a stack file alone, for what has nothing to do with servers."""
    return ground.plain_job(shop_folder, ground.new_repository(template, shop_folder / "repository"))


@pytest.fixture
def shop_folder(place: Path, tmp_path: Path) -> Path:
    """A folder of the test's own on the ground that the unprivileged user may enter."""
    folder = place / f"plain-{tmp_path.name}"
    folder.mkdir()
    return folder
