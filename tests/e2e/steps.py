"""What the systems of the end-to-end tests are there for, step by step: the same on every target."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess

import httpx

from tests.e2e.conftest import Checkout, eventually


def count_words(tally: Checkout, name: str = "tally") -> None:
    """A task goes through Redis to the worker, and its result through PostgreSQL to the next request."""
    with tally.client(name) as web:
        given = web.post("/texts", content="to be or not to be")
        assert given.status_code == 202
        place = f"/texts/{given.json()['id']}"
        eventually(lambda: web.get(place).json()["words"] == {"to": 2, "be": 2, "or": 1, "not": 1})
        assert web.post("/texts", content="a" * 3 * 1024**2).status_code == 413, "client_max_body_size is carried"


def set_editor(wagtail: Checkout, password: str = "lantern-over-water-52") -> None:
    """Set the one secret that the report of the import asks for."""
    command = wagtail.command("secrets", "set", "EDITOR_PASSWORD")
    subprocess.run(command, **{**wagtail.process(), "check": True}, input=password, text=True)


def publish_a_page(wagtail: Checkout, name: str = "wagtail", password: str = "lantern-over-water-52") -> None:
    """Log in with the password that the report said to set, write a page, publish it, read it as everybody does."""
    with wagtail.client(name) as web:
        web.headers["Referer"] = f"https://{web.headers['Host']}/admin/"
        _log_in(web, "editor", password)
        found = re.findall(r"/admin/pages/(\d+)/", web.get("/admin/pages/", follow_redirects=True).text)
        # The first page is the root of all sites; the site itself begins with the one below it.
        home = min(int(number) for number in found if number != "1")
        form = web.get(f"/admin/pages/add/pages/story/{home}/", follow_redirects=True)
        assert form.status_code == 200
        sent = web.post(
            f"/admin/pages/add/pages/story/{home}/",
            data={
                "csrfmiddlewaretoken": _token(form.text),
                "title": "The harbour",
                "slug": "harbour",
                "text": "The tide is out.",
                "comments-TOTAL_FORMS": "0",
                "comments-INITIAL_FORMS": "0",
                "action-publish": "action-publish",
            },
        )
        assert sent.status_code == 302, re.findall(r"error[^<]*<[^<]*", sent.text)[:5]
    with wagtail.client(name) as anybody:
        page = anybody.get("/harbour/")
        assert page.status_code == 200
        assert "The tide is out." in page.text


def _log_in(web: httpx.Client, name: str, password: str) -> None:
    form = web.get("/admin/login/")
    data = {"csrfmiddlewaretoken": _token(form.text), "username": name, "password": password, "next": "/admin/"}
    done = web.post("/admin/login/", data=data)
    assert done.status_code == 302, done.status_code
    assert web.get("/admin/").status_code == 200


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    return found[1]


def scrape(watch: Checkout) -> None:
    """A target is up, a probe succeeds, an alert fires."""
    with httpx.Client(base_url=f"http://127.0.0.1:{watch.ports()['prometheus-1']}", timeout=10) as prometheus:

        def holds(query: str) -> bool:
            result = prometheus.get("/api/v1/query", params={"query": query}).json()["data"]["result"]
            return bool(result) and all(one["value"][1] == "1" for one in result)

        eventually(lambda: holds('up{job="node"}'), 30)
        eventually(lambda: holds("probe_success"), 30)
        eventually(lambda: "MachineIsThere" in prometheus.get("/api/v1/alerts").text, 30)
        assert "node_load1" in prometheus.get("/api/v1/label/__name__/values").text


def sign_the_guestbook(guestbook: Checkout, name: str = "guestbook") -> None:
    """An entry is taken in over HTTPS, and read again."""
    with guestbook.client(name) as web:
        assert web.post("/entries", json={"name": "Ada", "message": "hello"}).status_code == 201
        assert web.get("/entries").json() == [{"name": "Ada", "message": "hello"}]


def get(every_part: Checkout, path: str, name: str) -> httpx.Response:
    """What the edge of the system with every kind of part answers."""
    with every_part.client(name) as web:
        return web.get(path)


def reach_everything(every_part: Checkout, name: str, *, user: str, cache: str) -> None:
    """A service reaches all that it needs: its own role over TLS, init scripts in order, a bucket, its secrets."""
    eventually(lambda: get(every_part, "/everything", name).json()["worked"], 10)
    found = get(every_part, "/everything", name).json()
    assert found["user"] == user
    assert found["words"] == ["first", "second"]
    assert found["encrypted"] is True
    assert found["photo"] == "bytes"
    assert found["greeting"] == "hello"
    assert found["cache"] == cache
    assert found["key"] is True


def come_back_with_the_data(every_part: Checkout, name: str) -> None:
    """Down and up again with one init script more, which does not run: the data is not new."""
    (every_part.folder / "database/30-more.sql").write_text("insert into words values (3, 'third');\n")
    every_part.stackyard("down")
    every_part.up()
    assert get(every_part, "/everything", name).json()["words"] == ["first", "second"]


def lose_a_replica(every_part: Checkout, name: str) -> None:
    """Requests are spread over the replicas, and nobody notices when one dies; it comes back."""

    def who() -> tuple[str, str]:
        found = get(every_part, "/who", name).json()
        return found["host"], found["port"]

    assert len({who() for _ in range(10)}) == 2
    os.kill(every_part.pids()["api-2"], signal.SIGKILL)
    assert {get(every_part, "/who", name).status_code for _ in range(10)} == {200}
    eventually(lambda: every_part.status()["is_up"], 20)


def run_the_cron_job(every_part: Checkout, name: str) -> None:
    """It waits for its time, and runs on request."""

    def ticked() -> int:
        return int(get(every_part, "/everything", name).json()["ticked"] or 0)

    states = {part["id"]: part["state"] for part in every_part.status()["parts"]}
    # A minute may have passed since `up`: then it has run once, and done is what it is until the next one.
    assert states["tick-1"] in ("waiting", "starting", "ready", "done")
    before = ticked()
    assert every_part.stackyard("restart", "tick").code == 0
    eventually(lambda: ticked() > before, 20)


def add_a_profile_and_take_it_away(every_part: Checkout) -> None:
    """A profile starts more, and a plain `up` stops that again."""
    every_part.up("--profile", "extra")
    assert "later-1" in every_part.pids()
    done = every_part.up()
    assert "stop" in done.out
    assert "later-1" not in every_part.pids()


def choose_ports(checkout: Checkout, ports: dict[str, int]) -> None:
    """The ports of this checkout, as if it had chosen them before."""
    path = checkout.folder / ".stackyard/development/ports.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(ports))
