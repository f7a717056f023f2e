"""The page on what becomes of Compose files that are imported and rendered again. UPDATE=1 writes it anew."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from . import bettering
from .bettering import Better, Services, better, published, reach, secrets, section
from .conftest import CASES

PAGE = Path(__file__).parents[3] / "docs/reference/compose-better.md"
CHOSEN = ("django-celery", "fastapi-traefik", "flask-nginx", "mastodon", "rails")
BROKEN = {"mastodon": "its file keeps services away from the very database that they depend on"}
"""Where containers are brought together that were apart."""

BEGINNING = """\
# Old Compose files in, better ones out

<!-- Counted in the documents by a test (`tests/importing/compose/test_compose_better.py`). Do not edit. -->

Five Compose files of real shape, imported and rendered again for production:

```console
$ stackyard import compose compose.yaml -o stackyard.yaml
$ stackyard render compose -o deploy --env production
```

`before` is the Compose file as it was found, without what starts by a profile only; `after` is what is rendered. A
container whose image comes from elsewhere decides itself as whom it runs and where it writes: it is given neither a
user nor a read-only file system. What migrates and ends counts as a container, too. In production only the edge is
published: a system that has none needs an `edge`, or something else in front of it.
"""


@pytest.fixture(params=CHOSEN)
def one(request: pytest.FixtureRequest, tmp_path: Path) -> Better:
    return of(request.param, tmp_path)


def of(name: str, place: Path) -> Better:
    shutil.copytree(CASES / name, place / name)
    return better(CASES / name, place / name)


def test_the_page_is_what_the_documents_say(tmp_path: Path) -> None:
    """DOC-01: generated, so that it cannot go stale."""
    made = "\n".join([BEGINNING, *(section(of(name, tmp_path)) for name in CHOSEN)]).rstrip() + "\n"
    if os.environ.get("UPDATE"):
        PAGE.write_text(made)
    assert PAGE.read_text() == made


def test_nothing_is_counted_worse_than_before(one: Better) -> None:
    """TGT-01: a share of containers is at least what it was; nothing else is open to everybody but the edge."""
    for what, has in bettering.PROPERTIES.items():
        before, after = ([has(body) for body in each.values()] for each in (one.before, one.after))
        assert sum(after) * len(before) >= sum(before) * len(after) or what == "a restart policy", what
    assert secrets(one.after) == ()
    assert {place.partition(" ")[0] for place in published(one.after)} <= {"edge"}
    if one.name not in BROKEN:
        apart = [every - shared for shared, every in (reach(one.before), reach(one.after))]
        assert apart[1] >= apart[0]


def test_what_is_counted_is_seen_where_it_is_missing() -> None:
    """A bare container has none of it, and a reader of secrets finds those in URLs, too."""
    bare: Services = {"web": {"image": "web:latest", "ports": ["80:80", "127.0.0.1:81:81"]}, "db": {"image": "db"}}
    assert [what for what, has in bettering.PROPERTIES.items() if has(bare["web"])] == []
    assert published(bare) == ("web 80",)
    assert reach(bare) == (1, 1)
    told: Services = {"web": {"environment": {"DATABASE_URL": "postgresql://a:b-1234567@db/a", "DEBUG": "1"}}}
    assert secrets(told) == ("web.DATABASE_URL",)
